/* Arrays from text and binary. What stands on the right was printed by PostgreSQL 15, without the bounds in
 * front, which an engine's list has not (docs/types.md). */
#include "decoded.h"

static const struct decoded_case of_integers[] = {
    {"{}", "{}"},
    {" {} ", "{}"},
    {"{ }", "{}"},
    {"{1}", "{1}"},
    {"{1,2,3}", "{1,2,3}"},
    {" { 1 , 2 , 3 } ", "{1,2,3}"},
    {"{\t1\n,2\r}", "{1,2}"},
    {"{NULL}", "{NULL}"},
    {"{null,Null,nULL}", "{NULL,NULL,NULL}"},
    {"{1,NULL,3}", "{1,NULL,3}"},
    {"{\"1\"}", "{1}"},
    {"{\"1\",2}", "{1,2}"},
    {"{{1,2},{3,4}}", "{{1,2},{3,4}}"},
    {"{ {1,2} , {3,4} }", "{{1,2},{3,4}}"},
    {"{{{1},{2}},{{3},{4}}}", "{{{1},{2}},{{3},{4}}}"},
    {"{{{{{{7}}}}}}", "{{{{{{7}}}}}}"},
    {"{{{{{{{7}}}}}}}", "54000 number of array dimensions (7) exceeds the maximum allowed (6)"},
    {"[1:2]={1,2}", "{1,2}"},
    {"[0:1]={1,2}", "{1,2}"},
    {"[-2:-1]={5,6}", "{5,6}"},
    {"[2]={5,6}", "{5,6}"},
    {"[1:1]={5}", "{5}"},
    {"[0:1][1:2]={{1,2},{3,4}}", "{{1,2},{3,4}}"},
    {" [1:2] = {1,2}", "{1,2}"},
    {"[1:2]= {1,2}", "{1,2}"},
    {"[1:2] ={1,2}", "{1,2}"},
    {"[1:2] [1:1]={{1},{2}}", "{{1},{2}}"},
    {"[1:3]={1,2}", "22P02 malformed array literal: \"[1:3]={1,2}\" | Specified array dimensions do not "
                    "match array contents."},
    {"[1:1]={1,2}", "22P02 malformed array literal: \"[1:1]={1,2}\" | Specified array dimensions do not "
                    "match array contents."},
    {"[1:2][1:1]={{1,2}}", "22P02 malformed array literal: \"[1:2][1:1]={{1,2}}\" | Specified array "
                           "dimensions do not match array contents."},
    {"[2:1]={1}", "2202E upper bound cannot be less than lower bound"},
    {"[1:0]={}", "2202E upper bound cannot be less than lower bound"},
    {"[1:2]={}",
     "22P02 malformed array literal: \"[1:2]={}\" | Specified array dimensions do not match array contents."},
    {"[1]={}",
     "22P02 malformed array literal: \"[1]={}\" | Specified array dimensions do not match array contents."},
    {"[a:b]={1,2}", "22P02 malformed array literal: \"[a:b]={1,2}\" | \"[\" must introduce "
                    "explicitly-specified array dimensions."},
    {"[1:b]={1,2}", "22P02 malformed array literal: \"[1:b]={1,2}\" | Missing array dimension value."},
    {"[1:2]{1,2}", "22P02 malformed array literal: \"[1:2]{1,2}\" | Missing \"=\" after array dimensions."},
    {"[1:2", "22P02 malformed array literal: \"[1:2\" | Missing \"]\" after array dimensions."},
    {"[1:2]", "22P02 malformed array literal: \"[1:2]\" | Missing \"=\" after array dimensions."},
    {"[1:2]=", "22P02 malformed array literal: \"[1:2]=\" | Array contents must start with \"{\"."},
    {"[]={1}", "22P02 malformed array literal: \"[]={1}\" | \"[\" must introduce explicitly-specified array "
               "dimensions."},
    {"[:2]={1}", "22P02 malformed array literal: \"[:2]={1}\" | \"[\" must introduce explicitly-specified "
                 "array dimensions."},
    {"[1:]={1}", "22P02 malformed array literal: \"[1:]={1}\" | Missing array dimension value."},
    {"[1:2]=1", "22P02 malformed array literal: \"[1:2]=1\" | Array contents must start with \"{\"."},
    {"[+1:+2]={1,2}", "{1,2}"},
    {"[-2147483648:2147483647]={1}", "22P02 malformed array literal: \"[-2147483648:2147483647]={1}\" | "
                                     "Specified array dimensions do not match array contents."},
    {"[1:2147483647]={1}", "22P02 malformed array literal: \"[1:2147483647]={1}\" | Specified array "
                           "dimensions do not match array contents."},
    {"[2147483646:2147483646]={1}", "{1}"},
    {"[1:1][1:1][1:1][1:1][1:1][1:1][1:1]={1}",
     "54000 number of array dimensions (7) exceeds the maximum allowed (6)"},
    {"", "22P02 malformed array literal: \"\" | Array value must start with \"{\" or dimension information."},
    {" ",
     "22P02 malformed array literal: \" \" | Array value must start with \"{\" or dimension information."},
    {"1",
     "22P02 malformed array literal: \"1\" | Array value must start with \"{\" or dimension information."},
    {"1,2",
     "22P02 malformed array literal: \"1,2\" | Array value must start with \"{\" or dimension information."},
    {"{", "22P02 malformed array literal: \"{\" | Unexpected end of input."},
    {"{1", "22P02 malformed array literal: \"{1\" | Unexpected end of input."},
    {"{1,", "22P02 malformed array literal: \"{1,\" | Unexpected end of input."},
    {"{1,}", "22P02 malformed array literal: \"{1,}\" | Unexpected \"}\" character."},
    {"{,1}", "22P02 malformed array literal: \"{,1}\" | Unexpected \",\" character."},
    {"{,}", "22P02 malformed array literal: \"{,}\" | Unexpected \",\" character."},
    {"{1,,2}", "22P02 malformed array literal: \"{1,,2}\" | Unexpected \",\" character."},
    {"{1}}", "22P02 malformed array literal: \"{1}}\" | Junk after closing right brace."},
    {"{{1}", "22P02 malformed array literal: \"{{1}\" | Unexpected end of input."},
    {"}",
     "22P02 malformed array literal: \"}\" | Array value must start with \"{\" or dimension information."},
    {"{1}x", "22P02 malformed array literal: \"{1}x\" | Junk after closing right brace."},
    {"{1} x", "22P02 malformed array literal: \"{1} x\" | Junk after closing right brace."},
    {"{1} ", "{1}"},
    {"{1}{2}", "22P02 malformed array literal: \"{1}{2}\" | Junk after closing right brace."},
    {"{{1},{2,3}}", "22P02 malformed array literal: \"{{1},{2,3}}\" | Multidimensional arrays must have "
                    "sub-arrays with matching dimensions."},
    {"{{1,2},{3}}", "22P02 malformed array literal: \"{{1,2},{3}}\" | Multidimensional arrays must have "
                    "sub-arrays with matching dimensions."},
    {"{1,{2}}", "22P02 malformed array literal: \"{1,{2}}\" | Unexpected \"{\" character."},
    {"{{1},2}", "22P02 malformed array literal: \"{{1},2}\" | Unexpected array element."},
    {"{{1,2},3}", "22P02 malformed array literal: \"{{1,2},3}\" | Unexpected array element."},
    {"{1,{}}", "22P02 malformed array literal: \"{1,{}}\" | Unexpected \"{\" character."},
    {"{{}}", "22P02 malformed array literal: \"{{}}\" | Unexpected \"}\" character."},
    {"{{},{}}", "22P02 malformed array literal: \"{{},{}}\" | Unexpected \"}\" character."},
    {"{{1},{}}", "22P02 malformed array literal: \"{{1},{}}\" | Unexpected \"}\" character."},
    {"{{},{1}}", "22P02 malformed array literal: \"{{},{1}}\" | Unexpected \"}\" character."},
    {"{{{}}}", "22P02 malformed array literal: \"{{{}}}\" | Unexpected \"}\" character."},
    {"{a\"b\"}", "22P02 malformed array literal: \"{a\"b\"}\" | Unexpected array element."},
    {"{\"1\"2}", "22P02 malformed array literal: \"{\"1\"2}\" | Unexpected array element."},
    {"{1\"2\"}", "22P02 malformed array literal: \"{1\"2\"}\" | Unexpected array element."},
    {"{\"1", "22P02 malformed array literal: \"{\"1\" | Unexpected end of input."},
    {"{\"1\\", "22P02 malformed array literal: \"{\"1\\\" | Unexpected end of input."},
    {"{1\\", "22P02 malformed array literal: \"{1\\\" | Unexpected end of input."},
    {"{x}", "22P02 invalid input syntax for type integer: \"x\""},
    {"{1.5}", "22P02 invalid input syntax for type integer: \"1.5\""},
    {"{2147483648}", "22003 value \"2147483648\" is out of range for type integer"},
    {"{1,2147483648}", "22003 value \"2147483648\" is out of range for type integer"},
    {"{\"\"}", "22P02 invalid input syntax for type integer: \"\""},
    {"{\"NULL\"}", "22P02 invalid input syntax for type integer: \"NULL\""},
    {"{\\1}", "{1}"},
    {"{1 2}", "22P02 invalid input syntax for type integer: \"1 2\""},
    {"{ 1 2 }", "22P02 invalid input syntax for type integer: \"1 2\""},
    {"{{1} {2}}", "22P02 malformed array literal: \"{{1} {2}}\" | Unexpected \"{\" character."},
    {"{1;2}", "22P02 invalid input syntax for type integer: \"1;2\""},
    {"{{1,2} , }", "22P02 malformed array literal: \"{{1,2} , }\" | Unexpected \"}\" character."},
    {"(1,2)", "22P02 malformed array literal: \"(1,2)\" | Array value must start with \"{\" or dimension "
              "information."},
    {"{1,2", "22P02 malformed array literal: \"{1,2\" | Unexpected end of input."},
    {"{{1,2}", "22P02 malformed array literal: \"{{1,2}\" | Unexpected end of input."},
    {"{{1,2},}", "22P02 malformed array literal: \"{{1,2},}\" | Unexpected \"}\" character."},
    {"{{1,2},{3,4}", "22P02 malformed array literal: \"{{1,2},{3,4}\" | Unexpected end of input."},
};
static const struct decoded_case of_texts[] = {
    {"{a,b}", "{a,b}"},
    {"{a b, c d }", "{\"a b\",\"c d\"}"},
    {"{\"a\",\"b,c\",\"d}e\",\"f\\\"g\",\"h\\\\i\"}", "{a,\"b,c\",\"d}e\",\"f\\\"g\",\"h\\\\i\"}"},
    {"{\" a \"}", "{\" a \"}"},
    {"{a\\,b}", "{\"a,b\"}"},
    {"{a\\ }", "{\"a \"}"},
    {"{ a\\ , b}", "{\"a \",b}"},
    {"{\\NULL}", "{\"NULL\"}"},
    {"{N\\ULL}", "{\"NULL\"}"},
    {"{\"null\"}", "{\"null\"}"},
    {"{nul}", "{nul}"},
    {"{nulls}", "{nulls}"},
    {"{\"\"}", "{\"\"}"},
    {"{\"\",a}", "{\"\",a}"},
    {"{é,\"€\"}", "{é,€}"},
    {"{a\"}", "22P02 malformed array literal: \"{a\"}\" | Unexpected array element."},
    {"{\"a\"\"b\"}", "22P02 malformed array literal: \"{\"a\"\"b\"}\" | Unexpected array element."},
    {"{a{b}", "22P02 malformed array literal: \"{a{b}\" | Unexpected \"{\" character."},
    {"{a}b}", "22P02 malformed array literal: \"{a}b}\" | Junk after closing right brace."},
    {"{'a'}", "{'a'}"},
    {"{\"a\nb\"}", "{\"a\nb\"}"},
    {"{a\nb}", "{\"a\nb\"}"},
    {"{\\\\}", "{\"\\\\\"}"},
    {"{\\{\\}}", "{\"{}\"}"},
    {"{it's}", "{it's}"},
    {"{\"{}\"}", "{\"{}\"}"},
    {"{a\\\"b}", "{\"a\\\"b\"}"},
    {"{\\\"}", "{\"\\\"\"}"},
    {"{ \"a\" }", "{a}"},
    {"{\"a\" , \"b\"}", "{a,b}"},
    {"{a,NULL,\"\"}", "{a,NULL,\"\"}"},
    {"{NULL,\"NULL\"}", "{NULL,\"NULL\"}"},
    {"{ NULL }", "{NULL}"},
    {"{NULL x}", "{\"NULL x\"}"},
};

