"""Functions whose state is the server's: advisory locks, ending what other sessions do, LISTEN and NOTIFY. The answers are PostgreSQL 15's."""

import concurrent.futures
import threading
import time

import psycopg
import pytest


def connect(server, **kw):
    return psycopg.connect(server.dsn(), autocommit=True, **kw)


@pytest.fixture
def pair(either):
    with connect(either) as a, connect(either) as b:
        yield a, b


def one(conn, sql, *args):
    return conn.execute(sql, *args).fetchone()[0]


def fails(conn, code, sql):
    with pytest.raises(psycopg.Error) as e:
        conn.execute(sql)
    assert e.value.sqlstate == code, e.value
    return str(e.value)


def later(call, *args):
    return concurrent.futures.ThreadPoolExecutor(1).submit(call, *args)


# ---- advisory locks ----

def test_a_lock_is_one_sessions(pair):
    a, b = pair
    assert one(a, "select pg_advisory_lock(7001)") == ""
    assert one(a, "select pg_try_advisory_lock(7001)") is True  # counted: twice now
    assert one(b, "select pg_try_advisory_lock(7001)") is False
    assert one(b, "select pg_try_advisory_lock(0, 7001)") is True  # two integers are another lock
    assert one(a, "select pg_advisory_unlock(7001)") is True
    assert one(b, "select pg_try_advisory_lock_shared(7001)") is False
    assert one(a, "select pg_advisory_unlock(7001)") is True
    assert one(b, "select pg_try_advisory_lock_shared(7001)") is True
    assert one(a, "select pg_try_advisory_lock_shared(7001)") is True
    assert one(a, "select pg_try_advisory_lock(7001)") is False
    assert one(b, "select pg_advisory_unlock(7001)") is False  # it holds a shared one
    assert one(b, "select pg_advisory_unlock_shared(7001)") is True
    assert one(a, "select pg_try_advisory_lock(7001)") is True
    assert one(a, "select pg_advisory_unlock_all()") == ""
    assert one(b, "select pg_try_advisory_lock(7001)") is True


def test_as_a_column_beside_others(pair):
    a, _ = pair
    cur = a.execute("select i, pg_try_advisory_lock(7100 + i) as got, i * 2, pg_advisory_unlock(7100 + i) from generate_series(1, 3) i order by 1 desc")
    assert [d.name for d in cur.description] == ["i", "got", "?column?", "pg_advisory_unlock"]
    assert cur.fetchall() == [(i, True, 2 * i, True) for i in (3, 2, 1)]
    assert a.execute("select *, pg_try_advisory_lock(x) from (values (7101), (null)) v(x)").fetchall() == [(7101, True), (None, None)]
    assert a.execute("select pg_catalog.pg_advisory_unlock(7101)").fetchall() == [(True,)]
    assert one(a, "select * from pg_try_advisory_lock(7102)") is True
    assert one(a, "SELECT PG_ADVISORY_UNLOCK ( 7102 )") is True
    assert a.execute("select pg_try_advisory_lock(1) where false").fetchall() == []


def test_parameters_and_binary(pair):
    a, b = pair
    for _ in range(7):  # prepared by psycopg by then
        assert one(a, "select pg_try_advisory_lock(%s)", (7200,)) is True
    assert one(a, "select pg_try_advisory_lock(%s, %s)", (7, 200)) is True
    with b.cursor(binary=True) as cur:
        assert cur.execute("select pg_try_advisory_lock(%s), 5::int8", (7200,)).fetchone() == (False, 5)
        assert cur.execute("select pg_try_advisory_lock(%s), null::text", (7201,)).fetchone() == (True, None)
    b.execute("prepare lk(bigint) as select pg_advisory_unlock($1)")
    assert b.execute("execute lk(7201)").fetchone() == (True,)


def test_a_transactions_lock_goes_with_it(pair):
    a, b = pair
    one(a, "select pg_advisory_xact_lock(7300)")  # its own transaction is over
    assert one(b, "select pg_try_advisory_xact_lock(7300)") is True
    for end in ("commit", "rollback"):
        a.execute("begin")
        one(a, "select pg_advisory_xact_lock(7300)")
        assert one(a, "select pg_advisory_unlock(7300)") is False
        assert one(b, "select pg_try_advisory_lock(7300)") is False
        a.execute(end)
        assert one(b, "select pg_try_advisory_lock(7300)") is True
        one(b, "select pg_advisory_unlock_all()")
    a.execute("begin; select pg_advisory_xact_lock(7300), pg_advisory_lock(7301)")
    fails(a, "42P01", "select * from there_is_no_such_table")
    assert one(b, "select pg_try_advisory_lock(7300)") is True
    a.execute("rollback")
    assert one(b, "select pg_try_advisory_lock(7301)") is False  # the session's stays


