"""CREATE [UNIQUE] INDEX … WHERE: which rows are kept apart, what the catalog shows, what errors say."""

import psycopg
import pytest
from asked import fails, rows, schema


@pytest.fixture
def db(either):
    with schema(either, "pi",
                """create table t (a int, "B c" text, c int, del boolean, v text);
            create unique index on t (a) where NOT Del;
            create unique index two on t (a, lower("B c")) where (c > 0);
            create index plain on t (c) where (del IS NULL)""") as c:
        yield c


def duplicate(d):
    return d.message_primary, d.message_detail, d.table_name, d.constraint_name


def definitions(db):
    return [d for (d,) in rows(db, "select indexdef from pg_indexes where schemaname = 'pi' order by indexname")]


A, TWO, PLAIN = ("CREATE UNIQUE INDEX t_a_idx ON pi.t USING btree (a) WHERE (NOT del)", 'CREATE UNIQUE INDEX two ON pi.t USING btree (a, lower("B c")) WHERE (c > 0)',
                 "CREATE INDEX plain ON pi.t USING btree (c) WHERE (del IS NULL)")
ONE = ('duplicate key value violates unique constraint "t_a_idx"', "Key (a)=(1) already exists.", "t", "t_a_idx")


def test_rows_that_it_has_are_unique(db):
    db.execute("insert into t values (1, 'x', 0, false), (1, 'y', 0, true), (1, 'y', 0, true), (null, 'z', 0, false), (null, 'z', 0, false), (1, 'x', 0, null)")
    assert duplicate(fails(db, "23505", "insert into t values (1, 'q', 0, false)")) == ONE
    assert duplicate(fails(db, "23505", "insert into t values (%s, 'q', 0, %s)", [1, False])) == ONE
    assert duplicate(fails(db, "23505", "update t set del = false where del")) == ONE
    with pytest.raises(psycopg.errors.UniqueViolation), db.cursor().copy("copy t (a, del) from stdin") as copy:
        copy.write("1\tf\n")
    db.execute("update t set del = true where not del")
    db.execute("insert into t values (1, 'q', 0, false)")
    db.execute("delete from t where not del")
    db.execute("insert into t values (1, 'r', 0, false)")
    assert rows(db, "select count(*) from t where a = 1 and not del") == [(1,)]


def test_twins_of_one_transaction(db):
    assert duplicate(fails(db, "23505", "insert into t values (1, 'x', 0, false), (1, 'y', 0, false)")) == ONE
    with pytest.raises(psycopg.errors.UniqueViolation), db.transaction():
        db.execute("insert into t values (1, 'x', 0, false)")
        db.execute("insert into t values (1, 'x', 0, false)")
    db.execute("insert into t values (1, 'x', 0, true), (1, 'x', 0, false)")
    assert rows(db, "select count(*) from t") == [(2,)]


def test_of_several_keys(db):
    db.execute("insert into t values (1, 'x', 1), (1, 'X', 0), (1, null, 1), (1, null, 1), (2, 'x', 1)")
    d = fails(db, "23505", "insert into t values (1, 'X', 5)")
    assert duplicate(d) == ('duplicate key value violates unique constraint "two"', 'Key (a, lower("B c"))=(1, x) already exists.', "t", "two")


def test_on_conflict_do_nothing(db):
    db.execute("drop index two; insert into t values (1, 'x', 0, false)")
    assert db.execute("insert into t values (1, 'y', 0, false), (3, 'y', 0, false) on conflict do nothing").rowcount == 1
    assert db.execute("insert into t values (1, 'y', 0, true) on conflict do nothing").rowcount == 1
    fails(db, "42P10", "insert into t values (1, 'y', 0, true) on conflict (a) do nothing")


def test_the_catalog_shows_it(db):
    assert definitions(db) == [PLAIN, A, TWO]
    assert rows(db, """select indexrelid::regclass::text, indkey::text, indisunique, pg_get_expr(indpred, indrelid) from pg_index
        where indrelid = 't'::regclass order by 1""") == [("plain", "3", False, "(del IS NULL)"), ("t_a_idx", "1", True, "(NOT del)"), ("two", "1 0", True, "(c > 0)")]
    assert rows(db, "select pg_get_indexdef('two'::regclass), pg_get_indexdef('two'::regclass, 1, true)") == [(TWO, "a")]
    db.execute("comment on index two is 'it''s'")
    assert rows(db, "select obj_description('two'::regclass), obj_description('plain'::regclass)") == [("it's", None)]
    db.execute("comment on index two is null")
    assert rows(db, "select obj_description('two'::regclass)") == [(None,)]
    assert definitions(db) == [PLAIN, A, TWO]