static void arrays_from_text(void **state)
{
    (void)state;
    DECODES(1007, of_integers);
    DECODES(1009, of_texts);
}

/* Every element is read as a parameter of its type is. A date or time that only the engine could read is
 * none here. */
static const struct {
    uint32_t oid;
    struct decoded_case row;
} of_other_types[] = {
    {1000, {"{t,f,true,NULL}", "{t,f,t,NULL}"}},
    {1000, {"{x}", "22P02 invalid input syntax for type boolean: \"x\""}},
    {1001, {"{\"\\\\x00ff\",abc}", "{\"\\\\x00ff\",\"\\\\x616263\"}"}},
    {1001, {"{\"\\\\xg\"}", "22023 invalid hexadecimal digit: \"g\""}},
    {1021, {"{1.5,NaN,-inf}", "{1.5,NaN,-Infinity}"}},
    {1021, {"{1e40}", "22003 \"1e40\" is out of range for type real"}},
    {1022, {"{1.5,-0,1e400}", "22003 \"1e400\" is out of range for type double precision"}},
    {1022, {"{0.1,1e100}", "{0.1,1e+100}"}},
    {1231, {"{1.50,NaN,-.5}", "{1.50,NaN,-0.5}"}},
    {1231, {"{1e131072}", "22003 value overflows numeric format"}},
    {1182, {"{2024-01-05,infinity,NULL}", "{2024-01-05,infinity,NULL}"}},
    {1182, {"{Jan 5 2024}", "{2024-01-05}"}},
    {1182, {"{\"Jan 5, 2024\"}", "{2024-01-05}"}},
    {1182, {"{Jan 5, 2024}", "22007 invalid input syntax for type date: \"Jan 5\""}},
    {1182, {"{2024-02-30}", "22008 date/time field value out of range: \"2024-02-30\""}},
    {1182, {"{abc}", "22007 invalid input syntax for type date: \"abc\""}},
    {1183, {"{10:00,24:00}", "{10:00:00,24:00:00}"}},
    {1183, {"{25:00}", "22008 date/time field value out of range: \"25:00\""}},
    {1115, {"{\"2024-01-05 10:00\",epoch}", "{\"2024-01-05 10:00:00\",\"1970-01-01 00:00:00\"}"}},
    {1115, {"{2024-01-05 10:00}", "{\"2024-01-05 10:00:00\"}"}},
    {1185, {"{\"2024-01-05 10:00+02\"}", "{\"2024-01-05 08:00:00+00\"}"}},
    {1270, {"{10:00+02}", "{10:00:00+02}"}},
    {2951, {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"}},
    {2951, {"{x}", "22P02 invalid input syntax for type uuid: \"x\""}},
    {1561, {"{101,b1}", "{101,1}"}},
    {1561, {"{2}", "22P02 \"2\" is not a valid binary digit"}},
    {1563, {"{101,x1}", "{101,0001}"}},
    {199, {"{\"{\\\"a\\\": 1}\"}", "{\"{\\\"a\\\": 1}\"}"}},
    {1016, {"{9223372036854775807,-9223372036854775808}", "{9223372036854775807,-9223372036854775808}"}},
    {1016, {"{9223372036854775808}", "22003 value \"9223372036854775808\" is out of range for type bigint"}},
    {1005, {"{32767}", "{32767}"}},
    {1005, {"{32768}", "22003 value \"32768\" is out of range for type smallint"}},
    {1028, {"{4294967295,-1}", "{4294967295,4294967295}"}},
    {3221, {"{1/2}", "{1/2}"}},
    {1015, {"{a}", "{a}"}},
    {1014, {"{a}", "{a}"}},
    {1003, {"{a}", "{a}"}},
    {1002, {"{a}", "{a}"}},
    {3807, {"{\"1\"}", "{1}"}},
    {1187, {"{1 day,\"1 mon 2 days\",NULL}", "{\"0 mons 1 days 0 us\",\"1 mons 2 days 0 us\",NULL}"}},
    {1187, {"{abc}", "22007 invalid input syntax for type interval: \"abc\""}},
};

static void elements_are_of_their_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof of_other_types / sizeof *of_other_types; i++)
        decodes_in(tz_utc(), of_other_types[i].oid, &of_other_types[i].row, 1);
}

