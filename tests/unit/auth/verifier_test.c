#include "auth/verifier.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Made by PostgreSQL 15.  The passwords: plain; not ASCII but unchanged by SASLprep; with a blank, a soft
 * hyphen and a Roman numeral that SASLprep changes; with U+0340, which it forbids; with letters from right to
 * left that end in a digit, forbidden as well; with a character that Unicode 3.2 does not know; with one
 * whose normal form was corrected. */
static const struct {
    const char *password, *verifier;
} postgres[] = {
    {"pencil", "SCRAM-SHA-256$4096:X+XuBxkNDhalgeZg33X4tw==$0bbslrX0si1NLY36+eQoO3kNAiNa5ZPDgG/fPgaeSPo=:"
               "YNjekS+JPkgSjjM+mt8mHxDcwPHBeF5N8v7q/59I8bc="},
    {"päßwörd 密码",
     "SCRAM-SHA-256$4096:FxlVDtpx1MWW8pI8kI138Q==$IdbkpybJMhK5L1rrQ96B+EUEfToVnnh38cSN6y7IvaA=:"
     "WNYDnQbHVnHKfZy4AzsTYGWwZWhpbPeKuQZOoeymQJ4="},
    {"a\u00a0b\u00adc\u2168", "SCRAM-SHA-256$4096:XBxZPP2nt+VW7X9YKx73Sw==$"
                              "ZdKGHL3h3uLrArPKvnjW4MhoiGBs5Qba+MBJO1DeQFc=:"
                              "M6fj62GUw+b0UEvvMUIuBDHKPSx4Z3itT7f9H0fDaAA="},
    {"x\u0340y", "SCRAM-SHA-256$4096:BGjWG8TMREyPZBHWeLqqsA==$TDoaStGJQE0SKy2JMOO6X8b3cm4c+3Nx/h77thFl+4M=:"
                 "nZtPl9WFMlAEYwLXqqjEfuOmMgc2YSRfzY/kTQZP1I8="},
    {"\u06271", "SCRAM-SHA-256$4096:RiAkokWCcMKmxLxHNP6Xmg==$kOlF7RI/7K+bxpkv1isy7J3ocL8jyWAAoA0usnLelAs=:"
                "dEFbiw7HeS6ScFmd/iHDxavZQ/cQALyLluAkv0zLzCY="},
    {"x\U0001F600y",
     "SCRAM-SHA-256$4096:wZ32MIxV6d4zjACJuLwx8A==$oih/5aoa/y19Rm571bOeDS4PoVtwLodM5rabbvZ/Gvs=:"
     "c2U7XxJ3Sc5y21z1ySUt4WGXrDiTHJ7Q1uZvcBF3TjE="},
    {"a\U0002F868b",
     "SCRAM-SHA-256$4096:feizF6OyONJQm2mLpKwBdg==$"
     "2IC06QZMyuj8HZD/7PFhdLeaSHg4KX0DRDStFlunbbQ=:g6JVzjZXCoR1ecorFMxbF1yQ8auASQEcwy6f1VdOrgM="},
};

static struct scram_verifier parsed(const char *text)
{
    struct scram_verifier v;
    struct err e;
    err_init(&e);
    assert_int_equal(scram_verifier_parse(&v, str_of(text), &e), ST_OK);
    return v;
}

static void test_same_as_postgres(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof postgres / sizeof *postgres; i++) {
        struct scram_verifier theirs = parsed(postgres[i].verifier), ours;
        char text[SCRAM_VERIFIER_TEXT_MAX];
        struct err e;
        err_init(&e);
        assert_int_equal(scram_verifier_make(&ours, str_of(postgres[i].password), theirs.salt,
                                             theirs.salt_len, theirs.iterations, &e),
                         ST_OK);
        assert_int_equal(scram_verifier_format(text, &ours, &e), ST_OK);
        assert_string_equal(text, postgres[i].verifier);
    }
}

