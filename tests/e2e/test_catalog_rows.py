"""Rows of the catalog as PostgreSQL 15 has them: the expected ones are its answers, and it is asked as well when it is there."""

import psycopg
import pytest

MADE = """
create table e (id int primary key, boss int references e(id));
create table cc (a int check (a > 0), b int, check (a > b), foreign key (b) references e(id), check (a > 5));
create index on_expr on cc((a+1), b);
create unique index "Odd Idx" on cc("a");
create table names (n name, l name[]);
create type feeling as enum ('sad', 'ok');
create table owning (id serial primary key, g bigint generated always as identity, e int references e(id));
create table moods (id int, f feeling, l feeling[]);
create table lists (id int primary key, a text[] default '{}', b int[] default '{1,2}' not null, c text array default '{"a b",c}', d int[][] default '{{1,2},{3,4}}',
                    f text[] default '{x}'::text[], g jsonb default '{}');
alter table lists add column h int[] default '{7}';
insert into lists (id) values (1);
"""
ASKED = [
    ("select p.proname from pg_type t join pg_proc p on p.oid = t.typreceive where t.typname = '_int4'", [("array_recv",)]),
    ("select typreceive, typinput::text, typoutput::oid::text from pg_type where oid = 23", [("int4recv", "int4in", "43")]),
    ("select count(*) from pg_type where typinput = 'array_in'::regproc and oid in (1007, 1009, 23)", [(2,)]),
    ("select conname, contype, conkey, confkey, pg_get_constraintdef(oid) from pg_constraint where conrelid in ('e'::regclass, 'cc'::regclass) order by 1",
     [("cc_a_check", "c", [1], None, "CHECK ((a > 0))"), ("cc_a_check1", "c", [1], None, "CHECK ((a > 5))"),
      ("cc_b_fkey", "f", [2], [1], "FOREIGN KEY (b) REFERENCES e(id)"), ("cc_check", "c", [1, 2], None, "CHECK ((a > b))"),
      ("e_boss_fkey", "f", [2], [1], "FOREIGN KEY (boss) REFERENCES e(id)"), ("e_pkey", "p", [1], None, "PRIMARY KEY (id)")]),
    ("select c.relname, indkey, indkey[0], indkey[1], indkey::text from pg_index join pg_class c on c.oid = indexrelid where indrelid = 'cc'::regclass order by 1",
     [("Odd Idx", "1", 1, None, "1"), ("on_expr", "0 2", 0, 2, "0 2")]),
    ("select a.attname from pg_index i left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indrelid = 'e'::regclass", [("id",)]),
    ("select attname, attnum from pg_attribute where attrelid = 'on_expr'::regclass order by 2", [("expr", 1), ("b", 2)]),
    ("select relname, relkind, relhastriggers, relnatts from pg_class where relname in ('e', 'cc', 'on_expr') order by 1",
     [("cc", "r", True, 2), ("e", "r", True, 2), ("on_expr", "i", False, 2)]),
    ("select tableoid, relname from pg_class where relname = 'pg_type'", [(1259, "pg_type")]),
    ("select c.tableoid::int8, n.tableoid::int8 from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = 1247", [(1259, 2615)]),
    ("select attname, atttypid::int8, attnum from pg_attribute where attrelid = 'pg_am'::regclass and attnum > 0 order by attnum",
     [("oid", 26, 1), ("amname", 19, 2), ("amhandler", 24, 3), ("amtype", 18, 4)]),
    ("select castfunc::int8, castcontext, castmethod from pg_cast where castsource = 23 and casttarget = 20", [(481, "i", "f")]),
    ("select oprcode, oprleft::int8 from pg_operator where oprname = '=' and oprleft = 23 and oprright = 23", [("int4eq", 23)]),
    ("select aggfnoid, aggtransfn from pg_aggregate where aggfnoid = 2108", [("pg_catalog.sum", "int4_sum")]),
    ("select t.typname, t.typtype, e.enumlabel, e.enumsortorder, t.typinput from pg_type t join pg_enum e on e.enumtypid = t.oid order by 4",
     [("feeling", "e", "sad", 1.0, "enum_in"), ("feeling", "e", "ok", 2.0, "enum_in")]),
    ("select atttypid::int8, attlen from pg_attribute where attrelid = 'names'::regclass and attnum > 0 order by attnum", [(19, 64), (1003, -1)]),
    ("select count(*) from pg_ts_config where cfgname = 'english'", [(1,)]),
    ("select a, b, c, d, f, g, h from lists", [([], [1, 2], ["a b", "c"], [[1, 2], [3, 4]], ["x"], {}, [7])]),
    ("select column_name, data_type, udt_schema, udt_name from information_schema.columns where table_name = 'moods' order by ordinal_position",
     [("id", "integer", "pg_catalog", "int4"), ("f", "USER-DEFINED", "public", "feeling"), ("l", "ARRAY", "public", "_feeling")]),
    ("select generate_subscripts(indkey, 1), array_lower(indkey, 1), array_upper(indkey, 1), array_length(indkey, 1) from pg_index where indexrelid = 'e_pkey'::regclass",
     [(0, 0, 0, 1)]),
    ("select a.attname from (select indrelid, indkey, generate_subscripts(indkey, 1) idx from pg_index where indrelid = 'e'::regclass and indisprimary) i "
     "join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[i.idx] order by i.idx", [("id",)]),
    ("select typname from pg_type where typinput = 'array_in(cstring,oid,integer)'::regprocedure and typname in ('_int4', 'int4')", [("_int4",)]),
    ("select 'pg_catalog.int4pl(int4, int4)'::regprocedure::text, 'now()'::regprocedure::text, to_regprocedure('nothing()') is null", [("int4pl(integer,integer)", "now()", True)]),
    ("select (quote_ident(nspname) || '.' || quote_ident(typname))::regtype::text from pg_type t join pg_namespace n on n.oid = typnamespace "
     "where typname in ('int4', '_timestamptz', 'uuid') order by 1", [("integer",), ("timestamp with time zone[]",), ("uuid",)]),
    ("select oidvectortypes(proargtypes), oid::regprocedure::text from pg_proc where proname = 'int4pl'", [("integer, integer", "int4pl(integer,integer)")]),
    ("select name, vartype, sourceline from pg_catalog.pg_show_all_settings() s where name = 'server_version_num'", [("server_version_num", "integer", None)]),
    ("select grantee from (select aclexplode(relacl) as d from pg_class where relname = 'e') a, lateral (select (d).grantee as grantee) b", []),
    ("select pg_relation_is_updatable('e'::regclass, true), pg_column_is_updatable('e'::regclass, 1::int2, false)",
     [(28, True)]),
    ("select pg_get_userbyid(relowner) = current_user from pg_class where relname = 'e'", [(True,)]),
    ("""select classid::regclass::text, case classid when 1259 then objid::regclass::text else (select conname from pg_constraint where oid = objid) end,
               refclassid::regclass::text, refobjsubid, deptype from pg_depend
        where refobjid in ('owning'::regclass, 'e'::regclass) and classid in (1259, 2606) and objid in
          (select oid from pg_constraint where conrelid = 'owning'::regclass union select oid from pg_class where relname like 'owning%') order by 1, 2, 4, 5""",
     [("pg_class", "owning_g_seq", "pg_class", 2, "i"), ("pg_class", "owning_id_seq", "pg_class", 1, "a"), ("pg_constraint", "owning_e_fkey", "pg_class", 1, "n"),
      ("pg_constraint", "owning_e_fkey", "pg_class", 3, "a"), ("pg_constraint", "owning_pkey", "pg_class", 1, "a")]),
    ("select d.deptype, k.conname from pg_depend d join pg_constraint k on k.oid = d.refobjid where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_constraint'::regclass "
     "and d.objid = 'e_pkey'::regclass", [("i", "e_pkey")]),
]


