"""Foreign keys that the session keeps: to another schema, with ON DELETE and ON UPDATE, of a table to itself."""

import psycopg
import pytest
from asked import fails, rows


@pytest.fixture
def db(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("drop schema if exists ka cascade; drop schema if exists kb cascade; create schema ka; create schema kb; set search_path = kb")
        c.execute("""create table ka.p (id int primary key, code text unique, n int);
            create table c (id serial primary key, pid int references ka.p, code text constraint "c'code" references ka.p (code) on update cascade on delete set null);
            create table d (id int primary key, cid int not null references c on delete cascade);
            insert into ka.p values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3); insert into c (pid, code) values (1, 'a'), (2, 'b'), (null, 'c'); insert into d values (1, 1), (2, 2), (3, 2)""")
        yield c
        c.execute("set search_path = public; drop schema ka cascade; drop schema kb cascade")


def test_between_schemas(db):
    d = fails(db, "23503", "insert into c (pid, code) values (9, 'a')")
    assert (d.message_primary, d.message_detail) == ('insert or update on table "c" violates foreign key constraint "c_pid_fkey"', 'Key (pid)=(9) is not present in table "p".')
    assert (d.schema_name, d.table_name, d.constraint_name) == ("kb", "c", "c_pid_fkey")
    fails(db, "23503", "insert into c (code) values (%s)", ["zz"])
    fails(db, "23503", "update c set pid = %s where id = 2", [77])
    d = fails(db, "23503", "delete from ka.p where id = 1")
    assert d.message_primary == 'update or delete on table "p" violates foreign key constraint "c_pid_fkey" on table "c"'
    assert d.message_detail == 'Key (id)=(1) is still referenced from table "c".'
    fails(db, "23503", "update ka.p set id = 10 where id = %s", [1])
    with pytest.raises(psycopg.errors.ForeignKeyViolation), db.cursor().copy("copy c (pid) from stdin") as copy:
        copy.write("1\n999\n")
    fails(db, "23503", "do $$ begin insert into c (pid) values (99); end $$")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), db.transaction():
        db.execute("insert into c (pid) values (3)")
        db.execute("insert into c (pid) values (4)")
    assert rows(db, "select count(*) from c") == [(3,)]


def test_the_catalog_shows_them(db):
    assert rows(db, """select conname, confupdtype::text, confdeltype::text, conkey, confkey, confrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
            where connamespace = 'kb'::regnamespace and contype = 'f' order by 1""") == [
        ("c'code", "c", "n", [3], [2], "ka.p", "FOREIGN KEY (code) REFERENCES ka.p(code) ON UPDATE CASCADE ON DELETE SET NULL"),
        ("c_pid_fkey", "a", "a", [2], [1], "ka.p", "FOREIGN KEY (pid) REFERENCES ka.p(id)"),
        ("d_cid_fkey", "a", "c", [2], [1], "c", "FOREIGN KEY (cid) REFERENCES c(id) ON DELETE CASCADE")]
    assert rows(db, """select constraint_name, unique_constraint_schema, unique_constraint_name, update_rule, delete_rule from information_schema.referential_constraints
            where constraint_schema = 'kb' order by 1""") == [
        ("c'code", "ka", "p_code_key", "CASCADE", "SET NULL"), ("c_pid_fkey", "ka", "p_pkey", "NO ACTION", "NO ACTION"), ("d_cid_fkey", "kb", "c_pkey", "NO ACTION", "CASCADE")]
    assert rows(db, "select table_schema, table_name, column_name from information_schema.constraint_column_usage where constraint_name = 'c_pid_fkey'") == [("ka", "p", "id")]


@pytest.mark.parametrize("args", [None, (2,)])
def test_actions(db, args):
    value = "%s" if args else "2"
    assert db.execute("delete from ka.p where id = 3").rowcount == 1
    assert rows(db, "select id, code from c order by 1") == [(1, "a"), (2, "b"), (3, None)]
    assert db.execute(f"update ka.p set code = code || 'x' where id = {value}", args).rowcount == 1
    assert db.execute("update ka.p set code = code where id = 1").rowcount == 1
    assert rows(db, "select id, code from c order by 1") == [(1, "a"), (2, "bx"), (3, None)]
    assert rows(db, f"delete from c where id = {value} returning id", args) == [(2,)]
    assert rows(db, "select * from d") == [(1, 1)]


