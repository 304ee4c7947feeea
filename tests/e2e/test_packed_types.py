"""Geometric types, addresses, money and xml as PostgreSQL 15 has them: each answer is held against it."""

import psycopg
import pytest

ANSWERS = [
    ("select '(1,2)'::point, point '1.5,-2', '[(1,2),(3,4)]'::lseg, '(1,2),(3,4)'::box, '[(1,2),(3,4)]'::path, '(1,2),(3,4)'::path, "
     "'((1,2),(3,4))'::polygon, '{1,2,3}'::line, '[(0,0),(1,1)]'::line, '<(1,2),3>'::circle",
     [("(1,2)", "(1.5,-2)", "[(1,2),(3,4)]", "(3,4),(1,2)", "[(1,2),(3,4)]", "((1,2),(3,4))", "((1,2),(3,4))", "{1,2,3}", "{1,-1,0}", "<(1,2),3>")]),
    ("select '10.0.0.1'::inet, '10/8'::inet, '::1'::inet, '10'::cidr, '192.168.1'::cidr, 'fe80::/10'::cidr, '8:0:2b:1:2:3'::macaddr",
     [("10.0.0.1", "10.0.0.0/8", "::1", "10.0.0.0/8", "192.168.1.0/24", "fe80::/10", "08:00:2b:01:02:03")]),
    ("select '10.0.0.1'::inet::text, '10.1.2.3/8'::inet::cidr, '10/8'::cidr::inet, '10.1.2.3'::inet || '', ('(1,2)'::point)::text",
     [("10.0.0.1/32", "10.0.0.0/8", "10.0.0.0/8", "10.1.2.3/32", "(1,2)")]),
    ("select '$1,234.56'::money, '-12.345'::money, '(1)'::money, '1000000'::money, money '92233720368547758.07'",
     [("$1,234.56", "-$12.35", "-$1.00", "$1,000,000.00", "$92,233,720,368,547,758.07")]),
    ("select '<a>b</a>'::xml, '<a/>t<b/>'::xml, '<?xml version=\"1.0\"?><a/>'::xml, ''::xml", [("<a>b</a>", "<a/>t<b/>", "<a/>", "")]),
    ("select '10.0.0.9'::inet < '10.0.0.10'::inet, '10.0.0.0/8'::inet < '10.0.0.0/16', '9'::money < '$10'::money, '-$1'::money < '$0'",
     [("t", "t", "t", "t")]),
    ("select x from unnest('{10.1.0.0/16,10.0.0.0/8,::1,10.0.0.1,10.0.0.0/16,9.0.0.1,10.0.0.1/8}'::inet[]) x order by 1",
     [("9.0.0.1",), ("10.0.0.0/8",), ("10.0.0.1/8",), ("10.0.0.0/16",), ("10.0.0.1",), ("10.1.0.0/16",), ("::1",)]),
    ("select array['(1,2)'::point, null], '{\"(1,2)\"}'::point[], '{10.0.0.1,::1}'::inet[], '{(3,4),(1,2);(5,6),(7,8)}'::box[], '{\"$1,000\",2}'::money[]",
     [('{"(1,2)",NULL}', '{"(1,2)"}', "{10.0.0.1,::1}", "{(3,4),(1,2);(7,8),(5,6)}", '{"$1,000.00",$2.00}')]),
    ("select pg_typeof('(1,2)'::point)::text, pg_typeof('1.2.3.4'::inet)::text, pg_typeof('{1}'::money[])::text, 'xml'::regtype::oid",
     [("point", "inet", "money[]", "142")]),
    ("select to_json('(1,2)'::point), concat('1.2.3.4/8'::inet, '!'), count(distinct x) from unnest('{1.1.1.1,1.1.1.1}'::inet[]) x",
     [('"(1,2)"', "1.2.3.4/8!", "1")]),
]