static const struct decoded_case no_timestamps[] = {
    {"{abc}", "22007 invalid input syntax for type timestamp: \"abc\""}};
static const struct decoded_case no_times[] = {
    {"{abc}", "22007 invalid input syntax for type time: \"abc\""}};
static const struct decoded_case no_timestamptzs[] = {
    {"{abc}", "22007 invalid input syntax for type timestamp with time zone: \"abc\""}};

static void errors_name_times_as_postgresql_does(void **state)
{
    (void)state;
    DECODES(1115, no_timestamps);
    DECODES(1183, no_times);
    DECODES(1185, no_timestamptzs);
}

/* Dimensions, has NULLs, element type; length and lower bound of each dimension; then the elements. */
static const struct binary_case binary_arrays[] = {
    {1007, "00000001 00000001 00000017 00000002 00000001 00000004 00000007 ffffffff", "{7,NULL}"},
    {1007, "00000001 00000001 00000017 00000002 00000001 00000004 00000007 ffffffff 00",
     "22P03 incorrect binary data format for type integer"},
    {1007, "00000000 00000000 00000017", "{}"},
    {1007, "00000000 00000000 00000017 00", "22P03 incorrect binary data format for type integer"},
    {1007, "00000000 00000001 00000017", "{}"},
    {1007, "00000001 00000000 00000017 00000000 00000001", "{}"},
    {1007,
     "00000002 00000000 00000017 00000002 00000001 00000002 00000001 00000004 00000001 00000004 00000002 "
     "00000004 00000003 00000004 00000004",
     "{{1,2},{3,4}}"},
    {1007,
     "00000006 00000000 00000017 00000001 00000001 00000001 00000001 00000001 00000001 00000001 00000001 "
     "00000001 00000001 00000001 00000001 00000004 00000007",
     "{{{{{{7}}}}}}"},
    {1007, "00000001 00000000 00000017 00000001 80000000 00000004 00000007", "{7}"},
    /* PostgreSQL: 22P03 improper binary format in array element 1 */
    {1007, "00000001 00000000 00000017 00000001 00000001 00000005 00000007 00",
     "22P03 incorrect binary data format for type integer"},
    {1007, "00000001 00000000 00000017 00000001 00000001 ffffffff", "{NULL}"},
    {1009, "00000001 00000001 00000019 00000003 00000001 00000001 61ffffff ff000000 00", "{a,NULL,\"\"}"},
    {1009, "00000001 00000000 00000019 00000001 00000001 00000001 ff",
     "22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    /* PostgreSQL: {192.168.1.5} */
    {3221, "00000001 00000000 00000c94 00000001 00000001 00000008 02200004 c0a80105",
     "0A000 parameters of type pg_lsn are not taken in binary format"},
    {3807, "00000001 00000000 00000eda 00000001 00000001 00000002 0131", "{1}"},
    {1002, "00000001 00000000 00000012 00000001 00000001 00000001 61", "{a}"},
    {1185, "00000001 00000000 000004a0 00000001 00000001 00000008 00000000 00000000",
     "{\"2000-01-01 00:00:00+00\"}"},
    {1182, "00000001 00000000 0000043a 00000001 00000001 00000004 80000001", "22008 date out of range"},
};

static void arrays_from_binary(void **state)
{
    (void)state;
    DECODES_BINARY(binary_arrays);
}

static const struct binary_case bad_arrays[] = {
    {1007, "00000000 00000002 00000017", "22P03 invalid array flags"},
    {1007, "00000001 00000000 00000017 ffffffff 00000001",
     "54000 array size exceeds the maximum allowed (134217727)"},
    {1007, "00000001 00000000 00000014 00000001 00000001 00000004 00000007",
     "42804 binary data has array element type 20 (bigint) instead of expected 23 (integer)"},
    {1007,
     "00000007 00000000 00000017 00000001 00000001 00000001 00000001 00000001 00000001 00000001 00000001 "
     "00000001 00000001 00000001 00000001 00000001 00000001 00000004 00000007",
     "54000 number of array dimensions (7) exceeds the maximum allowed (6)"},
    {1007, "ffffffff 00000000 00000017", "22P03 invalid number of dimensions: -1"},
    {1007,
     "00000006 00000000 00000017 7fffffff 00000001 7fffffff 00000001 7fffffff 00000001 7fffffff 00000001 "
     "7fffffff 00000001 7fffffff 00000001",
     "54000 array size exceeds the maximum allowed (134217727)"},
    {1007, "00000001 00000000 00000017 00000001 7fffffff 00000004 00000007",
     "54000 array lower bound is too large: 2147483647"},
    {1007, "00000001 00000000 00000017 00000002 7fffffff 00000004 00000007 00000004 00000007",
     "54000 array lower bound is too large: 2147483647"},
    {1007, "00000001 00000000 00000017 00000001 00000001 00000003 00000007",
     "08P01 insufficient data left in message"},
    {1007, "00000001 00000000 00000017 00000001 00000001 fffffffe",
     "22P03 insufficient data left in message"},
    {1007, "00000001 00000000 00000017 00000001 00000001 00000000",
     "08P01 insufficient data left in message"},
    {1007, "00000001 00000000 00000017 07ffffff 00000001", "08P01 insufficient data left in message"},
    {1007, "00000001 00000000 00000017 08000000 00000001",
     "54000 array size exceeds the maximum allowed (134217727)"},
};
static const struct decoded_case far_bounds[] = {
    {"[2147483647:2147483647]={1}", "54000 array lower bound is too large: 2147483647"},
    {"[2147483646:2147483646]={1}", "{1}"},
    {"[2147483646:2147483647]={1,2}", "54000 array lower bound is too large: 2147483646"},
    {"[2147483645:2147483646]={1,2}", "{1,2}"},
    {"[1:1][2147483647:2147483647]={{1}}", "54000 array lower bound is too large: 2147483647"},
    {"[-2147483648:-2147483648]={1}", "{1}"},
};
static void what_is_wrong_with_a_binary_array_is_named(void **state)
{
    (void)state;
    DECODES_BINARY(bad_arrays);
}

static void bounds_have_an_end(void **state)
{
    (void)state;
    DECODES(1007, far_bounds);
}

/* An array that was cut anywhere lacks data, in its header and in its elements. */
static void cut_arrays_lack_data(void **state)
{
    uint8_t in[64];
    struct line got;
    bool failed;
    (void)state;
    size_t size = bytes_of(binary_arrays[0].in, in, sizeof in);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(decode_failing(&got, 1007, DECODED_BINARY, in, n, tz_utc(), 0, &failed), ST_ERR);
        assert_string_equal(got.text + 5, " insufficient data left in message");
    }
}

