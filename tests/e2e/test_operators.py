"""Operators mean what they mean to PostgreSQL: both are asked."""

import psycopg
import pytest

VALUES = [
    ("7/2", 3), ("-7/2", -3), ("7%2", 1), ("-7%2", -1), ("7::smallint/2::smallint", 3), ("9000000000/7", 1285714285),
    ("1 + 2 / 3 * 4 % 3 - 1", 0), ("2^3", 8.0), ("2^3^2", 64.0), ("-2^2", 4.0), ("|/ 16", 4.0),
    ("||/ 27", 3.0), ("5 # 3", 6), ("7/2::float8", 3.5), ("5/null", None),
    ("'abcde' ~ '^abc'", True), ("'abc' ~ 'b'", True), ("'abc' ~* 'B'", True), ("'abc' !~ 'z'", True),
    ("'abc' !~* 'B'", False), (r"'a' || chr(10) || 'b' ~ 'a.b'", None),
    (r"'a_c' like 'a\_c'", True), (r"'abc' like 'a\_c'", False), (r"'a%' like 'a' || '\%'", True),
    (r"'a%' like 'a#%' escape '#'", True), (r"'A_C' ilike 'a\_c'", True), (r"'abc' not like 'a\_c'", True),
    ("'abc' similar to '(a|x)bc'", True), ("'abc' similar to 'a'", False), ("'a.c' similar to 'a.c'", True),
    ("'abc' similar to 'a.c'", False), ("'abc' not similar to 'a%'", False), ("'a%c' similar to 'a#%c' escape '#'", True),
    ("'abc' similar to '[a-c]{3}'", True),
    ("'abc' like any (array['x%', 'a%'])", True), ("'abc' like all (array['x%', 'a%'])", False), ("'abc' not like all (array['x%'])", True),
    ("'ABC' ilike any (array['x%', 'a%'])", True), ("'abc' ~ any (array['^b', 'c$'])", True), ("'abc' !~* all (array['X', 'Y'])", True),
    ("'abc' like any (array['x', null])", None), ("null like any (array['x'])", None), ("'abc' like any (array[]::text[])", False),
    (r"'a_c' like any (array['a\_c'])", True), ("'abc' ~ some (array['b']) and 'x' || 'y' like any (array['x' || '%'])", True),
    ("(1, '{{1}}'::int[]) = (1, '{{1}}'::int[])", True), ("(1, '{{1,2}}'::int[]) < (1, '{{1,3}}'::int[])", True),
    (r"(E'\u0037')::int", 7), (r"((E'\u0061b'))::text || 'c'", "abc"), (r"('a' || E'\u0061')::text", "aa"),
    ("case when 4/3 = 1 then 10/3 else 1/1 end / 2", 1), ("10 operator(pg_catalog./) 4", 2),
    ("""'{"a":{"b":[1,2]}}'::json #>> '{a,b,1}'""", "2"), ("""'{"a":{"b":"x"}}'::json #>> array['a','b']""", "x"),
    ("""'{"a":1}'::jsonb ? 'a'""", True), ("""'["x","y"]'::jsonb ? 'y'""", True), ("""'{"a":1}'::jsonb ? 'b'""", False),
]
TEXTS = [("10.0/4", "2.5000000000000000"), ("100.0/3", "33.3333333333333333"), ("-7.0/2", "-3.5000000000000000"),
         ("5.5%2", "1.5"), ("interval '1 day'/2", "12:00:00"), ("interval '1 month'/2", "15 days")]
ERRORS = [("1/0", "22012"), ("json_object_agg(1)", "42883"), ("1%0", "22012"), ("1.0/0", "22012"), ("1e0/0", "22012"), ("interval '1 day'/0", "22012"),
          ("(-2147483648)::int4 / -1", "22003"), ("0^(-1)", "2201F"), ("(-8)^0.5", "2201F")]


@pytest.fixture
def conn(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        yield c


@pytest.fixture
def ours(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        yield c


def value(conn, expression):
    cur = conn.execute("select " + expression)
    return cur.fetchone()[0]


@pytest.mark.parametrize("expression,expected", [v for v in VALUES if v[1] is not None or "null" in v[0]])
def test_values(conn, expression, expected):
    assert value(conn, expression) == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize("expression,expected", TEXTS)
def test_texts(conn, expression, expected):
    row = conn.execute(f"select ({expression})::text").fetchone()[0]
    assert row.rstrip("0") == expected.rstrip("0")  # a remainder keeps ten digits


@pytest.mark.parametrize("expression,code", ERRORS)
def test_errors(conn, expression, code):
    with pytest.raises(psycopg.Error) as e:
        value(conn, expression)
    assert e.value.sqlstate == code


def test_columns_divide_like_literals(conn):
    conn.execute("create temp table d (a int, b int, c numeric(10,2), d float8)")
    conn.execute("insert into d values (7, 2, 7.5, 7.5), (9, null, 1, 1)")
    assert conn.execute("select a/b, a%b, d/b, a/2 from d order by a").fetchall() == [(3, 1, 3.75, 3), (None, None, None, 4)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        conn.execute("select a/(a-7) from d")


def test_views_keep_their_meaning(ours):
    conn = ours
    conn.execute("create temp table t (a int)")
    conn.execute("insert into t values (7)")
    conn.execute("create temp view halves as select a/2 as half from t")
    conn.execute("set tavana.sql = duckdb")
    assert conn.execute("select half from halves").fetchone() == (3,)
    assert conn.execute("select a/2 from t").fetchone() == (3.5,)


def test_the_engines_own_syntax_means_what_it_meant(ours):
    assert ours.execute("from (select 7 as a) t select a/2").fetchone() == (3.5,)


def test_parameters(conn):
    assert conn.execute("select %s::int / 2", (7,)).fetchone() == (3,)
    assert conn.execute("select 'a_c' like %s, 'abc' like %s", (r"a\_c", r"a\_c")).fetchone() == (True, False)
    assert conn.execute("select 'abc' ~ %s", ("^b",)).fetchone() == (False,)


def test_positions_stay(conn):
    with pytest.raises(psycopg.errors.UndefinedColumn) as e:
        conn.execute("select 1/2, 3 / nowhere / 2")
    assert e.value.diag.statement_position == str("select 1/2, 3 / nowhere / 2".index("nowhere") + 1)


def test_whose_meaning_is_an_option(make_server):
    with psycopg.connect(make_server("--set", "sql=duckdb").dsn(), autocommit=True) as c:
        assert c.execute("select 7/2, current_setting('tavana.sql')").fetchone() == (3.5, "duckdb")
        c.execute("set tavana.sql = postgres")
        assert c.execute("select 7/2").fetchone() == (3,)
        c.execute("reset tavana.sql")
        assert c.execute("select 7/2").fetchone() == (3.5,)


def test_whose_meaning_is_asked_at_the_start(server):
    with psycopg.connect(f"{server.dsn()} options='-c tavana.sql=duckdb'", autocommit=True) as c:
        assert c.execute("select 7/2").fetchone() == (3.5,)