def test_it_is_all_or_nothing(db):
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute("delete from c where id = 2; update ka.p set code = 'q' where id = 1")
        assert rows(db, "select id, cid from d") == [(1, 1)] and rows(db, "select code from c where id = 1") == [("q",)]
        raise ZeroDivisionError
    assert rows(db, "select count(*) from d") == [(3,)] and rows(db, "select code from c where id = 1") == [("a",)]
    db.execute("create table r (cid int references d (id) on delete restrict); insert into r values (3)")
    fails(db, "23503", "delete from c where id = 2")
    assert rows(db, "select count(*) from d") == [(3,)]


def test_a_table_that_refers_to_itself(db):
    db.execute("create table e (id int primary key, boss int references e on delete cascade, x int)")
    db.execute("insert into e values (1, 1, 0)")
    db.execute("insert into e values (3, 2, 0), (2, 3, 0), (4, 1, 0), (5, 4, 0)")
    d = fails(db, "23503", "insert into e values (7, 8, 0)")
    assert d.message_detail == 'Key (boss)=(8) is not present in table "e".'
    fails(db, "23503", "update e set boss = 99 where id = 1")
    assert db.execute("delete from e where id = 1").rowcount == 1
    assert rows(db, "select id from e order by 1") == [(2,), (3,)]
    db.execute("alter table e rename to e2; alter table e2 rename id to key; alter table e2 rename boss to chief")
    assert rows(db, "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'e2'::regclass and contype = 'f'") == [
        ("e_boss_fkey", "FOREIGN KEY (chief) REFERENCES e2(key) ON DELETE CASCADE")]
    fails(db, "23503", "insert into e2 values (7, 8)")
    db.execute("delete from e2 where key = 2")
    assert rows(db, "select * from e2") == []


def test_defaults_and_keys_of_several_columns(db):
    db.execute("create table f (id int primary key, b int default 0 references f on delete set default on update cascade); insert into f values (0, 0), (1, 0), (2, 1)")
    db.execute("delete from f where id = 1")
    assert rows(db, "select * from f order by 1") == [(0, 0), (2, 0)]
    db.execute("update f set id = 10 where id = 0")
    assert rows(db, "select * from f order by 1") == [(2, 10), (10, 10)]
    db.execute("create table g (a int, b int, primary key (a, b)); create table h (x int, y int, foreign key (x, y) references g on delete cascade on update cascade)")
    db.execute("insert into g values (1, 1), (1, 2); insert into h values (1, 1), (1, null), (1, 2); update g set b = b + 10")
    assert rows(db, "select * from h order by y") == [(1, 11), (1, 12), (1, None)]
    db.execute("delete from g where b = 12")
    assert rows(db, "select * from h order by y") == [(1, 11), (1, None)]


def test_keys_of_one_table_go_together(db):
    db.execute("create table m (id int primary key); create table n (id int primary key, a int references m on delete cascade); create table o (a int references m on delete cascade, b int references n)")
    db.execute("insert into m values (1); insert into n values (1, 1); insert into o values (1, 1)")
    db.execute("delete from m")
    assert rows(db, "select count(*) from n") == [(0,)] and rows(db, "select count(*) from o") == [(0,)]
    db.execute("create table q (a int references m, b int references n); alter table q add foreign key (a) references m on delete cascade")
    db.execute("insert into m values (2); insert into n values (2, 2); insert into q values (2, 2)")
    fails(db, "23503", "insert into q values (2, 3)")
    db.execute("delete from q; insert into q values (null, 2)")
    fails(db, "23503", "delete from m")
    assert rows(db, "select conname, confdeltype::text from pg_constraint where conrelid = 'q'::regclass and contype = 'f' order by 2, 1") == [("q_a_fkey", "a"), ("q_b_fkey", "a"), ("q_a_fkey1", "c")]