/* More elements than any first guess has room for, in both forms. */
static void arrays_grow(void **state)
{
    enum { MANY = 1000 };
    struct line in = {0}, got;
    bool failed;
    (void)state;
    put(&in, "{");
    for (int i = 0; i < MANY; i++)
        put(&in, "%s%d", i ? "," : "", i);
    put(&in, "}");
    assert_int_equal(decode_failing(&got, 1016, DECODED_TEXT, in.text, in.n, tz_utc(), 0, &failed), ST_OK);
    assert_string_equal(got.text, in.text);
}

static void every_allocation_fails_once(void **state)
{
    static const struct {
        uint32_t oid;
        const char *in;
        unsigned least;
    } rows[] = {
        {1007, "{}", 1},
        {1007, "{1,2,3}", 1},
        {1009, "{a,\"b c\",NULL}", 1},
        {1231, "{1.5,2.5}", 1},
        {1022, "{1.5,NaN}", 1},
        {1007, "{0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9}", 2},
        {1001, "{\\\\x00,abc}", 1},
    };
    uint8_t binary[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(allocations(rows[i].oid, DECODED_TEXT, rows[i].in, strlen(rows[i].in)) >= rows[i].least);
    assert_int_equal(
        allocations(1007, DECODED_BINARY, binary, bytes_of(binary_arrays[0].in, binary, sizeof binary)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_from_text),
        cmocka_unit_test(elements_are_of_their_type),
        cmocka_unit_test(errors_name_times_as_postgresql_does),
        cmocka_unit_test(arrays_from_binary),
        cmocka_unit_test(what_is_wrong_with_a_binary_array_is_named),
        cmocka_unit_test(bounds_have_an_end),
        cmocka_unit_test(cut_arrays_lack_data),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