@pytest.fixture
def cursor(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        yield connection.cursor()


@pytest.mark.parametrize("sql, rows", ANSWERS)
def test_answers(cursor, sql, rows):
    raw = cursor.connection.pgconn.exec_(sql.encode())
    assert not raw.error_message, raw.error_message
    got = [tuple(None if raw.get_value(i, k) is None else raw.get_value(i, k).decode() for k in range(raw.nfields)) for i in range(raw.ntuples)]
    assert got == rows


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("select '(1,2'::point", "22P02", 'invalid input syntax for type point: "(1,2"'),
    ("select '(1e400,2)'::point", "22003", '"1e400" is out of range for type double precision'),
    ("select '10.0.0.256'::inet", "22P02", 'invalid input syntax for type inet: "10.0.0.256"'),
    ("select '10.0.0.1/8'::cidr", "22P02", 'invalid cidr value: "10.0.0.1/8"'),
    ("select '92233720368547758.08'::money", "22003", 'value "92233720368547758.08" is out of range for type money'),
    ("select '1.2.3'::money", "22P02", 'invalid input syntax for type money: "1.2.3"'),
    ("select '<a></b>'::xml", "2200N", "invalid XML content"),
    ("select x::point from (values ('1,2'), ('1')) v(x)", "22P02", 'invalid input syntax for type point: "1"'),
])
def test_errors(cursor, sql, sqlstate, message):
    with pytest.raises(psycopg.Error) as raised:
        cursor.execute(sql).fetchall()
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == (sqlstate, message)


COLUMNS = "p point, l line, b box, pa path, po polygon, c circle, m money, n inet, ci cidr, ma macaddr, x xml, ps point[], bs box[], ns inet[]"
ROW = ("(1,2)", "{1,2,3}", "(3,4),(1,2)", "[(1,2),(3,4)]", "((1,2),(3,4))", "<(1,2),3>", "-$1,000.50", "10.0.0.1/8", "10.0.0.0/8",
       "08:00:2b:01:02:03", "<a>1</a>", '{"(1,2)",NULL}', "{(3,4),(1,2);(3,4),(1,2)}", "{::1,1.2.3.4/8}")
OIDS = [600, 628, 603, 602, 604, 718, 790, 869, 650, 829, 142, 1017, 1020, 1041]


def insert(cursor):
    cursor.execute(f"drop table if exists shapes; create table shapes (id int, {COLUMNS}, unique (n))")
    cursor.execute(f"insert into shapes values (1, {', '.join(repr(v) for v in ROW)})")
    cursor.execute("insert into shapes (id, m, n) values (2, '$7', '::1')")


def test_columns(cursor):
    """Columns are stored, compared, indexed, copied and seen in the catalog as what they are."""
    insert(cursor)
    try:
        with pytest.raises(psycopg.errors.UniqueViolation):
            cursor.execute("insert into shapes (n) values ('10.0.0.1/8')")
        assert cursor.execute("select id from shapes where n = '10.0.0.1/8'").fetchall() == [(1,)]
        assert cursor.execute("select id from shapes where m > '$1' order by n").fetchall() == [(2,)]
        assert cursor.execute("select attname, atttypid from pg_attribute where attrelid = 'shapes'::regclass and attnum > 1 order by attnum").fetchall() == [
            (c.split()[0], oid) for c, oid in zip(COLUMNS.split(", "), OIDS)]
        with cursor.copy("copy shapes to stdout") as copy:
            rows = [bytes(chunk) for chunk in copy]
        assert rows[0].decode().rstrip("\n").split("\t") == ["1", *ROW]
        cursor.execute("delete from shapes")
        with cursor.copy("copy shapes from stdin") as copy:
            for row in rows:
                copy.write(row)
        with cursor.copy("copy shapes to stdout") as copy:
            assert [bytes(chunk) for chunk in copy] == rows
        cursor.execute("update shapes set p = '(5,6)', m = '3' where id = 1")
        assert cursor.execute("select p::text, m::text from shapes where id = 1").fetchall() == [("(5,6)", "$3.00")]
    finally:
        cursor.execute("drop table shapes")


def test_binary(cursor):
    """What is sent in binary is read back from binary, with the type's number, alone and in arrays."""
    insert(cursor)
    try:
        c = cursor.connection.pgconn
        rows = c.exec_params(b"select * from shapes where id = 1", [], result_format=1)
        assert not rows.error_message, rows.error_message
        values = [rows.get_value(0, k) for k in range(1, rows.nfields)]
        assert [rows.ftype(k) for k in range(1, rows.nfields)] == OIDS
        holders = ", ".join(f"${i + 1}" for i in range(len(values)))
        made = c.exec_params(f"select {holders}".encode(), values, param_types=OIDS, param_formats=[1] * len(values))
        assert not made.error_message, made.error_message
        assert [made.get_value(0, k).decode() for k in range(made.nfields)] == list(ROW)
        made = c.exec_params(f"select {holders}".encode(), [v.encode() for v in ROW], param_types=OIDS, result_format=1)
        assert not made.error_message, made.error_message
        assert [made.get_value(0, k) for k in range(made.nfields)] == values
    finally:
        cursor.execute("drop table shapes")