static void test_longest(void **state)
{
    (void)state;
    uint8_t salt[SCRAM_SALT_MAX] = {9};
    char password[PASSWORD_MAX + 1], text[SCRAM_VERIFIER_TEXT_MAX];
    struct scram_verifier v;
    struct err e;
    err_init(&e);
    for (size_t i = 0; i + 3 <= PASSWORD_MAX; i += 3) /* grows most: becomes 18 characters */
        memcpy(password + i, "\uFDFA", 3);
    password[PASSWORD_MAX - 1] = 'x';
    assert_int_equal(scram_verifier_make(&v, (struct str){password, PASSWORD_MAX}, salt, sizeof salt, 1, &e),
                     ST_OK);
    v.iterations = SCRAM_ITERATIONS_MAX;
    assert_int_equal(scram_verifier_format(text, &v, &e), ST_OK);
    struct scram_verifier again = parsed(text);
    assert_memory_equal(&again, &v, sizeof v);
}

static void test_bounds_of_make(void **state)
{
    (void)state;
    static const struct {
        size_t password, salt;
        int iterations;
    } bad[] = {{0, 16, 4096}, {PASSWORD_MAX + 1, 16, 4096},      {5, 0, 4096}, {5, SCRAM_SALT_MAX + 1, 4096},
               {5, 16, 0},    {5, 16, SCRAM_ITERATIONS_MAX + 1}, {5, 16, -1}};
    char password[PASSWORD_MAX + 1];
    uint8_t salt[SCRAM_SALT_MAX + 1] = {0};
    memset(password, 'p', sizeof password);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scram_verifier v;
        struct err e;
        err_init(&e);
        assert_int_equal(scram_verifier_make(&v, (struct str){password, bad[i].password}, salt, bad[i].salt,
                                             bad[i].iterations, &e),
                         ST_ERR);
        assert_string_equal(sqlstate_code(e.code), "22023");
    }
}

#define KEYS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void test_bad_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "md5d41d8cd98f00b204e9800998ecf8427e",
        "SCRAM-SHA-1$4096:AAAA$" KEYS,
        "scram-sha-256$4096:AAAA$" KEYS,
        "SCRAM-SHA-256",
        "SCRAM-SHA-256$",
        "SCRAM-SHA-256$4096:AAAA",
        "SCRAM-SHA-256$4096:AAAA$AAAA",
        "SCRAM-SHA-256$0:AAAA$" KEYS,
        "SCRAM-SHA-256$-1:AAAA$" KEYS,
        "SCRAM-SHA-256$+1:AAAA$" KEYS,
        "SCRAM-SHA-256$ 1:AAAA$" KEYS,
        "SCRAM-SHA-256$1 :AAAA$" KEYS,
        "SCRAM-SHA-256$1000001:AAAA$" KEYS,
        "SCRAM-SHA-256$99999999999999999999:AAAA$" KEYS,
        "SCRAM-SHA-256$1:$" KEYS,
        "SCRAM-SHA-256$1:AA$" KEYS,
        "SCRAM-SHA-256$1:AAAA$" KEYS "=",
        "SCRAM-SHA-256$1:AAAA$" KEYS ":",
        "SCRAM-SHA-256$1:AAAA$AAAA:AAAA",
        "SCRAM-SHA-256$1:"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=$" KEYS,
    };
    struct scram_verifier fine = parsed("SCRAM-SHA-256$1:AAAA$" KEYS);
    assert_int_equal(fine.salt_len, 3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scram_verifier v;
        struct err e;
        err_init(&e);
        assert_int_equal(scram_verifier_parse(&v, str_of(bad[i]), &e), ST_ERR);
        assert_string_equal(sqlstate_code(e.code), "F0000");
        assert_null(strstr(e.message, "AAAA"));
    }
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct scram_verifier v;
        struct err e;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = scram_verifier_make(&v, str_of("p\u00e4ss"), (const uint8_t *)"salt", 4, 1, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
    }
    assert_true(failures >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_postgres),       cmocka_unit_test(test_longest),
        cmocka_unit_test(test_bounds_of_make),         cmocka_unit_test(test_bad_texts),
        cmocka_unit_test(test_every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
