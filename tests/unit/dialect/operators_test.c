/* Where operands begin and end: operators.c over texts, d( for pg_divide and so on. */
#include "dialect/operators.h"
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

/* The names shortened, so that a line shows what it is about. */
static void shorten(const char *in, char *out)
{
    static const struct {
        const char *from, *to;
    } names[] = {{"system.main.pg_divide(", "d("},         {"system.main.pg_quotient(", "d("},
                 {"system.main.pg_power_sent(", "p("},     {"system.main.pg_regex(", "x("},
                 {"system.main.pg_modulo(", "m("},         {"system.main.pg_power(", "p("},
                 {"system.main.regexp_matches(", "r("},    {"system.main.regexp_full_match(", "f("},
                 {"system.main.pg_similar_pattern(", "s("}};
    while (*in) {
        size_t i = 0;
        while (i < sizeof names / sizeof *names && strncmp(in, names[i].from, strlen(names[i].from)) != 0)
            i++;
        if (i < sizeof names / sizeof *names) {
            out = stpcpy(out, names[i].to);
            in += strlen(names[i].from);
        } else if (*in != ' ' || (in[1] != ' ' && in[1] != ',')) {
            *out++ = *in++;
        } else {
            in++; /* blanks before the comma that stands for an operator */
        }
    }
    *out = '\0';
}

static void check(const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    char text[TEXT_MAX];
    arena_init(&a, 1 << 22);
    err_init(&e);
    const struct dialect d = {.postgres = true};
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    assert_true(r.text.n < TEXT_MAX);
    shorten(r.text.p, text);
    assert_string_equal(text, expected);
    arena_release(&a);
}

static void test_precedence(void **state)
{
    (void)state;
    check("select a/b as x", "select d(a, b) as x");
    check("select a/b/c as x", "select d(d(a, b), c) as x");
    check("select a+b/c-d as x", "select a+d(b, c)-d as x");
    check("select a*b/c*d%e as x", "select m(d(a*b, c)*d, e) as x");
    check("select a/b^c^d/e as x", "select d(d(a, p(p(b, c), d)), e) as x");
    check("select -a/-b as x", "select d(-a, -b) as x");
    check("select - - a / b as x", "select d(- - a, b) as x");
    check("select a - -b/c as x", "select a - d(-b, c) as x");
    check("select (a+b)/(c-d) as x", "select d((a+b), (c-d)) as x");
    check("select a||b/c||d as x", "select a||d(b, c)||d as x");
    check("select a/b < c/d and not e/f = g/h as x",
          "select d(a, b) < d(c, d) and not d(e, f) = d(g, h) as x");
    check("select a/b between c/d and e/f as x", "select d(a, b) between d(c, d) and d(e, f) as x");
    check("select a/b in (c/d, e/f) as x", "select d(a, b) in (d(c, d), d(e, f)) as x");
    check("select a/b is null as x", "select d(a, b) is null as x");
    check("select a/b::int::text as x", "select d(a, tavana_catalog.pg.text_of(b::int)) as x");
    check("select a/b::numeric(10, 2)[] as x", "select d(a, b::numeric(10, 2)[]) as x");
    check("select a::double precision/b as x", "select d(a::double precision, b) as x");
    check("select a ~ b || c as x", "select r(a, x( b), 's') || c as x");
}

static void test_operands(void **state)
{
    (void)state;
    check("select s.t.a/(f(b, c/d))[1] as x", "select d(s.t.a, (f(b, d(c, d)))[1]) as x");
    check("select t.*, a/b as x from t", "select t.*, d(a, b) as x from t");
    check("select count(*)/2 as x", "select d(count(*), 2::INTEGER) as x");
    check("select sum(a) over (partition by b/c)/2 as x",
          "select d(system.main.cast_to_type(system.main.sum(a) over (partition by d(b, c)), "
          "tavana_catalog.pg.sum_type(system.main.sum(a) OVER (), a)), 2::INTEGER) as x");
    check("select sum(a) filter (where b)/2 as x",
          "select d(system.main.cast_to_type(system.main.sum(a) filter (where b), "
          "tavana_catalog.pg.sum_type(system.main.sum(a), system.main.any_value(a))), 2::INTEGER) as x");
    check("select case a/b when c/d then e/f else g/h end/2 as x",
          "select d(case d(a, b) when d(c, d) then d(e, f) else d(g, h) end, 2::INTEGER) as x");
    check("select cast(a/b as int)/c as x", "select d(cast(d(a, b) as int), c) as x");
    check("select extract(day from a/b)/c as x", "select d(pg_extract('day', d(a, b)), c) as x");
    check("select interval '1' day/2 as x",
          "select d(CAST('0 months 1 days 0 microseconds' AS interval), 2::INTEGER) as x");
    check("select date '2020-01-01'/2 as x", "select d(date '2020-01-01', 2::INTEGER) as x");
    check("select left(a, 1)/right(b, 2) as x", "select d(left(a, 1), right(b, 2)) as x");
    check("select array[a/b]/c as x", "select d(array[d(a, b)], c) as x");
    check("select exists (select a/b as y)/c as x", "select d(exists (select d(a, b) as y), c) as x");
    check("select a at time zone b/c as x", "select d(a at time zone b, c) as x");
    check("select a collate \"C\"/b as x", "select d(a ::VARCHAR COLLATE \"C\", b) as x");
    check("select \"a b\"/$1 as x", "select d(\"a b\", $1) as x");
}

