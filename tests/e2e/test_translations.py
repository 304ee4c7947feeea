"""A statement that comes again means what it meant the first time: its translation is kept, for all sessions."""

import psycopg
import pytest

AGAIN = 5  # from the second time on a text's translation is kept, from the third on it is taken


@pytest.fixture
def conn(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        yield c


@pytest.mark.parametrize("text, value", [("select 7/2, 1", (3, 1)), ("select 'abc' ~ 'b'", (True,)), ("select 1", (1,)),
                                         ("select relname from pg_class where relname = 'pg_class'", ("pg_class",))])
@pytest.mark.parametrize("binary", [False, True])
def test_the_same_each_time(conn, text, value, binary):
    for _ in range(AGAIN):
        assert conn.execute(text, binary=binary).fetchone() == value


@pytest.mark.parametrize("text", ["select 7/2, nope", "select 1/2 + 3/4, 5 nope 6"])
def test_positions_of_errors(conn, text):
    positions = set()
    for _ in range(AGAIN):
        with pytest.raises(psycopg.Error) as e:
            conn.execute(text)
        positions.add(e.value.diag.statement_position)
    assert positions == {str(text.index("nope") + 1 if ", nope" in text else text.index("6") + 1)}


def test_parameters(conn):
    for i in range(AGAIN):
        assert conn.execute("select %s::int / 2", (i,)).fetchone() == (i // 2,)


def test_whose_meaning(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        for _ in range(AGAIN):
            for meaning, value in ("postgres", 3), ("duckdb", 3.5):
                c.execute(f"set tavana.sql = {meaning}")
                assert c.execute("select 7/2 as translations_whose", prepare=False).fetchone() == (value,)


def test_what_a_session_says_is_its_own(server):
    text = "select current_user, pg_backend_pid(), current_setting('application_name')"
    said = set()
    for i in range(AGAIN):
        with psycopg.connect(server.dsn(), user=f"user{i}", application_name=f"app{i}", autocommit=True) as c:
            for _ in range(AGAIN):
                said.add((i, *c.execute(text).fetchone()))
            assert (i, f"user{i}", c.info.backend_pid, f"app{i}") in said
    assert len(said) == AGAIN


def test_its_statements_and_cursors_too(conn):
    for i in range(AGAIN):
        conn.execute(f"prepare p{i} as select 1")
        assert conn.execute("select count(*) from pg_prepared_statements", prepare=False).fetchone() == (i + 1,)


def test_how_many_are_made(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        before = server.metric("tavana_translations_total")
        for _ in range(10 * AGAIN):
            c.execute("select 7/2 as translations_made", prepare=False)
        assert server.metric("tavana_translations_total") == before + 2
        assert 0 < server.metric("tavana_translation_bytes") <= 8 << 20