def test_tables_are_altered_and_dropped(db):
    d = fails(db, "2BP01", "drop table ka.p")
    assert "constraint c_pid_fkey on table c depends on table ka.p" in d.message_detail
    db.execute("alter table ka.p rename to q; alter table ka.q rename id to idd; alter table c rename code to kode")
    assert rows(db, "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'c'::regclass and contype = 'f' order by 1") == [
        ("FOREIGN KEY (kode) REFERENCES ka.q(code) ON UPDATE CASCADE ON DELETE SET NULL",), ("FOREIGN KEY (pid) REFERENCES ka.q(idd)",)]
    fails(db, "2BP01", "alter table ka.q drop column code")
    db.execute("alter table ka.q drop column code cascade")
    assert rows(db, "select conname from pg_constraint where conrelid = 'c'::regclass and contype = 'f'") == [("c_pid_fkey",)]
    fails(db, "23503", "insert into c (pid) values (500)")
    fails(db, "0A000", "truncate ka.q")
    db.execute("truncate ka.q cascade")
    assert rows(db, "select count(*) from c") == [(0,)] and rows(db, "select count(*) from d") == [(0,)]
    db.execute("drop table ka.q cascade; insert into c (pid) values (500); create table e (id int primary key)")
    assert fails(db, "23503", "alter table c add constraint k foreign key (pid) references e on delete cascade").constraint_name == "k"
    db.execute("delete from c; alter table c add constraint k foreign key (pid) references e on delete cascade")
    fails(db, "23503", "insert into c (pid) values (500)")
    db.execute("alter table c drop constraint k; insert into c (pid) values (500)")


@pytest.mark.parametrize("sql, code", [
    ("create table bad (a int references ka.nosuch)", "42P01"), ("create table bad (a int references ka.p (n))", "42830"), ("create table bad (a int references ka.p (zz))", "42703"),
    ("create table bad (a text references ka.p on delete cascade)", "42804"), ("create table bad (a int, b int, foreign key (a, b) references ka.p)", "42830"),
    ("create temp table bad (a int references ka.p)", "42P16")])
def test_keys_that_cannot_be(db, sql, code):
    fails(db, code, sql)


def test_temporary_tables(db):
    db.execute("create temp table tp (id int primary key); create temp table tc (a int references tp on delete set null); insert into tp values (1); insert into tc values (1)")
    fails(db, "23503", "insert into tc values (2)")
    db.execute("delete from tp")
    assert rows(db, "select * from tc") == [(None,)]


def test_what_cascades_in_other_statements(db):
    db.execute("insert into c (id, pid) values (1, 3) on conflict (id) do update set pid = excluded.pid")
    fails(db, "23503", "insert into c (id, pid) values (1, 300) on conflict (id) do update set pid = excluded.pid")
    db.execute("insert into ka.p (id, code) values (1, 'a') on conflict (id) do update set code = 'renamed'")
    assert rows(db, "select pid, code from c where id = 1") == [(3, "renamed")]
    fails(db, "23503", "insert into c (pid) select 9000")
    assert rows(db, "with x as (insert into ka.p values (500, 'y', 1) returning id) insert into c (id, pid) select 9, id from x returning pid") == [(500,)]


def test_what_is_refused(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create table rp (id int primary key); create table rc (a int references rp on delete cascade); insert into rp values (1); insert into rc values (1)")
        for sql in ["with x as (delete from rp returning id) select * from x", "explain analyze delete from rp"]:
            fails(c, "0A000", sql)
        assert rows(c, "select * from rc") == [(1,)]
        c.execute("drop table rc, rp")


def test_a_renamed_table_lets_go_of_what_it_refers_to(db):
    db.execute("create table x (id int primary key); create table y (a int references x); alter table y rename to z; drop table z; drop table x")
    assert rows(db, "select count(*) from pg_class where relname in ('x', 'y', 'z') and relnamespace = 'kb'::regnamespace") == [(0,)]


def test_a_schema_goes_with_the_keys_that_refer_into_it(db):
    fails(db, "2BP01", "drop schema ka")
    fails(db, "23503", "insert into c (pid) values (99)")
    with db.transaction(force_rollback=True):
        db.execute("drop schema ka cascade")
        db.execute("insert into c (pid, code) values (99, 'zz')")
    db.execute("drop schema ka cascade; insert into c (pid, code) values (99, 'zz'); create schema ka")
    assert rows(db, "select conname from pg_constraint where contype = 'f' and conrelid = 'c'::regclass") == []
    fails(db, "23503", "insert into d values (9, 99)")


@pytest.mark.parametrize("what", ["", "x", "x\x1fac\x1fka\x1fp", "x\x1fac\x1fka\x1fp\x1fid\x1fid", "\x1f\x1f\x1f\x1f", "x\x1fzz\x1f\x1f\x1f\x1f"])
def test_a_check_that_only_looks_like_a_key(db, what):
    mark = "REFERENCES\x1f" + what
    db.execute(f"create table h (id int, r int, check ('{mark}' is not null or r is null))")
    db.execute("insert into h values (1, 9), (2, null); update h set r = 3; delete from ka.p where id = 3; delete from h")
    assert rows(db, "select id from ka.p order by 1") == [(1,), (2,)]