def test_a_savepoint_gives_back(pair):
    a, b = pair
    a.execute("begin; select pg_advisory_xact_lock(7400); savepoint s; select pg_advisory_xact_lock(7401); rollback to s")
    assert one(b, "select pg_try_advisory_lock(7401)") is True
    assert one(b, "select pg_try_advisory_lock(7400)") is False
    a.execute("commit")


def test_a_sessions_end_gives_back(either):
    with connect(either) as b:
        a = connect(either)
        one(a, "select pg_advisory_lock(7500)")
        waits = later(one, b, "select pg_advisory_lock(7500)")
        time.sleep(0.3)
        assert not waits.done()
        a.close()
        assert waits.result(10) == ""
    with connect(either) as b:
        one(b, "select pg_advisory_lock(7500)")
        b.execute("discard all")
        with connect(either) as c:
            assert one(c, "select pg_try_advisory_lock(7500)") is True


def test_who_waits_has_a_turn(either):
    """In the order of asking, and shared ones behind an exclusive one too."""
    with connect(either) as a:
        one(a, "select pg_advisory_lock(7600)")
        others, order, got = [connect(either) for _ in range(4)], [], threading.Lock()

        def take(i, kind):
            one(others[i], f"select pg_advisory_lock{kind}(7600)")
            with got:
                order.append(i)
            time.sleep(0.1)
            one(others[i], f"select pg_advisory_unlock{kind}(7600)")

        waits = []
        for i, kind in enumerate(("", "_shared", "_shared", "")):
            waits.append(later(take, i, kind))
            time.sleep(0.2)
        one(a, "select pg_advisory_unlock(7600)")
        for w in waits:
            w.result(10)
        assert order[0] == 0 and set(order[1:3]) == {1, 2} and order[3] == 3
        for c in others:
            c.close()


def test_waits_end(pair):
    a, b = pair
    one(a, "select pg_advisory_lock(7700)")
    b.execute("set lock_timeout = '100ms'")
    assert "lock timeout" in fails(b, "55P03", "select pg_advisory_lock(7700)")
    b.execute("set lock_timeout = 0; set statement_timeout = '100ms'")
    assert "statement timeout" in fails(b, "57014", "select pg_advisory_lock(7700)")
    b.execute("set statement_timeout = 0")
    waits = later(one, b, "select pg_advisory_lock(7700)")
    time.sleep(0.3)
    b.cancel()
    with pytest.raises(psycopg.errors.QueryCanceled):
        waits.result(10)
    one(a, "select pg_advisory_unlock(7700)")
    assert one(b, "select pg_try_advisory_lock(7700)") is True


def test_a_circle_is_a_deadlock(pair):
    a, b = pair
    one(a, "select pg_advisory_lock(7801)")
    one(b, "select pg_advisory_lock(7802)")
    waits = later(one, a, "select pg_advisory_lock(7802)")
    time.sleep(0.3)
    other = later(one, b, "select pg_advisory_lock(7801)")
    done, _ = concurrent.futures.wait((waits, other), 10, concurrent.futures.FIRST_COMPLETED)
    told = waits if waits in done else other  # either of the two
    with pytest.raises(psycopg.errors.DeadlockDetected):
        told.result()
    one(a if told is waits else b, "select pg_advisory_unlock_all()")
    assert (other if told is waits else waits).result(10) == ""


def test_what_cannot_be_is_refused(server):
    with connect(server) as a:
        for sql in ("select 1 where pg_try_advisory_lock(1)", "select not pg_try_advisory_lock(1)", "select count(pg_try_advisory_lock(1))",
                    "select pg_try_advisory_lock(1) union select true", "select distinct pg_try_advisory_lock(1)",
                    "select pg_export_snapshot()", "select setval('a', 1), nextval('a')"):
            fails(a, "0A000", sql)
        fails(a, "42883", "select pg_advisory_lock()")
        fails(a, "42883", "select pg_advisory_lock(1, 2, 3)")
        assert one(a, "select 'pg_advisory_lock(1)' /* setval(2) */") == "pg_advisory_lock(1)"