@pytest.fixture(scope="module")
def made():
    return set()


@pytest.mark.parametrize("sql, rows", ASKED)
def test_rows(either, made, sql, rows):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        if either not in made:
            c.execute(MADE)
            made.add(either)
        assert c.execute(sql).fetchall() == rows


def test_binary(either):
    """Forms of types that are written otherwise in binary: int2vector, "char", regproc, oid."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        r = c.pgconn.exec_params(b"select indkey, indclass from pg_index where indexrelid = 2679", [], result_format=1)
        assert r.get_value(0, 0) == bytes.fromhex("000000010000000000000015000000010000000000000002" "0001")
        assert r.get_value(0, 1)[:20] == bytes.fromhex("000000010000000000" "00001a0000000100000000")
        r = c.pgconn.exec_params(b"select typtype, typinput, oid, typname from pg_type where oid = 23", [], result_format=1)
        assert [r.get_value(0, i) for i in range(4)] == [b"b", b"\0\0\0\x2a", b"\0\0\0\x17", b"int4"]


def test_signatures_that_are_none(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        for signature, error in (("nothing(text)", psycopg.errors.UndefinedFunction), ("now", psycopg.errors.InvalidTextRepresentation)):
            with pytest.raises(error):
                c.execute(f"select '{signature}'::regprocedure")


def test_the_engines_syntax(server):
    """It stands in statements about the catalog, too."""
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        assert c.execute("select list_filter([1, 2], lambda x: x > 1), oid::int8 from pg_am where amname = 'heap'").fetchall() == [([2], 2)]
