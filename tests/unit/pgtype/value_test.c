/* Parameters of the types that value.c itself reads, in text and binary. What stands on the right was printed
 * by PostgreSQL 15, apart from one thing: bytes too many are "in bind parameter 1" there, which nobody knows
 * here, so that 22P03 names the type instead. Whether json is well formed is for the engine to
 * say. */
#include "decoded.h"

static const struct decoded_case int2_limits[] = {
    {"-32768", "-32768"},
    {"32767", "32767"},
    {"-32769", "22003 value \"-32769\" is out of range for type smallint"},
    {"32768", "22003 value \"32768\" is out of range for type smallint"},
    {"+32767", "32767"},
    {"999999999999999999999999999999",
     "22003 value \"999999999999999999999999999999\" is out of range for type smallint"},
    {"-999999999999999999999999999999",
     "22003 value \"-999999999999999999999999999999\" is out of range for type smallint"},
    {"00000000000000000000000000000032767", "32767"},
};
static const struct decoded_case int4_limits[] = {
    {"-2147483648", "-2147483648"},
    {"2147483647", "2147483647"},
    {"-2147483649", "22003 value \"-2147483649\" is out of range for type integer"},
    {"2147483648", "22003 value \"2147483648\" is out of range for type integer"},
    {"+2147483647", "2147483647"},
    {"999999999999999999999999999999",
     "22003 value \"999999999999999999999999999999\" is out of range for type integer"},
    {"-999999999999999999999999999999",
     "22003 value \"-999999999999999999999999999999\" is out of range for type integer"},
    {"0000000000000000000000000000002147483647", "2147483647"},
};
static const struct decoded_case int8_limits[] = {
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775809", "22003 value \"-9223372036854775809\" is out of range for type bigint"},
    {"9223372036854775808", "22003 value \"9223372036854775808\" is out of range for type bigint"},
    {"+9223372036854775807", "9223372036854775807"},
    {"999999999999999999999999999999",
     "22003 value \"999999999999999999999999999999\" is out of range for type bigint"},
    {"-999999999999999999999999999999",
     "22003 value \"-999999999999999999999999999999\" is out of range for type bigint"},
    {"0000000000000000000000000000009223372036854775807", "9223372036854775807"},
};
/* What the three sizes of integers take alike. */
static const struct decoded_case small_integers[] = {
    {"0", "0"},   {"-0", "0"}, {"+0", "0"}, {"00", "0"}, {"007", "7"},
    {"-1", "-1"}, {"+1", "1"}, {" 1", "1"}, {"1 ", "1"}, {"\t\n\v\f\r1\r", "1"},
};
/* … and what they refuse alike. */
static const char *const no_integers[] = {
    "", " ", "-", "+", "--1", "+-1", "1-", "- 1", "1 2", "1.0", "1e2", "0x1f", "1_000", "a", "1a", "٣",
};

static void integers(void **state)
{
    static const struct {
        uint32_t oid;
        const char *name;
    } types[] = {{PGTYPE_INT2, "smallint"}, {PGTYPE_INT4, "integer"}, {PGTYPE_INT8, "bigint"}};
    (void)state;
    DECODES(PGTYPE_INT2, int2_limits);
    DECODES(PGTYPE_INT4, int4_limits);
    DECODES(PGTYPE_INT8, int8_limits);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        DECODES(types[t].oid, small_integers);
        for (size_t i = 0; i < sizeof no_integers / sizeof *no_integers; i++) {
            struct line want = {0};
            put(&want, "22P02 invalid input syntax for type %s: \"%s\"", types[t].name, no_integers[i]);
            decodes_in(tz_utc(), types[t].oid, &(struct decoded_case){no_integers[i], want.text}, 1);
        }
    }
}