# ---- other sessions ----

def test_canceling(pair):
    a, b = pair
    waits = later(b.execute, "select pg_sleep(20)")
    time.sleep(0.5)
    assert one(a, "select pg_cancel_backend(%s)", (b.info.backend_pid,)) is True
    with pytest.raises(psycopg.errors.QueryCanceled):
        waits.result(10)
    assert one(b, "select pg_backend_pid()") == b.info.backend_pid
    assert a.execute("select pg_cancel_backend(null), pg_cancel_backend(99999999)").fetchall() == [(None, False)]


def test_terminating(pair):
    a, b = pair
    assert one(a, "select pg_terminate_backend(pid) from (select %s::int as pid) s where pid > 0", (b.info.backend_pid,)) is True
    with pytest.raises(psycopg.OperationalError):
        b.execute("select 1")
    with pytest.raises(psycopg.Error) as e:
        a.execute("select pg_terminate_backend(pg_backend_pid())")
    assert e.value.sqlstate == "57P01"


def test_terminating_what_runs(either):
    with connect(either) as a, connect(either) as b:
        waits = later(b.execute, "select pg_sleep(20)")
        time.sleep(0.5)
        assert one(a, "select pg_terminate_backend(%s, 5000)", (b.info.backend_pid,)) is True
        with pytest.raises(psycopg.Error) as e:
            waits.result(10)
        assert e.value.sqlstate == "57P01"


def test_small_ones(pair):
    a, _ = pair
    for sql in ("pg_sleep_for('1 ms')", "pg_sleep_until(now())", "txid_current_if_assigned() is null or true", "pg_current_xact_id() is not null",
                "pg_backend_pid() > 0", "not pg_is_in_recovery()", "pg_postmaster_start_time() <= now()", "pg_notification_queue_usage() = 0",
                "pg_trigger_depth() = 0", "cardinality(pg_blocking_pids(1)) = 0"):
        assert one(a, f"select {sql}") in ((None, "") if "sleep" in sql else (True,)), sql
    for value in ("off", "local", "on"):
        a.execute(f"set synchronous_commit = {value}")
        assert one(a, "show synchronous_commit") == value


# ---- LISTEN, NOTIFY ----

def heard(conn, timeout=3, n=1):
    return [(m.channel, m.payload) for m in conn.notifies(timeout=timeout, stop_after=n)]


def test_notifications(pair):
    a, b = pair
    a.execute("listen news; listen \"Other\"")
    b.execute("notify news; notify news, 'one'; notify news, 'one'; select pg_notify('Other', 'x')")
    assert heard(a, n=3) == [("news", ""), ("news", "one"), ("Other", "x")]
    b.execute("begin; notify news, 'kept back'")
    assert heard(a, timeout=0.3) == []
    b.execute("commit")
    assert heard(a) == [("news", "kept back")]
    b.execute("begin; notify news, 'never'; rollback")
    a.execute("unlisten news")
    b.execute("notify news; notify \"Other\"")
    assert heard(a) == [("Other", "")]
    a.execute("unlisten *")
    b.execute("notify \"Other\"")
    assert heard(a, timeout=0.3) == []
    fails(b, "22023", "select pg_notify('', 'x')")
    fails(b, "22023", f"select pg_notify('a', repeat('x', 8000))")


def test_a_listener_in_a_transaction_hears_afterwards(pair):
    a, b = pair
    came = []
    a.add_notify_handler(lambda n: came.append((n.channel, n.payload)))
    a.execute("listen news")
    a.execute("begin; select 1")
    b.execute("notify news, 'meanwhile'")
    a.execute("select 2")
    assert came == []
    a.execute("commit")
    assert came == [("news", "meanwhile")]
    a.execute("begin; unlisten news; rollback")
    b.execute("notify news, 'still'")
    a.execute("select 3")
    assert came[1:] == [("news", "still")]


def test_ones_own(pair):
    a, _ = pair
    a.execute("listen mine")
    a.execute("notify mine, 'hi'")
    assert heard(a) == [("mine", "hi")]