static void test_ends(void **state)
{
    (void)state;
    check("select a/b x, c/d y", "select d(a, b) x, d(c, d) y");
    check("select a/b as x from t order by c/d desc, e/f nulls last limit 4/2",
          "select d(a, b) as x from t order by d(c, d) desc, d(e, f) nulls last limit d(4, 2)");
    check("select a as x from t group by b/c having d/e > 1",
          "select a as x from t group by d(b, c) having d(d, e) > 1");
    check("select distinct on (a/b) c/d as x", "select distinct on (d(a, b)) d(c, d) as x");
    check("update t set a = b/c, d = e/f where g/h = 1",
          "update t set a = d(b, c), d = d(e, f) where d(g, h) = 1");
    check("insert into t values (a/b), (c/d) returning e/f as x",
          "insert into t values (d(a, b)), (d(c, d)) returning d(e, f) as x");
    check("select a from t join u on t.b/u.c = 1", "select a from t join u on d(t.b, u.c) = 1");
    check("insert into t values ('2024-01-02 03:04 +01', '2024-01-02 03:04:05.6 -01:30', '2024-01-02 "
          "03:04:05+01', '2024-01-02 +01')",
          "insert into t values (CAST('2024-01-02 03:04 +01' AS pg_unknown), CAST('2024-01-02 03:04:05.6 "
          "-01:30' AS "
          "pg_unknown), '2024-01-02 03:04:05+01', '2024-01-02 +01')");
    check(
        "select a from t where a in ('2024-01-02T03:04Z', '2024-01-02 03:04-0130', '2024-01-02 03:04+01:0', "
        "'2024-01-02 03:04', '2024-01-02T03:04:05Z', '2024-01-02 03:0Z')",
        "select a from t where a in (CAST('2024-01-02T03:04Z' AS pg_unknown), CAST('2024-01-02 "
        "03:04-0130' AS pg_unknown), '2024-01-02 03:04+01:0', '2024-01-02 03:04', '2024-01-02T03:04:05Z', "
        "'2024-01-02 03:0Z')");
    check("select a from t where a < '2024-01-02 03:04 +01' and b <> '2024-01-02 03:04 +01:' and c = "
          "'2024-01-02 03:04 "
          "+01:00'::text and d = '2024-01-02 03:04: +01'",
          "select a from t where a < CAST('2024-01-02 03:04 +01' AS pg_unknown) and b <> '2024-01-02 03:04 "
          "+01:' and c = "
          "'2024-01-02 03:04 +01:00'::text and d = '2024-01-02 03:04: +01'");
    check("create table t (a text[] default '{}', b int array default '{{1},{2}}', c jsonb default '{}')",
          "create table t (a text[] default '[]', b int array default '[[1],[2]]', c pg_jsonb default '{}')");
    check("alter table t add column a int[] default '{1}'", "alter table t add column a int[] default '[1]'");
    check("create table t (a int default 4/2, check (a/b > 1))",
          "create table t (a int default d(4, 2), check (d(a, b) > 1))");
    check("select a /* / */ / b -- /\n as x", "select d(a /* / */, b) -- /\n as x");
}

static void test_patterns(void **state)
{
    (void)state;
    check("select a like 'x%' as x", "select a like 'x%' as x");
    check("select a like 'x\\%' as x", "select a like 'x\\%' ESCAPE '\\' as x");
    check("select a like b||c and d as x", "select a like b||c ESCAPE '\\' and d as x");
    check("select a not ilike $1 as x", "select a not ilike $1 ESCAPE '\\' as x");
    check("select a like b escape '#' as x", "select a like b escape '#' as x");
    check("select a like 'x' || '\\%' as x", "select a like 'x' || '\\%' ESCAPE '\\' as x");
    check("select a similar to b as x", "select f(a, x(s( b)), 's') as x");
    check("select a||b not similar to c||d escape '#' as x",
          "select (NOT f(a||b, x(s( c||d, '#')), 's')) as x");
    check("select a ~ 'x' as x", "select r(a, x( 'x'), 's') as x");
    check("select a !~* b||'x' as x",
          "select tavana_catalog.pg.text_operand((NOT r(a, x( b), 'si'))) || 'x' as x");
}

/* What PostgreSQL's parser does not take means what the engine means. */
static void test_engines_own(void **state)
{
    (void)state;
    check("from t select a/b", "from t select a/b");
    check("select a/b from t qualify row_number() over () = 1",
          "select a/b from t qualify row_number() over () = 1");
    check("select [x/2 for x in l]", "select [x/2 for x in l]");
}

static void test_depth(void **state)
{
    (void)state;
    enum { N = 5000 };
    char *sql = malloc(3 * N + 16);
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    char *p = stpcpy(sql, "select ");
    memset(p, '(', N);
    p = stpcpy(p + N, "1/2");
    memset(p, ')', N);
    p[N] = '\0';
    arena_init(&a, 1 << 24);
    err_init(&e);
    const struct dialect d = {.postgres = true};
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "54001");
    arena_release(&a);
    free(sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence), cmocka_unit_test(test_operands),    cmocka_unit_test(test_ends),
        cmocka_unit_test(test_patterns),   cmocka_unit_test(test_engines_own), cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