static const struct decoded_case oids[] = {
    {"0", "0"},
    {"4294967295", "4294967295"},
    {"4294967296", "22003 value \"4294967296\" is out of range for type oid"},
    {"-1", "4294967295"},
    {"-2147483648", "2147483648"},
    {"-2147483649", "22003 value \"-2147483649\" is out of range for type oid"},
    {"+5", "5"},
    {" 7 ", "7"},
    {"", "22P02 invalid input syntax for type oid: \"\""},
    {"-", "22P02 invalid input syntax for type oid: \"-\""},
    {"1a", "22P02 invalid input syntax for type oid: \"1a\""},
    {"abc", "22P02 invalid input syntax for type oid: \"abc\""},
    {"99999999999999999999", "22003 value \"99999999999999999999\" is out of range for type oid"},
    {"-4294967295", "22003 value \"-4294967295\" is out of range for type oid"},
    {"0x10", "22P02 invalid input syntax for type oid: \"0x10\""},
    {"010", "10"},
};
static const struct decoded_case booleans[] = {
    {"t", "t"},
    {"T", "t"},
    {"tr", "t"},
    {"tru", "t"},
    {"true", "t"},
    {"TRUE", "t"},
    {"truee", "22P02 invalid input syntax for type boolean: \"truee\""},
    {"f", "f"},
    {"fa", "f"},
    {"fals", "f"},
    {"False", "f"},
    {"falsey", "22P02 invalid input syntax for type boolean: \"falsey\""},
    {"y", "t"},
    {"ye", "t"},
    {"yes", "t"},
    {"yess", "22P02 invalid input syntax for type boolean: \"yess\""},
    {"n", "f"},
    {"no", "f"},
    {"non", "22P02 invalid input syntax for type boolean: \"non\""},
    {"o", "22P02 invalid input syntax for type boolean: \"o\""},
    {"on", "t"},
    {"ON", "t"},
    {"onn", "22P02 invalid input syntax for type boolean: \"onn\""},
    {"of", "f"},
    {"off", "f"},
    {"OFF", "f"},
    {"offf", "22P02 invalid input syntax for type boolean: \"offf\""},
    {"1", "t"},
    {"0", "f"},
    {"10", "22P02 invalid input syntax for type boolean: \"10\""},
    {"01", "22P02 invalid input syntax for type boolean: \"01\""},
    {"2", "22P02 invalid input syntax for type boolean: \"2\""},
    {"-1", "22P02 invalid input syntax for type boolean: \"-1\""},
    {"", "22P02 invalid input syntax for type boolean: \"\""},
    {" ", "22P02 invalid input syntax for type boolean: \" \""},
    {" true ", "t"},
    {"\tf\n", "f"},
    {"t rue", "22P02 invalid input syntax for type boolean: \"t rue\""},
    {"yes!", "22P02 invalid input syntax for type boolean: \"yes!\""},
    {"null", "22P02 invalid input syntax for type boolean: \"null\""},
    {"j", "22P02 invalid input syntax for type boolean: \"j\""},
};
static const struct decoded_case doubles[] = {
    {"0", "0"},
    {"-0", "-0"},
    {"+0", "0"},
    {"1", "1"},
    {"1.5", "1.5"},
    {"-1.5", "-1.5"},
    {"+1.5", "1.5"},
    {".5", "0.5"},
    {"5.", "5"},
    {"-.5", "-0.5"},
    {"+.5e1", "5"},
    {"1e3", "1000"},
    {"1E3", "1000"},
    {"1e+3", "1000"},
    {"1e-3", "0.001"},
    {"1.e2", "100"},
    {" 1 ", "1"},
    {"\t1\n", "1"},
    {"NaN", "NaN"},
    {"nan", "NaN"},
    {"NAN", "NaN"},
    {"+nan", "NaN"},
    {"Infinity", "Infinity"},
    {"-Infinity", "-Infinity"},
    {"+infinity", "Infinity"},
    {"inf", "Infinity"},
    {"-inf", "-Infinity"},
    {"+INF", "Infinity"},
    {"infinit", "22P02 invalid input syntax for type double precision: \"infinit\""},
    {"", "22P02 invalid input syntax for type double precision: \"\""},
    {".", "22P02 invalid input syntax for type double precision: \".\""},
    {"-", "22P02 invalid input syntax for type double precision: \"-\""},
    {"e5", "22P02 invalid input syntax for type double precision: \"e5\""},
    {"1e", "22P02 invalid input syntax for type double precision: \"1e\""},
    {"1e+", "22P02 invalid input syntax for type double precision: \"1e+\""},
    {"1.2.3", "22P02 invalid input syntax for type double precision: \"1.2.3\""},
    {"1,5", "22P02 invalid input syntax for type double precision: \"1,5\""},
    {"1d", "22P02 invalid input syntax for type double precision: \"1d\""},
    {"1f", "22P02 invalid input syntax for type double precision: \"1f\""},
    {"1 2", "22P02 invalid input syntax for type double precision: \"1 2\""},
    {"--1", "22P02 invalid input syntax for type double precision: \"--1\""},
    {"abc", "22P02 invalid input syntax for type double precision: \"abc\""},
    {"1e5 x", "22P02 invalid input syntax for type double precision: \"1e5 x\""},
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
    {"1.7976931348623159e308", "22003 \"1.7976931348623159e308\" is out of range for type double precision"},
    {"-1.8e308", "22003 \"-1.8e308\" is out of range for type double precision"},
    {"1e309", "22003 \"1e309\" is out of range for type double precision"},
    {"-1e309", "22003 \"-1e309\" is out of range for type double precision"},
    {"2.2250738585072014e-308", "2.2250738585072014e-308"},
    {"5e-324", "5e-324"},
    {"4.9406564584124654e-324", "5e-324"},
    {"2e-324", "22003 \"2e-324\" is out of range for type double precision"},
    {"1e-400", "22003 \"1e-400\" is out of range for type double precision"},
    {"-1e-400", "22003 \"-1e-400\" is out of range for type double precision"},
    {"0e-400", "0"},
    {"0.1", "0.1"},
    {"123456789012345678", "1.2345678901234568e+17"},
    {"1e15", "1e+15"},
    {"1e14", "100000000000000"},
    {"0.0001", "0.0001"},
    {"0.00001", "1e-05"},
    {"3.14159265358979323846", "3.141592653589793"},
};
static const struct decoded_case reals[] = {
    {"-0", "-0"},
    {"1.5", "1.5"},
    {"NaN", "NaN"},
    {"-inf", "-Infinity"},
    {"", "22P02 invalid input syntax for type real: \"\""},
    {"1e", "22P02 invalid input syntax for type real: \"1e\""},
    {"abc", "22P02 invalid input syntax for type real: \"abc\""},
    {"3.4028235e38", "3.4028235e+38"},
    {"3.4028236e38", "22003 \"3.4028236e38\" is out of range for type real"},
    {"3.5e38", "22003 \"3.5e38\" is out of range for type real"},
    {"-3.5e38", "22003 \"-3.5e38\" is out of range for type real"},
    {"1.17549435e-38", "1.1754944e-38"},
    {"1e-45", "1e-45"},
    {"1.4e-45", "1e-45"},
    {"7e-46", "22003 \"7e-46\" is out of range for type real"},
    {"1e-46", "22003 \"1e-46\" is out of range for type real"},
    {"1e40", "22003 \"1e40\" is out of range for type real"},
    {"16777217", "1.6777216e+07"},
    {"0.1", "0.1"},
    {"1000000", "1e+06"},
    {"999999", "999999"},
    {"123456.7", "123456.7"},
};
static const struct decoded_case byteas[] = {
    {"", "\\x"},
    {"\\x", "\\x"},
    {"\\x00fF41", "\\x00ff41"},
    {"\\x00 ff\t41\n", "\\x00ff41"},
    {"\\x 0 0", "22023 invalid hexadecimal digit: \" \""},
    {"\\x0", "22023 invalid hexadecimal data: odd number of digits"},
    {"\\x0 ", "22023 invalid hexadecimal digit: \" \""},
    {"\\xg0", "22023 invalid hexadecimal digit: \"g\""},
    {"\\x0g", "22023 invalid hexadecimal digit: \"g\""},
    {"\\X00", "22P02 invalid input syntax for type bytea"},
    {"\\x00fFzz", "22023 invalid hexadecimal digit: \"z\""},
    {"abc", "\\x616263"},
    {"a\\\\b", "\\x615c62"},
    {"\\\\\\\\", "\\x5c5c"},
    {"\\001", "\\x01"},
    {"\\377", "\\xff"},
    {"\\400", "22P02 invalid input syntax for type bytea"},
    {"\\378", "22P02 invalid input syntax for type bytea"},
    {"\\08", "22P02 invalid input syntax for type bytea"},
    {"\\0", "22P02 invalid input syntax for type bytea"},
    {"\\01", "22P02 invalid input syntax for type bytea"},
    {"a\\", "22P02 invalid input syntax for type bytea"},
    {"\\a", "22P02 invalid input syntax for type bytea"},
    {"\\", "22P02 invalid input syntax for type bytea"},
    {"é", "\\xc3a9"},
    {"\\303\\251", "\\xc3a9"},
    {"'", "\\x27"},
    {"\\xé0", "22023 invalid hexadecimal digit: \"é\""},
    {"\\x0é", "22023 invalid hexadecimal digit: \"é\""},
    {"\\x00 f", "22023 invalid hexadecimal data: odd number of digits"},
};
static const struct decoded_case uuids[] = {
    {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"00000000000000000000000000000000", "00000000-0000-0000-0000-000000000000"},
    {"ffffffffffffffffffffffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
    {"ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
    {"", "22P02 invalid input syntax for type uuid: \"\""},
    {"a0eebc999c0b4ef8bb6d6bb9bd380a1",
     "22P02 invalid input syntax for type uuid: \"a0eebc999c0b4ef8bb6d6bb9bd380a1\""},
    {"a0eebc999c0b4ef8bb6d6bb9bd380a110",
     "22P02 invalid input syntax for type uuid: \"a0eebc999c0b4ef8bb6d6bb9bd380a110\""},
    {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
     "22P02 invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-\""},
    {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
     "22P02 invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}\""},
    {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
    {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11)",
     "22P02 invalid input syntax for type uuid: \"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11)\""},
    {"-a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"-a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
    {" a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \" a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
    {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ",
     "22P02 invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 \""},
    {"a0-eebc999c0b4ef8bb6d6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"a0-eebc999c0b4ef8bb6d6bb9bd380a11\""},
    {"a0ee--bc999c0b4ef8bb6d6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"a0ee--bc999c0b4ef8bb6d6bb9bd380a11\""},
    {"g0eebc999c0b4ef8bb6d6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"g0eebc999c0b4ef8bb6d6bb9bd380a11\""},
    {"{}", "22P02 invalid input syntax for type uuid: \"{}\""},
    {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
     "22P02 invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g\""},
    {"{a0eebc999c0b4ef8bb6d6bb9bd380a11-}",
     "22P02 invalid input syntax for type uuid: \"{a0eebc999c0b4ef8bb6d6bb9bd380a11-}\""},
    {"a0eebc999c0b4ef8bb6d6bb9bd380a11-",
     "22P02 invalid input syntax for type uuid: \"a0eebc999c0b4ef8bb6d6bb9bd380a11-\""},
    {"a0eebc999c0b4ef8bb6d6bb9bd380a-11",
     "22P02 invalid input syntax for type uuid: \"a0eebc999c0b4ef8bb6d6bb9bd380a-11\""},
    {"a0eebc99 9c0b4ef8bb6d6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"a0eebc99 9c0b4ef8bb6d6bb9bd380a11\""},
};
static const struct decoded_case bits[] = {
    {"", ""},
    {"0", "0"},
    {"1", "1"},
    {"101", "101"},
    {"b101", "101"},
    {"B101", "101"},
    {"x1F", "00011111"},
    {"X1f", "00011111"},
    {"b", ""},
    {"x", ""},
    {"102", "22P02 \"2\" is not a valid binary digit"},
    {"xg", "22P02 \"g\" is not a valid hexadecimal digit"},
    {"x1g", "22P02 \"g\" is not a valid hexadecimal digit"},
    {"b12", "22P02 \"2\" is not a valid binary digit"},
    {"é", "22P02 \"é\" is not a valid binary digit"},
    {"xé", "22P02 \"é\" is not a valid hexadecimal digit"},
    {" 1", "22P02 \" \" is not a valid binary digit"},
    {"1 ", "22P02 \" \" is not a valid binary digit"},
    {"00000000000000000", "00000000000000000"},
    {"xffffffffff", "1111111111111111111111111111111111111111"},
};

static void scalars(void **state)
{
    (void)state;
    DECODES(PGTYPE_OID, oids);
    DECODES(PGTYPE_BOOL, booleans);
    DECODES(PGTYPE_FLOAT8, doubles);
    DECODES(PGTYPE_FLOAT4, reals);
    DECODES(PGTYPE_BYTEA, byteas);
    DECODES(PGTYPE_UUID, uuids);
    DECODES(PGTYPE_VARBIT, bits);
    DECODES(PGTYPE_BIT, bits);
}

static const struct decoded_case as_strtod_reads[] = {
    {"0x10", "16"},
    {"0x1p3", "8"},
    {"-0x1.8p1", "-3"},
    {"0X1P-2", "0.25"},
    {"0x.8", "0.5"},
    {"0x", "22P02 invalid input syntax for type double precision: \"0x\""},
    {"0x1p", "22P02 invalid input syntax for type double precision: \"0x1p\""},
    {"0xg", "22P02 invalid input syntax for type double precision: \"0xg\""},
    {"nan(1)", "NaN"},
    {"-nan(abc)", "NaN"},
    {"nan(", "22P02 invalid input syntax for type double precision: \"nan(\""},
    {"nan()", "NaN"},
    {"nan(a b)", "22P02 invalid input syntax for type double precision: \"nan(a b)\""},
    {"-nan", "NaN"},
    {"+NaN", "NaN"},
    {"infinityx", "22P02 invalid input syntax for type double precision: \"infinityx\""},
};
/* PostgreSQL leaves a float to the C library, and so the forms of C are in. */
static void floats_are_read_as_strtod_does(void **state)
{
    (void)state;
    DECODES(PGTYPE_FLOAT8, as_strtod_reads);
}

/* Text is lent as it came, under every type that is text here. */
static void text_is_taken_as_it_is(void **state)
{
    static const uint32_t types[] = {PGTYPE_TEXT,    PGTYPE_VARCHAR, PGTYPE_BPCHAR, PGTYPE_NAME, PGTYPE_CHAR,
                                     PGTYPE_UNKNOWN, PGTYPE_JSON,    PGTYPE_JSONB,  PGTYPE_LSN,  12345};
    static const struct decoded_case texts[] = {
        {"", ""},
        {" ", " "},
        {" a ", " a "},
        {"NULL", "NULL"},
        {"{\"a\":[1]}", "{\"a\":[1]}"},
        {"é€𝄞", "é€𝄞"},
        {"a\\b'c\"", "a\\b'c\""},
        {"10.0.0.0/8", "10.0.0.0/8"},
    };
    static const uint8_t lent[] = "lent";
    struct pg_value v;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        DECODES(types[i], texts);
    err_init(&e);
    assert_int_equal(pg_value_decode(NULL, PGTYPE_TEXT, DECODED_TEXT, lent, 4, NULL, &v, &e), ST_OK);
    assert_ptr_equal(v.v.text.p, lent);
    assert_int_equal(pg_value_decode(NULL, PGTYPE_BYTEA, DECODED_BINARY, lent, 4, NULL, &v, &e), ST_OK);
    assert_ptr_equal(v.v.text.p, lent);
}

static void null_is_null(void **state)
{
    struct pg_value v;
    struct err e;
    (void)state;
    err_init(&e);
#define X(symbol, oid_, array_oid_, len_, name_, sql_name_, engine)                                          \
    for (int16_t format = DECODED_TEXT; format <= DECODED_BINARY; format++) {                                \
        assert_int_equal(pg_value_decode(NULL, oid_, format, NULL, -1, NULL, &v, &e), ST_OK);                \
        assert_int_equal(v.kind, PG_NULL);                                                                   \
        assert_int_equal(v.oid, oid_);                                                                       \
        assert_int_equal(pg_value_decode(NULL, array_oid_, format, NULL, -1, NULL, &v, &e), ST_OK);          \
        assert_int_equal(v.kind, PG_NULL);                                                                   \
        assert_int_equal(v.oid, array_oid_ ? oid_ : 0);                                                      \
    }
    PGTYPE_LIST(X)
#undef X
}

static const struct binary_case binary_numbers[] = {
    {PGTYPE_BOOL, "00", "f"},
    {PGTYPE_BOOL, "01", "t"},
    {PGTYPE_BOOL, "02", "t"},
    {PGTYPE_BOOL, "ff", "t"},
    {PGTYPE_BOOL, "0000", "22P03 incorrect binary data format for type boolean"},
    {PGTYPE_INT2, "", "08P01 insufficient data left in message"},
    {PGTYPE_INT2, "00", "08P01 insufficient data left in message"},
    {PGTYPE_INT2, "0000", "0"},
    {PGTYPE_INT2, "7fff", "32767"},
    {PGTYPE_INT2, "8000", "-32768"},
    {PGTYPE_INT2, "ffff", "-1"},
    {PGTYPE_INT2, "000000", "22P03 incorrect binary data format for type smallint"},
    {PGTYPE_INT4, "", "08P01 insufficient data left in message"},
    {PGTYPE_INT4, "000000", "08P01 insufficient data left in message"},
    {PGTYPE_INT4, "00000000", "0"},
    {PGTYPE_INT4, "7fffffff", "2147483647"},
    {PGTYPE_INT4, "80000000", "-2147483648"},
    {PGTYPE_INT4, "ffffffff", "-1"},
    {PGTYPE_INT4, "0000000000", "22P03 incorrect binary data format for type integer"},
    {PGTYPE_INT8, "", "08P01 insufficient data left in message"},
    {PGTYPE_INT8, "00000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_INT8, "0000000000000000", "0"},
    {PGTYPE_INT8, "7fffffffffffffff", "9223372036854775807"},
    {PGTYPE_INT8, "8000000000000000", "-9223372036854775808"},
    {PGTYPE_INT8, "ffffffffffffffff", "-1"},
    {PGTYPE_INT8, "000000000000000000", "22P03 incorrect binary data format for type bigint"},
    {PGTYPE_OID, "000000", "08P01 insufficient data left in message"},
    {PGTYPE_OID, "ffffffff", "4294967295"},
    {PGTYPE_OID, "80000000", "2147483648"},
    {PGTYPE_OID, "0000000000", "22P03 incorrect binary data format for type oid"},
    {PGTYPE_FLOAT4, "000000", "08P01 insufficient data left in message"},
    {PGTYPE_FLOAT4, "3fc00000", "1.5"},
    {PGTYPE_FLOAT4, "80000000", "-0"},
    {PGTYPE_FLOAT4, "7f800000", "Infinity"},
    {PGTYPE_FLOAT4, "ff800000", "-Infinity"},
    {PGTYPE_FLOAT4, "7fc00000", "NaN"},
    {PGTYPE_FLOAT4, "ffc00000", "NaN"},
    {PGTYPE_FLOAT4, "7f7fffff", "3.4028235e+38"},
    {PGTYPE_FLOAT4, "00000001", "1e-45"},
    {PGTYPE_FLOAT4, "00800000", "1.1754944e-38"},
    {PGTYPE_FLOAT4, "0000000000", "22P03 incorrect binary data format for type real"},
    {PGTYPE_FLOAT8, "00000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_FLOAT8, "3ff8000000000000", "1.5"},
    {PGTYPE_FLOAT8, "8000000000000000", "-0"},
    {PGTYPE_FLOAT8, "7ff0000000000000", "Infinity"},
    {PGTYPE_FLOAT8, "fff0000000000000", "-Infinity"},
    {PGTYPE_FLOAT8, "7ff8000000000000", "NaN"},
    {PGTYPE_FLOAT8, "7fefffffffffffff", "1.7976931348623157e+308"},
    {PGTYPE_FLOAT8, "0000000000000001", "5e-324"},
    {PGTYPE_FLOAT8, "0010000000000000", "2.2250738585072014e-308"},
    {PGTYPE_FLOAT8, "000000000000000000", "22P03 incorrect binary data format for type double precision"},
};
static const struct binary_case binary_texts[] = {
    {PGTYPE_BYTEA, "", "\\x"},
    {PGTYPE_BYTEA, "00ff", "\\x00ff"},
    {PGTYPE_BYTEA, "41", "\\x41"},
    {PGTYPE_TEXT, "", ""},
    {PGTYPE_TEXT, "61", "a"},
    {PGTYPE_TEXT, "c3a9", "é"},
    {PGTYPE_TEXT, "00", "22021 invalid byte sequence for encoding \"UTF8\": 0x00"},
    {PGTYPE_TEXT, "ff", "22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    {PGTYPE_TEXT, "61c3", "22021 invalid byte sequence for encoding \"UTF8\": 0xc3"},
    {PGTYPE_TEXT, "f09f9880", "😀"},
    {PGTYPE_VARCHAR, "61", "a"},
    {PGTYPE_BPCHAR, "6120", "a "},
    {PGTYPE_NAME, "61", "a"},
    {PGTYPE_UNKNOWN, "61", "a"},
    {PGTYPE_CHAR, "61", "a"},
    {PGTYPE_JSON, "7b7d", "{}"},
    {PGTYPE_JSONB, "017b7d", "{}"},
    {PGTYPE_JSONB, "0131", "1"},
    {PGTYPE_JSONB, "01ff", "22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    /* PostgreSQL: XX000 unsupported jsonb version number 0 */
    {PGTYPE_JSONB, "007b7d", "22P03 incorrect binary data format for type jsonb"},
    /* PostgreSQL: XX000 unsupported jsonb version number 2 */
    {PGTYPE_JSONB, "027b7d", "22P03 incorrect binary data format for type jsonb"},
    {PGTYPE_JSON, "ff", "22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    /* PostgreSQL: 192.168.1.5 */
    {PGTYPE_LSN, "02200004c0a80105", "0A000 parameters of type pg_lsn are not taken in binary format"},
    /* PostgreSQL: 08P01 no data left in message */
    {PGTYPE_LSN, "", "0A000 parameters of type pg_lsn are not taken in binary format"},
};
static const struct binary_case binary_uuids_and_bits[] = {
    {PGTYPE_UUID, "", "08P01 insufficient data left in message"},
    {PGTYPE_UUID, "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {PGTYPE_UUID, "000000000000000000000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_UUID, "00000000000000000000000000000000", "00000000-0000-0000-0000-000000000000"},
    {PGTYPE_UUID, "0000000000000000000000000000000000", "22P03 incorrect binary data format for type uuid"},
    {PGTYPE_BIT, "00000000", ""},
    {PGTYPE_BIT, "0000000180", "1"},
    {PGTYPE_BIT, "0000000100", "0"},
    {PGTYPE_BIT, "00000008a5", "10100101"},
    {PGTYPE_BIT, "00000009a580", "101001011"},
    {PGTYPE_BIT, "00000003a0", "101"},
    {PGTYPE_BIT, "00000003bf", "101"},
    {PGTYPE_BIT, "0000000380ff", "22P03 incorrect binary data format for type bit"},
    {PGTYPE_VARBIT, "00000008a5", "10100101"},
    {PGTYPE_VARBIT, "00000003a0", "101"},
    {PGTYPE_VARBIT, "0000000380ff", "22P03 incorrect binary data format for type bit varying"},
};
static const struct binary_case binary_unknown[] = {
    /* PostgreSQL: XX000 cache lookup failed for type 12345 */
    {12345, "00", "0A000 parameters of type 12345 are not taken in binary format"},
    /* PostgreSQL: a */
    {0, "61", "0A000 parameters of type 0 are not taken in binary format"},
};

static void scalars_in_binary(void **state)
{
    (void)state;
    DECODES_BINARY(binary_numbers);
    DECODES_BINARY(binary_texts);
    DECODES_BINARY(binary_uuids_and_bits);
    DECODES_BINARY(binary_unknown);
}

static const struct binary_case short_or_long[] = {
    {PGTYPE_BOOL, "", "08P01 no data left in message"},
    {PGTYPE_JSONB, "", "08P01 insufficient data left in message"},
    {PGTYPE_BIT, "", "08P01 insufficient data left in message"},
    {PGTYPE_BIT, "000000", "08P01 insufficient data left in message"},
    {PGTYPE_BIT, "00000003", "08P01 insufficient data left in message"},
    {PGTYPE_BIT, "00000010ff", "08P01 insufficient data left in message"},
    {PGTYPE_BIT, "0000000900", "08P01 insufficient data left in message"},
    {PGTYPE_BIT, "ffffffff", "22P03 invalid length in external bit string"},
    {PGTYPE_BIT, "ffffffff00", "22P03 invalid length in external bit string"},
    {PGTYPE_BIT, "7fffffff00", "22P03 invalid length in external bit string"},
    {PGTYPE_BIT, "80000000", "22P03 invalid length in external bit string"},
    {PGTYPE_VARBIT, "80000000", "22P03 invalid length in external bit string"},
};
static void what_is_wrong_with_binary_is_named(void **state)
{
    (void)state;
    DECODES_BINARY(short_or_long);
}

static const struct binary_case no_utf8[] = {
    {PGTYPE_TEXT, "e282", "22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x82"},
    {PGTYPE_TEXT, "eda080", "22021 invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80"},
    {PGTYPE_TEXT, "f4908080", "22021 invalid byte sequence for encoding \"UTF8\": 0xf4 0x90 0x80 0x80"},
    {PGTYPE_TEXT, "c080", "22021 invalid byte sequence for encoding \"UTF8\": 0xc0 0x80"},
    {PGTYPE_TEXT, "e228a1", "22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x28 0xa1"},
    {PGTYPE_TEXT, "f09f98", "22021 invalid byte sequence for encoding \"UTF8\": 0xf0 0x9f 0x98"},
    {PGTYPE_TEXT, "61f8", "22021 invalid byte sequence for encoding \"UTF8\": 0xf8"},
    {PGTYPE_TEXT, "80", "22021 invalid byte sequence for encoding \"UTF8\": 0x80"},
};
static void all_bytes_of_a_bad_character_are_shown(void **state)
{
    (void)state;
    DECODES_BINARY(no_utf8);
}

/* Every length but a type's own is refused: too few bytes as PostgreSQL does, too many with the type's name. */
static void binary_sizes_are_checked(void **state)
{
    static const uint32_t fixed[] = {PGTYPE_INT2,       PGTYPE_INT4,      PGTYPE_INT8,     PGTYPE_OID,
                                     PGTYPE_FLOAT4,     PGTYPE_FLOAT8,    PGTYPE_DATE,     PGTYPE_TIME,
                                     PGTYPE_TIMETZ,     PGTYPE_TIMESTAMP, PGTYPE_INTERVAL, PGTYPE_UUID,
                                     PGTYPE_TIMESTAMPTZ};
    static const uint8_t zeros[64];
    struct line got;
    bool failed;
    (void)state;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        for (int len = 0; len <= 20; len++) {
            const struct pgtype_info *type = pgtype_find(fixed[i]);
            struct line want = {0};
            int st = decode_failing(&got, fixed[i], DECODED_BINARY, zeros, (size_t)len, tz_utc(), 0, &failed);
            assert_int_equal(st, len == type->len ? ST_OK : ST_ERR);
            if (len < type->len)
                put(&want, "08P01 insufficient data left in message");
            else if (len > type->len)
                put(&want, "22P03 incorrect binary data format for type %s", type->sql_name);
            if (len != type->len)
                assert_string_equal(got.text, want.text);
        }
}

/* Errors show a value whole or cut between characters, never half of one. */
static void errors_are_valid_utf8(void **state)
{
    enum { MANY = 600, SHOWN = 200 / 3 * 3 };
    static const uint32_t types[] = {PGTYPE_INT4,    PGTYPE_BOOL, PGTYPE_FLOAT8, PGTYPE_UUID,
                                     PGTYPE_NUMERIC, 1007,        1182};
    static const char numbers[] =
        "99999999999999999999999999999999999999999999999999999999999999999999999999"
        "99999999999999999999999999999999999999999999999999999999999999999999999999"
        "99999999999999999999999999999999999999999999999999999999999999999999999999";
    char large[MANY];
    struct line got, want = {0};
    bool failed;
    size_t at;
    (void)state;
    for (size_t i = 0; i < sizeof large; i += 3)
        memcpy(large + i, "€", 3);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_int_equal(
            decode_failing(&got, types[i], DECODED_TEXT, large, sizeof large, tz_utc(), 0, &failed), ST_ERR);
        assert_true(utf8_valid(got.text, got.n, &at));
        assert_true(got.n < MANY);
    }
    put(&want, "22P02 invalid input syntax for type integer: \"%.*s\"", SHOWN, large);
    (void)decode_failing(&got, PGTYPE_INT4, DECODED_TEXT, large, sizeof large, tz_utc(), 0, &failed);
    assert_string_equal(got.text, want.text);
    want = (struct line){0};
    put(&want, "22003 value \"%.200s\" is out of range for type bigint", numbers);
    (void)decode_failing(&got, PGTYPE_INT8, DECODED_TEXT, numbers, sizeof numbers - 1, tz_utc(), 0, &failed);
    assert_string_equal(got.text, want.text);
}

/* What needs memory of its own, and what does not. */
static void every_allocation_fails_once(void **state)
{
    static const struct {
        uint32_t oid;
        int16_t format;
        const char *in; /* text, or hexadecimal digits */
        bool allocates;
    } rows[] = {
        {PGTYPE_INT8, DECODED_TEXT, "42", false},
        {PGTYPE_BOOL, DECODED_TEXT, "yes", false},
        {PGTYPE_TEXT, DECODED_TEXT, "abc", false},
        {PGTYPE_UUID, DECODED_TEXT, "a0eebc999c0b4ef8bb6d6bb9bd380a11", false},
        {PGTYPE_VARBIT, DECODED_TEXT, "101", false},
        {PGTYPE_DATE, DECODED_TEXT, "2024-01-05", false},
        {PGTYPE_INTERVAL, DECODED_TEXT, "1 day", false},
        {PGTYPE_FLOAT8, DECODED_TEXT, "1.5", true},
        {PGTYPE_FLOAT4, DECODED_TEXT, "1.5", true},
        {PGTYPE_BYTEA, DECODED_TEXT, "\\x00ff", true},
        {PGTYPE_BYTEA, DECODED_TEXT, "abc", true},
        {PGTYPE_VARBIT, DECODED_TEXT, "x1F", true},
        {PGTYPE_INT4, DECODED_BINARY, "00000001", false},
        {PGTYPE_BYTEA, DECODED_BINARY, "00ff", false},
        {PGTYPE_JSONB, DECODED_BINARY, "017b7d", false},
        {PGTYPE_BIT, DECODED_BINARY, "0000000180", true},
    };
    uint8_t bytes[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool binary = rows[i].format == DECODED_BINARY;
        size_t n = binary ? bytes_of(rows[i].in, bytes, sizeof bytes) : strlen(rows[i].in);
        unsigned count =
            allocations(rows[i].oid, rows[i].format, binary ? (const void *)bytes : rows[i].in, n);
        assert_int_equal(count > 0, rows[i].allocates);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(scalars),
        cmocka_unit_test(floats_are_read_as_strtod_does),
        cmocka_unit_test(text_is_taken_as_it_is),
        cmocka_unit_test(null_is_null),
        cmocka_unit_test(scalars_in_binary),
        cmocka_unit_test(what_is_wrong_with_binary_is_named),
        cmocka_unit_test(all_bytes_of_a_bad_character_are_shown),
        cmocka_unit_test(binary_sizes_are_checked),
        cmocka_unit_test(errors_are_valid_utf8),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
