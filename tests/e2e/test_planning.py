"""The engine hears an interrupt late while it plans, and not in the middle of a value: a time limit, a cancel,
a client that goes, a shutdown."""

import signal
import time

import pytest

from conftest import HOST, SANITIZED, WORKERS, Server, Worker
from house import house
from measure import wait_for
from wire import P, Q, S, cancel

SLACK = 5 if SANITIZED else 1
SLOW = 900  # lists in lists: the engine plans that for half a minute and more
DISTANCE = 40000  # of two texts of that length: some seconds, in which the engine does not look up
pytestmark = pytest.mark.skipif(WORKERS > 0, reason="starts its own gateway and workers")


def nested(depth):
    return f"with a as (select 1 x), b as (select {'[' * depth}x{']' * depth} x from a) select x from b"


def distance():
    i = f"range({DISTANCE}, {DISTANCE + 1}) g(i)"
    return f"select levenshtein(repeat('x', i::int), repeat('y', i::int)) from {i}"


def plans(s, sql=nested(SLOW)):
    """A connection whose statement is being planned."""
    w = s.wire()
    w.send(Q(sql))
    time.sleep(0.3 * SLACK)
    return w


def ends_within(w, seconds):
    begun = time.monotonic()
    answer = w.until_ready()
    took = time.monotonic() - begun
    assert took < seconds * SLACK, took
    return answer


def told(answer, code):
    """Most likely the session has ended; but the engine does look up now and then, and may have done so in time."""
    assert answer[-2:] == [f"fatal:{code}", "closed"] or answer[-2] == f"err:{code}", answer
    return answer[-1] == "closed"


def test_cancel(make_server):
    s = make_server("--shutdown-timeout", "1s")
    w = plans(s)
    cancel(s.address, w.pid, w.key)
    if told(ends_within(w, 4.5), "57014"):
        wait_for(lambda: f"session_left_behind sessions=1 pid={w.pid} sqlstate=57014" in s.log(), 5 * SLACK)
        assert s.metric("tavana_threads_stuck") == 1
    assert w.last_error["M"] == "canceling statement due to user request"


def test_shutdown(make_server):
    s = make_server("--shutdown-timeout", "1s")
    w = plans(s)
    s.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert told(ends_within(w, 2.5), "57P01")
    assert s.process.wait(10 * SLACK) == 0
    assert time.monotonic() - begun < 2.5 * SLACK
    if "session_left_behind" in s.log():  # or the engine has looked up in time
        assert f"session_left_behind sessions=1 pid={w.pid} sqlstate=57P01" in s.log()


def test_thread_comes_back(make_server):
    s = make_server()
    s.wire().ask(Q("create table t (i int)"))
    w = plans(s, f"insert into t {distance()}")
    cancel(s.address, w.pid, w.key)
    if told(ends_within(w, 4.5), "57014"):
        wait_for(lambda: "session_left_behind" in s.log(), 5 * SLACK)  # it is told first
    wait_for(lambda: s.metric("tavana_threads_stuck") == 0, 30 * SLACK)
    assert s.wire().ask(Q("select count(*) from t"))[1] == ("0",)  # what was told is so
    s.process.send_signal(signal.SIGTERM)
    assert s.process.wait(5 * SLACK) == 0
    assert "left_behind=" not in s.log()


def test_gateway():
    with house(1, "--worker-client-timeout", "30s", "--shutdown-timeout", "1s") as s:
        w = s.wire()
        w.ask(Q("set statement_timeout = '500ms'"))
        w.send(Q(nested(SLOW)))
        assert ends_within(w, 2.5) == ["err:57014", "Z:I"]
        assert w.last_error["M"] == "canceling statement due to statement timeout"
        assert w.ask(Q("select 1"))[1] == ("1",)
        plans(s)
        s.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert s.process.wait(10 * SLACK) == 0
        assert time.monotonic() - begun < 3 * SLACK


def test_worker_ends():
    with Worker("--shutdown-timeout", "500ms") as worker:
        worker.wait_ready()
        with Server("--workers", f"{HOST}:{worker.port}", workers=0, role="gateway") as s:
            plans(s)
            worker.process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            assert worker.process.wait(10 * SLACK) == 0
            assert time.monotonic() - begun < 2 * SLACK


@pytest.fixture(scope="module")
def threads():
    with Server("--shutdown-timeout", "1s") as s:
        yield s
        s.process.send_signal(signal.SIGTERM)
        assert s.process.wait(5 * SLACK) == 0


FORMS = {
    "select": ([], [Q(nested(SLOW))]),
    "parse": ([], [P(nested(SLOW)), S]),
    "declare": ([Q("begin")], [Q("declare c cursor for " + nested(SLOW))]),
    "create": ([], [Q("create table deep as " + nested(SLOW))]),
    "copy": ([], [Q(f"copy ({nested(SLOW)}) to stdout")]),
    "several": ([], [Q("select 7; " + nested(SLOW))]),
}


@pytest.mark.parametrize("form", FORMS)
def test_time_limit(form, threads):
    w = threads.wire()
    before, messages = FORMS[form]
    for message in [Q("set statement_timeout = '500ms'"), *before]:
        w.ask(message)
    w.send(*messages)
    answer = ends_within(w, 5)
    told(answer, "57014")
    assert ("7",) in answer or form != "several"
    assert w.last_error["M"] == "canceling statement due to statement timeout"
    assert threads.wire().ask(Q("select 1"))[1] == ("1",)


def test_disconnect(make_server):
    s = make_server("--client-check-interval", "500ms", "--shutdown-timeout", "1s")
    w = plans(s)
    assert s.metric("tavana_sessions") == 1
    w.close()
    wait_for(lambda: s.metric("tavana_sessions") == 0, 3 * SLACK)
