"""Tables that foreign keys refer to: altered, renamed and dropped, with what refers to them."""

import psycopg
import pytest
from asked import fails, rows, schema


@pytest.fixture
def db(either):
    with schema(either, "refs") as c:
        yield c


@pytest.fixture
def family(db):
    """c refers to p, d to both, and rows of p to each other."""
    db.execute("""create table p (id int primary key, n text not null, boss int references p (id));
        create table c (id serial primary key, pid int references p, k int unique);
        create table d (id int, cid int references c (id), "p id" int references p (id), a text[]);
        create index d_cid on d (cid); create unique index on d (id, cid);
        comment on table d is 'of d'; comment on column d.cid is 'of cid';
        insert into p values (1, 'a', null); insert into p values (2, 'b', 1); insert into p values (3, 'c', 2); insert into p values (4, 'd', 2);
        insert into c (pid, k) values (1, 5), (4, 6); insert into d values (1, 1, 2, array['x', 'y,z']), (2, 2, 3, null)""")
    return db


def whole(db):
    assert rows(db, "select * from d order by 1") == [(1, 1, 2, ["x", "y,z"]), (2, 2, 3, None)]
    assert rows(db, "select * from c order by 1") == [(1, 1, 5), (2, 4, 6)]
    assert rows(db, "select indexname from pg_indexes where tablename = 'd' order by 1") == [("d_cid",), ("d_id_cid_idx",)]
    assert rows(db, "select obj_description('d'::regclass), col_description('d'::regclass, 2)") == [("of d", "of cid")]
    fails(db, "23505", "insert into d (id, cid) values (1, 1)")
    fails(db, "23505", "insert into c values (9, 1, 5)")
    fails(db, "23503", "insert into d (id, cid) values (3, 77)")
    fails(db, "23503", 'insert into d ("p id") values (77)')
    fails(db, "23503", "insert into c (id, pid) values (10, 77)")


@pytest.mark.parametrize("alter", [
    "alter n type varchar", "alter n type text using n || 'x'", "alter n drop not null", "add x int default 7", "add check (id > 0)", "add unique (n)", "drop n", "rename boss to \"key\"",
    "add y bigserial", "add z timestamptz default now()", "rename n to \"N n\"", "rename id to idd", "rename to \"P p\"", "alter boss type int using boss", "add primary key (n)"])
def test_a_table_that_is_referred_to_is_altered(family, alter):
    db = family
    if alter.startswith("add primary"):
        fails(db, "42P16", f"alter table p {alter}")
        return
    db.execute(f"alter table p {alter}")
    whole(db)
    name = '"P p"' if "P p" in alter else "p"
    boss = '"key"' if "key" in alter and "primary" not in alter else "boss"
    key = "idd" if "idd" in alter else "id"
    assert rows(db, f"select {key}, {boss} from {name} order by 1") == [(1, None), (2, 1), (3, 2), (4, 2)]
    fails(db, "23503", f"update {name} set {boss} = 99 where {key} = 4")
    fails(db, "23503", f"delete from {name} where {key} = 3")
    assert [r[0] for r in rows(db, "select pg_get_constraintdef(oid) from pg_constraint where contype = 'f' and conrelid = 'd'::regclass order by conname")] == [
        "FOREIGN KEY (cid) REFERENCES c(id)", f'FOREIGN KEY ("p id") REFERENCES {name}({key})']


def test_it_is_all_or_nothing(family):
    with pytest.raises(psycopg.Error):
        with family.transaction():
            family.execute("alter table p rename to q; alter table q rename id to idd")
            family.execute("insert into d (id, cid) values (9, 9)")
    whole(family)
    fails(family, "42703", "alter table p drop nosuch")
    fails(family, "42703", "alter table p rename nosuch to x")
    whole(family)


def test_columns_of_constraints_change(db):
    db.execute("""create table t (id int primary key, "key" int unique, date date, v text default 'a,b(', "unique" int, check ("key" > 0 or date is null),
        unique (v, date)); insert into t values (1, 10, '2024-01-01', 'x', 5)""")
    db.execute("alter table t alter \"key\" type bigint using \"key\" + 1, alter date type timestamp, alter id type text using 'n' || id")
    assert [r[:3] for r in rows(db, 'select id, "key", v, date from t')] == [("n1", 11, "x")]
    fails(db, "23514", 'insert into t (id, "key", date) values (\'a\', 0, now())')
    db.execute('alter table t drop "unique"')
    fails(db, "23505", "insert into t (id, \"key\") values ('z', 11)")
    db.execute("alter table t drop date")  # its constraints go with it
    db.execute('insert into t (id, "key") values (\'a\', 0)')
    assert rows(db, "select v from t where id = 'a'") == [("a,b(",)]
    assert rows(db, "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 't'::regclass order by 1") == [("PRIMARY KEY (id)",), ('UNIQUE ("key")',)] or \
        rows(db, "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 't'::regclass order by 1") == [("PRIMARY KEY (id)",), ("UNIQUE (key)",)]


