"""Changes of rows that foreign keys refer to: what PostgreSQL takes is taken, whatever is in an index."""

import uuid

import psycopg
import pytest
from asked import fails, rows


@pytest.fixture
def db(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("drop schema if exists keys cascade; create schema keys; set search_path = keys; create table k (id int primary key); drop table k")
        yield c
        c.execute("drop schema keys cascade")


@pytest.fixture
def pair(db):
    db.execute("""create table p (id int primary key, n text unique, v int, l int[]); create table c (id int primary key, pid int references p, x int unique);
        create index p_v on p (v); create index c_pid on c (pid); comment on table c is 'of c'; create table g (cid int references c);
        insert into p values (1, 'a', 1, array[1]), (2, 'b', 2, null), (3, 'c', 3, array[9]); insert into c values (1, 1, 10), (2, 1, 20); insert into g values (1)""")
    return db


def whole(db):
    assert rows(db, "select * from c order by 1") == [(1, 1, 10), (2, 1, 20)]
    assert rows(db, "select * from g") == [(1,)]
    assert rows(db, "select indexname from pg_indexes where schemaname = 'keys' order by 1") == [(n,) for n in ("c_pid", "c_pkey", "c_x_key", "p_n_key", "p_pkey", "p_v")]
    assert rows(db, "select obj_description('c'::regclass)") == [("of c",)]
    assert fails(db, "23503", "delete from p where id = 1").constraint_name == "c_pid_fkey"
    fails(db, "23503", "insert into c values (9, 9, 9)")
    fails(db, "23503", "delete from c where id = 1")
    fails(db, "23505", "insert into c values (9, 1, 10)")


def test_returning_of_a_column_in_no_index(db):
    """The engine takes rows out for RETURNING, whatever is set."""
    db.execute("create table p (id int primary key, a int, l int[]); create table c (pid int references p); insert into p values (1, 1, array[1]), (2, 2, null); "
               "insert into c values (1)")
    assert rows(db, "update p set a = 5 where id = 1 returning id, a, l") == [(1, 5, [1])]
    assert sorted(rows(db, "update p set a = a + %s returning *", (1,))) == [(1, 6, [1]), (2, 3, None)]
    with db.transaction():
        assert rows(db, "update p set a = 0 where id = 1 returning p.a") == [(0,)]
        assert rows(db, "insert into p values (1, 9) on conflict (id) do update set a = excluded.a returning a") == [(9,)]
    fails(db, "23503", "update p set id = 3 where id = 1 returning id")
    fails(db, "23503", "delete from p where id = 1 returning id")
    assert rows(db, "select * from p order by 1") == [(1, 9, [1]), (2, 3, None)]


@pytest.mark.parametrize("sql, answer", [
    ("update p set v = 5 where id = 1 returning *", (1, "a", 5, [1])),
    ("update p set id = 1, n = 'a', v = 7, l = array[1] where id = 1 returning *", (1, "a", 7, [1])),
    ("update p set n = 'z' where id = 1 returning *", (1, "z", 1, [1])),
    ("update p set l = array[2,3] where id = 1 returning *", (1, "a", 1, [2, 3])),
    ("update p set l = null, n = default, v = default where id = 1 returning *", (1, None, None, None)),
    ("update p as x set (n, v) = ('q', x.v + 1) where x.id = 1 returning *", (1, "q", 2, [1])),
    ("update p set n = y.x || 'y', v = 4 from c y where y.pid = p.id and y.id = 2 returning p.*", (1, "20y", 4, [1])),
    ("with w as (select 'w' || count(*) as w from c) update p set n = (select w from w) where id in (select pid from c) returning *", (1, "w2", 1, [1])),
    ("update keys.p set \"n\" = 'it''s', v = /* n = */ 1 -- n\n where id = 1 returning *", (1, "it's", 1, [1])),
    ("insert into p values (1, 'a', 5) on conflict (id) do update set id = excluded.id, n = excluded.n, v = excluded.v returning *", (1, "a", 5, [1])),
    ("insert into p (id, n) values (1, 'zz') on conflict (id) do update set n = excluded.n || p.n returning *", (1, "zza", 1, [1])),
    ("insert into p (n, id) values ('a', 77) on conflict (n) do update set v = 8 returning *", (1, "a", 8, [1])),
])
def test_a_row_that_is_referred_to_is_changed(pair, sql, answer):
    assert rows(pair, sql) == [answer]
    assert rows(pair, "select * from p where id = 1") == [answer]
    whole(pair)


def test_it_is_counted(pair):
    assert pair.execute("update p set id = id, n = n").rowcount == 3
    assert pair.execute("update p set n = n || 'x' where id < 3").rowcount == 2
    assert pair.execute("update p set n = 'none' where id = 99").rowcount == 0
    pair.execute("create table tag (name text primary key); create table tags (name text references tag); insert into tag values ('a'), ('b'); insert into tags values ('a')")
    assert pair.execute("update tag set name = name").rowcount == 2  # no column is left that could be set
    assert pair.execute("update tag set name = %s where name = %s", ("a", "a")).rowcount == 1
    assert rows(pair, "update tag set name = name where name = 'a' returning name") == [("a",)]
    pair.execute("drop table tags, tag")
    whole(pair)


def test_keys_that_are_referred_to_stay(pair):
    d = fails(pair, "23503", "update p set id = 9 where id = 1")
    assert d.message_primary == 'update or delete on table "p" violates foreign key constraint "c_pid_fkey" on table "c"'
    assert d.message_detail == 'Key (id)=(1) is still referenced from table "c".'
    fails(pair, "23503", "update p set id = id + 10, n = 'x' where n = 'a'")
    fails(pair, "23505", "update p set n = 'b' where id = 1")
    assert rows(pair, "update p set id = id + 10 where id > 1 returning id") == [(12,), (13,)]
    whole(pair)


@pytest.mark.parametrize("binary", [False, True])
def test_what_save_sends(db, binary):
    """Every column with a parameter, changed or not."""
    db.execute("""create table p (id int primary key, n varchar(9) unique, u uuid unique, d date unique, num numeric(9,2) unique, j jsonb, f float8, t timestamptz);
        create table c (pid int references p); insert into c select null""")
    u, v = uuid.UUID(int=1), uuid.UUID(int=2)
    db.execute("insert into p values (1, 'a', %s, '2024-01-01', 1.25, '{}', 1, now())", (u,))
    db.execute("insert into c values (1)")
    sql = "update p set id = %s, n = %s, u = %s, d = %s::date, num = %s::numeric, j = %s::jsonb, f = %s, t = now() where id = %s"
    with db.cursor(binary=binary) as c:
        for n, w, day, num in (("a", u, "2024-01-01", 1.25), ("b", v, "2024-01-02", 2.5), (None, None, None, None), ("a", u, "2024-01-01", 1.25)):
            for prepare in (False, True):
                c.execute(sql, (1, n, w, day, num, '{"a": 1}', 2.5, 1), prepare=prepare)
                assert c.rowcount == 1
            assert rows(db, "select n, u, d::text, num::float8, f from p") == [(n, w, day, num, 2.5)]
    fails(db, "22001", sql, (1, "0123456789", None, None, None, None, None, 1))
    fails(db, "23503", sql, (2, "b", None, None, None, None, None, 1))
    assert rows(db, "select * from c order by 1") == [(1,), (None,)]


@pytest.mark.parametrize("lost", ["delete from c where pid = 1", "update c set pid = 2 where pid = 1", "update c set pid = null", "delete from keys.\"c\" as x using p where x.pid = p.id"])
def test_a_parent_goes_after_its_children(pair, lost):
    """In one transaction, as ORMs delete."""
    pair.execute("delete from g")
    with pair.transaction():
        pair.execute(lost)
        pair.execute("update p set n = 'again' where id = 1")
        pair.execute("delete from p where id = 1")
    assert rows(pair, "select id from p order by 1") == [(2,), (3,)]
    fails(pair, "23503", "insert into c values (9, 1, 9)")
    assert rows(pair, "select indexname from pg_indexes where schemaname = 'keys' and tablename = 'c' order by 1") == [("c_pid",), ("c_pkey",), ("c_x_key",)]


def test_many_parents_go_one_by_one(db):
    db.execute("""create table p (id int primary key); create table c (id int primary key, pid int references p); create table g (cid int references c);
        insert into p select * from generate_series(1, 30); insert into c select i, i from generate_series(1, 30) i; insert into g select * from generate_series(1, 30)""")
    with db.transaction():
        for i in range(1, 21):
            for sql in ("delete from g where cid = %s", "delete from c where id = %s", "delete from p where id = %s"):
                assert db.execute(sql, (i,)).rowcount == 1
    with db.transaction():
        db.execute("truncate g; delete from c where id < 25; delete from p where id < 25")
        db.execute("insert into p values (1); insert into c values (1, 1); delete from c where id = 1; delete from p where id = 1")
    assert rows(db, "select count(*), (select count(*) from c), (select count(*) from g) from p") == [(6, 6, 0)]
    fails(db, "23503", "begin; delete from c where id = 25; delete from p")
    db.execute("rollback")
    assert rows(db, "select count(*) from c") == [(6,)]


def test_rows_of_a_tree(db):
    db.execute("""create table s (id int primary key, boss int references s, n text unique); create index s_boss on s (boss);
        insert into s values (1, null, 'a'); insert into s values (2, 1, 'b'); insert into s values (3, 2, 'c'); create table c (sid int references s); insert into c values (2)""")
    db.execute("update s set n = 'a', boss = null where id = 1; update s set n = 'A' where id = 1; update s set n = n || (select count(*) from s), boss = 1 where id = 2")
    assert rows(db, "select * from s order by 1") == [(1, None, "A"), (2, 1, "b3"), (3, 2, "c")]
    fails(db, "23503", "update s set id = 9 where id = 1")
    fails(db, "23503", "update s set boss = 77 where id = 1")
    with db.transaction():
        db.execute("delete from c; delete from s where id = 3; delete from s where id = 2; delete from s where id = 1")
    assert rows(db, "select * from s") == []
    assert rows(db, "select indexname from pg_indexes where schemaname = 'keys' order by 1") == [("s_boss",), ("s_n_key",), ("s_pkey",)]
    fails(db, "23503", "insert into s values (5, 4, 'x')")


def test_names_in_quotes(db):
    db.execute("""create table "P p" ("Id" int primary key, "N n" varchar(5) unique); create table "C c" (pid int references "P p"("Id")); insert into "P p" values (1, 'a'); insert into "C c" values (1);
        update "P p" set "N n" = 'b' where "Id" = 1; update keys."P p" x set "N n" = "N n" || 'c', "Id" = x."Id" """)
    assert rows(db, 'select * from "P p"') == [(1, "bc")]
    assert fails(db, "23503", 'delete from "P p"').message_detail == 'Key (Id)=(1) is still referenced from table "C c".'
    db.execute('begin; delete from "C c"; delete from "P p"; commit')


def test_an_error_undoes_it_all(pair):
    with pytest.raises(psycopg.Error):
        with pair.transaction():
            pair.execute("update p set n = 'z' where id = 1")
            pair.execute("update p set n = 1 / (id - 1) where id = 1")
    assert rows(pair, "select n from p where id = 1") == [("a",)]
    with pair.transaction(force_rollback=True):
        pair.execute("update p set n = 'z' where id = 1")
    assert rows(pair, "select n from p where id = 1") == [("a",)]
    whole(pair)


def test_rows_of_a_tree_go_together(db):
    db.execute("""create table s (id int primary key, boss int references s, n text); create table c (sid int references s); create index s_n on s (n);
        insert into s values (1, null, 'a'); insert into s values (2, 1, 'b'); insert into s values (3, 2, 'c'); insert into s values (4, null, 'd'); insert into c values (4)""")
    assert fails(db, "23503", "delete from s where id = 1").constraint_name == "s_boss_fkey"
    assert sorted(rows(db, "delete from s where id = any(%s) returning id", ([2, 3],))) == [(2,), (3,)]
    fails(db, "23503", "delete from s")
    db.execute("delete from c; insert into s values (5, 4, 'e')")
    assert db.execute("delete from s").rowcount == 3
    assert rows(db, "select indexname from pg_indexes where schemaname = 'keys' order by 1") == [("s_n",), ("s_pkey",)]
    fails(db, "23503", "insert into s values (5, 4, 'x')")


def test_truncate(db):
    said = []
    db.add_notice_handler(lambda d: said.append(d.message_primary))
    db.execute("""create table p (id serial primary key, n text); create table c (id serial primary key, pid int references p); create table g (cid int references c); create index g_i on g (cid);
        create table s (id int primary key, b int references s); insert into s values (1, null); insert into s values (2, 1);
        insert into p (n) values ('a'), ('b'); insert into c (pid) values (1), (2); insert into g values (1)""")
    d = fails(db, "0A000", "truncate p")
    assert (d.message_primary, d.message_detail) == ("cannot truncate a table referenced in a foreign key constraint", 'Table "c" references "p".')
    fails(db, "0A000", "truncate only p restrict")
    fails(db, "0A000", "truncate p, c")
    with db.transaction(force_rollback=True):
        db.execute("truncate p cascade")
        assert rows(db, "select count(*) from g") == [(0,)]
    assert said == ['truncate cascades to table "c"', 'truncate cascades to table "g"']
    assert rows(db, "select count(*) from g") == [(1,)]
    db.execute("truncate c, g, s; insert into c (pid) values (1)")
    db.execute("truncate p, c, g restart identity")
    assert rows(db, "insert into p (n) values ('q') returning id") == [(1,)]
    assert rows(db, "insert into c (pid) values (1) returning id") == [(1,)]
    fails(db, "23503", "insert into c (pid) values (2)")
    assert rows(db, "select count(*) from s") == [(0,)]
    fails(db, "42P01", "truncate nosuch")
    assert rows(db, "select indexname from pg_indexes where tablename = 'g'") == [("g_i",)]


def test_on_commit(db):
    with db.transaction():
        db.execute("create temp table a (id serial, t varchar(3) default 'x') on commit drop; insert into a (t) values ('abc')")
        assert rows(db, "select * from a") == [(1, "abc")]
    fails(db, "42P01", "select * from a")
    db.execute("create temp table b (i int) on commit delete rows")
    db.execute("insert into b values (1)")
    with db.transaction():
        assert rows(db, "select * from b") == []
        db.execute("insert into b values (2)")
        assert rows(db, "select * from b") == [(2,)]
    assert rows(db, "select * from b") == []
    with db.transaction(force_rollback=True):
        db.execute("create temp table f (i int) on commit drop")
    db.execute("create temp table f (i int) on commit preserve rows; insert into f values (1)")
    db.execute("drop table b; create temp table b (i int); insert into b values (5)")
    assert rows(db, "select * from b, f") == [(5, 1)]
    fails(db, "42P16", "create table e (i int) on commit drop")
    fails(db, "42601", "create temp table h (i int) on commit nothing")
    db.execute("drop table b, f")


WRITES = [
    ["insert into oc values (1)"], ["with w as (select 1 as i) insert into oc select i from w"], ["copy oc from stdin"], ["select oc_fill()"], ["call oc_call()"],
    ["prepare oc_p as insert into oc values (1)", "execute oc_p"], ["begin", "insert into oc values (1)", "savepoint a", "select 1", "rollback to a", "select 1", "commit"],
    ["begin", "select 1", "copy oc from stdin", "commit"], ["begin", "declare oc_c cursor for select 1", "insert into oc values (1)", "fetch oc_c", "commit"],
    ["explain analyze insert into oc values (1)"], ["merge into oc using (values (1)) v(i) on oc.i = v.i when not matched then insert values (v.i)"]]


def test_on_commit_empties_it_whatever_has_written(db):
    db.execute("create temp table oc (i int) on commit delete rows")
    db.execute("create function oc_fill() returns int language plpgsql as $$ begin insert into oc values (1); return 1; end $$")
    db.execute("create procedure oc_call() language plpgsql as $$ begin insert into oc values (1); end $$")
    for write in WRITES:
        for sql in write:
            if sql.startswith("copy"):
                with db.cursor().copy(sql) as copy:
                    copy.write("1\n")
            else:
                db.execute(sql)
        assert rows(db, "select * from oc") == [], write
    db.execute("drop table oc")


def test_what_is_deferred_is_said_not_to_be(server):
    said = []
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.add_notice_handler(lambda d: said.append((d.severity, d.sqlstate)))
        c.execute("create table dp (id int primary key); create table dc (id int references dp deferrable initially deferred); create table dd (id int)")
        c.execute("alter table dd add foreign key (id) references dp deferrable initially deferred")
        c.execute("begin; set constraints all deferred; set constraints all immediate; commit; drop table dd, dc, dp")
    assert said == [("WARNING", "01000")] * 3


def test_more_tables_with_on_commit_than_a_session_may_have(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="ON COMMIT"):
            for i in range(65):
                c.execute(f"create temp table many_{i} (i int) on commit delete rows")
        assert i == 64
        c.execute("drop table many_0")
        c.execute("begin; insert into many_1 values (1); commit")
        assert c.execute("select count(*) from many_1").fetchone() == (0,)
