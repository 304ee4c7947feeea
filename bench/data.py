"""The tables that all servers get, and the statements over them."""

import contextlib

import psycopg

PIECE = 1 << 16  # of a file, a CopyData message's

TYPES = {"BIGINT": "bigint", "INTEGER": "integer", "VARCHAR": "text", "DATE": "date", "DOUBLE": "double precision", "FLOAT": "real",
         "TIMESTAMP": "timestamp", "BOOLEAN": "boolean", "TIMESTAMP WITH TIME ZONE": "timestamptz", "SMALLINT": "smallint",
         "TIME": "time", "INTERVAL": "interval", "UUID": "uuid", "BLOB": "bytea", "INTEGER[]": "integer[]", "VARCHAR[]": "text[]"}

# Made in Tavana, copied to PostgreSQL.
TABLES = {
    "lineitem_small": "from lineitem limit 1000000",
    "lineitem_1000": "from lineitem limit 1000",
    "types": """select i as id, i % 3 = 0 as bool, (i % 30000)::smallint as int2, (i * 5003 - 1000000000)::int as int4, i * 1234567891::bigint as int8,
        (i / 7)::real as float4, sqrt(i) as float8, (i * 1.01)::decimal(9, 2) as numeric_9_2, (i * 1.000001)::decimal(18, 6) as numeric_18_6,
        (i * 12345678901234)::decimal(38, 10) as numeric_38_10, 'text ' || i as text, encode(i::varchar) as bytea,
        date '1992-01-01' + (i % 20000)::int as date, time '00:00:00' + to_microseconds(i * 86399) as time,
        timestamp '1970-01-01' + to_microseconds(i * 1234567891) as timestamp,
        timestamptz '2000-01-01 00:00:00+00' + to_seconds(i * 1000) as timestamptz,
        to_days((i % 1000)::int) + to_microseconds(i * 1001) as interval, md5(i::varchar)::uuid as uuid,
        [i::int, null, (i % 7)::int] as int4_array, ['a', 'b ' || i] as text_array
        from range(400000) t(i)""",
    "nulls": """select i as id, case when i % 10 = 0 then i end as a, case when i % 7 = 0 then i::varchar end as b, case when i % 5 = 0 then sqrt(i) end as c,
        case when i % 3 = 0 then date '2000-01-01' + (i % 9999)::int end as d, case when i % 100 = 0 then i::int end as e, null::varchar as f,
        case when i % 4 = 0 then (i / 100)::decimal(15, 2) end as g, case when i % 11 = 0 then 'some words' end as h
        from range(2000000) t(i)""",
}

KINDS = [
    ("one of each type", "select * from types"),
    ("mostly NULL", "select * from nulls"),
    ("50 KB strings", "select repeat(md5(i::text), 1562) from generate_series(0, 9999) as t(i)"),
]

# PostgreSQL's table gives its rows in an order of its own.
ORDERED = [
    ("lineitem", "select * from lineitem order by l_orderkey, l_linenumber"),
    ("one of each type", "select * from types order by id"),
    ("mostly NULL", "select * from nulls order by id"),
    KINDS[2],
]


def generated(rows):
    """16 columns of no table, so that no cache of a table grows."""
    columns = ["i", "i + 1", "i * 3", "i::int", "i % 7", "i::decimal(15, 2)", "(i * 3)::decimal(15, 2)", "date '1992-01-01' + (i % 3000)::int",
               "date '1995-01-01' + (i % 5000)::int", "'A'", "'N'", "'AIR'", "'DELIVER IN PERSON'", "sqrt(i)", "i % 2 = 0", "'carefully final words ' || i"]
    return f"select {', '.join(f'{c} as c{n}' for n, c in enumerate(columns))} from range({rows}) t(i)"


def connect(server):
    c = psycopg.connect(server.dsn(), autocommit=True)
    c.prepare_threshold = None
    return c


def query(server, sql):
    with connect(server) as c:
        cursor = c.execute(sql)
        return cursor.fetchall() if cursor.description else []


def columns(tavana, table, types=None):
    rows = query(tavana, f"describe {table}")
    return ", ".join(f'"{name}" {types.get(kind, kind.lower()) if types else kind}' for name, kind, *_ in rows)


def make_like(tavana, server, table, new):
    """An empty table with the columns of Tavana's."""
    query(server, f"drop table if exists {new}")
    query(server, f"create table {new} ({columns(tavana, table, TYPES if server.name == 'postgresql' else None)})")


def copy_table(tavana, postgres, table):
    make_like(tavana, postgres, table, table)
    with connect(tavana) as t, connect(postgres) as p, t.cursor().copy(f"copy {table} to stdout") as out, \
            p.cursor().copy(f"copy {table} from stdin") as into:
        for piece in out:
            into.write(piece)


def load(run):
    """In ours: they have lineitem and orders from the file."""
    for table, sql in TABLES.items():
        for s in filter(None, (run.before, run.tavana)):
            with connect(s) as c:
                with contextlib.suppress(psycopg.errors.UndefinedObject):  # of a build that has one dialect
                    c.execute("set tavana.sql = duckdb")  # so that the rows are the same whatever / means
                c.execute(f"create table {table} as {sql}")


def load_postgres(run):
    for table in ("lineitem", "orders", *TABLES):
        copy_table(run.tavana, run.postgres, table)
    query(run.postgres, "create index on orders (o_orderkey)")
    query(run.postgres, "vacuum (freeze, analyze)")


def copy_to_file(server, table, fmt, path):
    with connect(server) as c, c.cursor().copy(f"copy {table} to stdout (format {fmt})") as out, open(path, "wb") as f:
        for piece in out:
            f.write(piece)


def copy_from_file(server, table, fmt, path):
    with connect(server) as c, c.cursor().copy(f"copy {table} from stdin (format {fmt})") as into, open(path, "rb") as f:
        while piece := f.read(PIECE):
            into.write(piece)