def test_the_search_path_does_not_mislead(db):
    db.execute("""create schema if not exists refs2; create table refs2.p (id int primary key); create table refs2.c (id int references refs2.p, x int unique);
        create table p (id int primary key); insert into refs2.p values (1); insert into refs2.c values (1, 1)""")
    try:
        db.execute("alter table refs2.c alter x type bigint; alter table refs2.p rename to q")
        db.execute("insert into p values (5)")
        fails(db, "23503", "insert into refs2.c values (5, 5)")
    finally:
        db.execute("drop schema refs2 cascade")


def test_drop_cascade(family):
    db = family
    said = []
    db.add_notice_handler(lambda d: said.append(d.message_primary))
    diag = fails(db, "2BP01", "drop table p")
    assert diag.message_primary == "cannot drop table p because other objects depend on it" and diag.message_hint == "Use DROP ... CASCADE to drop the dependent objects too."
    fails(db, "2BP01", "drop table p, c")
    whole(db)
    db.execute("drop table c cascade")
    assert said == ["drop cascades to constraint d_cid_fkey on table d"]
    db.execute("insert into d (id, cid, \"p id\") values (5, 77, 1)")
    fails(db, "23503", 'insert into d ("p id") values (77)')
    db.execute("drop table if exists p, nosuch, d")
    assert rows(db, "select relname from pg_class where relnamespace = 'refs'::regnamespace and relkind = 'r'") == []


def test_several_are_dropped_in_any_order(family):
    family.execute("drop table p, c, d")
    assert rows(family, "select relname from pg_class where relnamespace = 'refs'::regnamespace and relkind = 'r'") == []


def constraints(db):
    return sorted(rows(db, "select conname, contype::text, array_to_string(conkey, ' ') from pg_constraint where connamespace = 'refs'::regnamespace and contype <> 'c'"))


def test_constraints_have_the_names_they_were_given(db):
    db.execute("""create table p (id int, code text, n int); insert into p values (1, 'a', 1), (2, 'b', 2);
        alter table p add constraint "P 'k" primary key (id), add constraint p_uq unique (code, n), add unique (n), add constraint P_pos check (n > 0);
        create table c (id int, pid int, code text, n int);
        alter table c add constraint c_p foreign key (pid) references p (id) deferrable initially deferred, add constraint c_pn foreign key (code, n) references p (code, n)""")
    assert constraints(db) == [("P 'k", "p", "1"), ("c_p", "f", "2"), ("c_pn", "f", "3 4"), ("p_n_key", "u", "3"), ("p_uq", "u", "2 3")]
    assert rows(db, "select constraint_name from information_schema.table_constraints where constraint_schema = 'refs' and constraint_type = 'UNIQUE' order by 1") == [("p_n_key",), ("p_uq",)]
    assert rows(db, "select conname, pg_get_constraintdef(oid) from pg_constraint where conname = 'p_pos'") == [("p_pos", "CHECK ((n > 0))")]
    fails(db, "23505", "insert into p values (3, 'a', 1)")
    fails(db, "23514", "insert into p values (3, 'x', -1)")
    db.execute("alter table c drop constraint c_p; alter table c add constraint c_p2 foreign key (pid) references p (id)")
    assert [c for c in constraints(db) if c[1] == "f"] == [("c_p2", "f", "2"), ("c_pn", "f", "3 4")]
    fails(db, "2BP01", "alter table p drop constraint p_uq")
    fails(db, "42704", "alter table p drop constraint nosuch")
    db.execute("alter table c drop constraint c_pn; alter table p drop constraint p_uq, drop constraint p_pos, drop constraint if exists nosuch; insert into p values (3, 'a', -1)")
    assert constraints(db) == [("P 'k", "p", "1"), ("c_p2", "f", "2"), ("p_n_key", "u", "3")]


def test_elements_of_an_int2vector_are_numbers(db):
    db.execute("create table t (a int primary key)")
    assert rows(db, "select o & 1, 1 | o, o + 1, k - 1 from pg_index, unnest(indoption, indkey) x(o, k) where indrelid = 't'::regclass") == [(0, 1, 1, 0)]