def test_changes_of_its_table(db):
    db.execute("insert into t values (1, 'x', 1, false)")
    db.execute('alter table t rename "B c" to zz')
    db.execute("alter table t rename c to cc")
    db.execute("alter table t add column k int")
    db.execute("alter table t alter column a type bigint")
    db.execute("alter index two rename to zwei")
    assert definitions(db) == [PLAIN.replace("(c)", "(cc)"), A, "CREATE UNIQUE INDEX zwei ON pi.t USING btree (a, lower(zz)) WHERE (cc > 0)"]
    assert duplicate(fails(db, "23505", "insert into t values (1, 'X', 5)"))[1:] == ("Key (a, lower(zz))=(1, x) already exists.", "t", "zwei")
    db.execute("alter table t drop column cc")
    assert definitions(db) == [A]
    db.execute("drop index t_a_idx")
    db.execute("insert into t values (1, 'x', false), (1, 'x', false)")


def test_what_is_refused(db):
    for kind in ("", "unique"):
        fails(db, "42703", f"create {kind} index wrong on t (a) where nope > 1")
        fails(db, "42601", f"create {kind} index wrong on t (a) where")
        fails(db, "42P01", f"create {kind} index wrong on nowhere (a) where c > 0")
        fails(db, "42601", f"create {kind} index wrong on t (a) where c > 0) or (c < 0")
    db.execute("insert into t values (1, 'x', 0, true), (1, 'x', 0, true)")
    d = fails(db, "23505", "create unique index wrong on t (a) where del")
    assert (d.message_primary, d.table_name, d.constraint_name) == ('could not create unique index "wrong"', "t", "wrong")
    assert definitions(db) == [PLAIN, A, TWO]
    fails(db, "42830", "create table r (a int references t (a))")
    fails(db, "54011", f"create index on t ({', '.join(['a'] * 33)}) where c > 0")


def test_of_a_temporary_table(db):
    db.execute("create temp table tt (a int, b int); create unique index on tt (a) where b > 0; insert into tt values (1, 1), (1, 0)")
    assert duplicate(fails(db, "23505", "insert into tt values (1, 2)")) == ('duplicate key value violates unique constraint "tt_a_idx"', "Key (a)=(1) already exists.", "tt", "tt_a_idx")
    assert rows(db, "select split_part(indexdef, ' USING ', 2) from pg_indexes where tablename = 'tt'") == [("btree (a) WHERE (b > 0)",)]
    assert duplicate(fails(db, "23505", "insert into pg_temp.tt values (1, 2)"))[3] == "tt_a_idx"
    with pytest.raises(psycopg.errors.UniqueViolation) as e, db.transaction():
        db.execute("insert into pg_temp.tt values (7, 1)")
        db.execute("insert into pg_temp.tt values (7, 1)")
    assert duplicate(e.value.diag)[1:] == ("Key (a)=(7) already exists.", "tt", "tt_a_idx")
    db.execute("drop table tt")


def test_a_unique_index_has_its_name_in_errors(db):
    db.execute("create table u (a int primary key, b int, n text); create unique index u_named on u (b); create unique index u_expr on u ((b + 1), lower(n)); insert into u values (1, 1, 'x')")
    assert duplicate(fails(db, "23505", "insert into u values (2, 1, 'y')")) == ('duplicate key value violates unique constraint "u_named"', "Key (b)=(1) already exists.", "u", "u_named")
    assert rows(db, "select indexdef from pg_indexes where indexname = 'u_expr'") == [("CREATE UNIQUE INDEX u_expr ON pi.u USING btree (((b + 1)), lower(n))",)]
    db.execute("drop index u_named")
    assert duplicate(fails(db, "23505", "insert into u values (2, 1, 'x')")) == ('duplicate key value violates unique constraint "u_expr"', "Key ((b + 1), lower(n))=(2, x) already exists.", "u", "u_expr")
    assert duplicate(fails(db, "23505", "insert into u values (7, 7, 'y'), (7, 8, 'z')")) == ('duplicate key value violates unique constraint "u_pkey"', "Key (a)=(7) already exists.", "u", "u_pkey")


def test_names_that_are_words(db):
    db.execute("""create table w ("order" int primary key, "user" int unique, plain_1 int, foreign key ("user") references w ("order")); create index wi on w ("user", plain_1)""")
    assert rows(db, "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'w'::regclass order by 1") == [
        ('FOREIGN KEY ("user") REFERENCES w("order")',), ('PRIMARY KEY ("order")',), ('UNIQUE ("user")',)]
    assert rows(db, "select pg_get_indexdef('wi'::regclass)") == [('CREATE INDEX wi ON pi.w USING btree ("user", plain_1)',)]
    db.execute("insert into w values (1, 1)")
    assert fails(db, "23505", "insert into w values (1, 2)").message_detail == 'Key ("order")=(1) already exists.'
