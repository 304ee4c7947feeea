/* What the engine's words tell of a parameter's type. */
#include "backend/local_guess.h"

#include "pgtype/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* call: as the engine writes it; 0: nothing is guessed. */
static void guesses(const char *call, uint32_t oid)
{
    char message[256];
    (void)snprintf(message, sizeof message,
                   "No function matches the given name and argument types '%s'. You might need to add "
                   "explicit type casts",
                   call);
    const struct local_guess *g = local_guess_from(message);
    if ((g ? g->oid : 0) != oid)
        fail_msg("%s: %u, not %u", call, g ? g->oid : 0, oid);
}

static void test_operands(void **state)
{
    (void)state;
    guesses("+(INTEGER, VARCHAR)", PGTYPE_INT4);
    guesses("*(VARCHAR, SMALLINT)", PGTYPE_INT2);
    guesses("*(DECIMAL(8,2), VARCHAR)", PGTYPE_NUMERIC);
    guesses("pg_modulo(BIGINT, VARCHAR)", PGTYPE_INT8);
    guesses("-(DATE, VARCHAR)", PGTYPE_DATE);
    guesses("-(TIMESTAMP WITH TIME ZONE, VARCHAR)", PGTYPE_TIMESTAMPTZ);
    guesses("+(TIMESTAMP, VARCHAR)", PGTYPE_INTERVAL);
    guesses("+(VARCHAR, INTERVAL)", PGTYPE_INTERVAL);
    guesses("*(INTERVAL, VARCHAR)", PGTYPE_FLOAT8);
    guesses("@>(pg_jsonb, VARCHAR)", PGTYPE_JSONB);
}

static void test_functions(void **state)
{
    (void)state;
    guesses("abs(VARCHAR)", PGTYPE_FLOAT8);
    guesses("power(VARCHAR, INTEGER_LITERAL)", PGTYPE_FLOAT8);
    guesses("round(VARCHAR, INTEGER_LITERAL)", PGTYPE_NUMERIC);
    guesses("mod(VARCHAR, INTEGER_LITERAL)", PGTYPE_INT4);
    guesses("timezone(STRING_LITERAL, VARCHAR)", PGTYPE_TIMESTAMPTZ);
}

static void test_nothing(void **state)
{
    (void)state;
    guesses("+(DATE, INTEGER)", 0);
    guesses("-(VARCHAR)", 0);
    guesses("+(pg_thing, VARCHAR)", 0);
    guesses("()", 0);
    guesses("", 0);
    assert_null(local_guess_from("argument types '"));
    assert_null(local_guess_from("Cannot deduce template type"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_operands), cmocka_unit_test(test_functions),
                                       cmocka_unit_test(test_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
