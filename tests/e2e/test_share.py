"""What one user may have of what all share (user_share)."""

import struct
import time

import pytest

from conftest import SANITIZED
from measure import wait_for
from test_auth import passwd, private
from wire import Error, P, Q, S, cancel

@pytest.fixture
def two_users(make_server, tmp_path):
    users = private(tmp_path / "users", passwd("mallory", "evil").stdout + passwd("bob", "builder").stdout)
    return lambda *options: make_server("--users-file", users, *options)


MALLORY, BOB = {"user": "mallory", "password": "evil"}, {"user": "bob", "password": "builder"}


def test_one_user_does_not_take_all_connections(two_users):
    s = two_users("--max-connections", "20")
    held = [s.wire(**MALLORY) for _ in range(18)]
    with pytest.raises(Error) as e:
        s.wire(**MALLORY)
    assert (e.value.fields["C"], e.value.fields["M"]) == ("53300", 'too many connections for role "mallory"')
    others = [s.wire(**BOB) for _ in range(2)]
    with pytest.raises(Error) as e:
        s.wire(**BOB)
    assert e.value.fields["M"] == "sorry, too many clients already"
    held.pop().close()
    wait_for(lambda: s.metric("tavana_sessions") == 19, 10)
    held.append(s.wire(**MALLORY))
    for w in others + held:
        w.close()


@pytest.mark.concurrent
def test_one_user_does_not_take_all_threads(two_users):
    s = two_users("--max-threads", "14", "--thread-reserve", "4")
    held = [s.wire(**MALLORY) for _ in range(12)]
    for w in held:
        w.send(Q("select repeat('x', 1000) from range(100000000)"))
    wait_for(lambda: s.metric("tavana_threads_queue") == 3, 10)  # nine of ten run
    with s.wire(**BOB) as bob:
        begun = time.monotonic()
        for _ in range(100):
            assert bob.ask(Q("select 1"))[1] == ("1",)
        assert time.monotonic() - begun < 5
        cancel(s.address, held[0].pid, held[0].key)
        held.pop(0).close()
        wait_for(lambda: s.metric("tavana_threads_queue") == 2, 10)
        for w in held:
            w.close()
        wait_for(lambda: s.metric("tavana_threads_queue") == 0 and s.metric("tavana_sessions") == 1, 20)
        assert bob.ask(Q("select 1"))[1] == ("1",)


@pytest.mark.concurrent
def test_one_user_does_not_take_all_memory_of_results(two_users):
    """15 MB: ten results, fewer with a writer's batches; one is always left for another user."""
    s = two_users("--stream-memory", "15MB", "--stream-wait", "1s")
    held = [s.wire(**MALLORY) for _ in range(10)]
    for w in held:
        w.send(Q("select i, repeat('x', 100) from range(100000000) t(i)"))
    wait_for(lambda: s.metric("tavana_streams_refused_total") > 0, 20)
    with s.wire(**BOB) as bob:
        assert bob.ask(Q("select 1 + 0"))[1] == ("1",)
    for w in held:
        w.close()


def test_a_user_may_have_all(two_users):
    s = two_users("--max-connections", "20", "--user-share", "100")
    held = [s.wire(**MALLORY) for _ in range(20)]
    with pytest.raises(Error) as e:
        s.wire(**MALLORY)
    assert e.value.fields["M"] == "sorry, too many clients already"
    for w in held:
        w.close()


def test_one_user_does_not_take_all_cursors(two_users):
    s = two_users("--server-max-cursors", "20")
    with s.wire(**MALLORY) as w, s.wire(**MALLORY) as other, s.wire(**BOB) as bob:
        w.ask(Q("begin"))
        for i in range(18):
            assert w.ask(Q(f"declare c{i} cursor for select 1"))[0] == 'cc"DECLARE CURSOR"'
        other.ask(Q("begin"))
        assert other.ask(Q("declare c cursor for select 1")) == ["err:53400", "Z:E"]
        assert other.last_error["M"] == 'too many cursors of role "mallory" (18)'
        bob.ask(Q("begin"))
        for i in range(2):
            assert bob.ask(Q(f"declare c{i} cursor for select 1"))[0] == 'cc"DECLARE CURSOR"'
        assert bob.ask(Q("declare c cursor for select 1")) == ["err:53400", "Z:E"]
        assert bob.last_error["M"] == "too many cursors in this server (20)"
        w.ask(Q("rollback"))
        other.ask(Q("rollback"), Q("begin"))
        assert other.ask(Q("declare c cursor for select 1"))[0] == 'cc"DECLARE CURSOR"'


def parts(w, name, size):
    """A statement of that size is kept, or not."""
    return w.ask(P(f"select '{'x' * size}'", name), S)


def test_one_user_does_not_take_all_memory_of_sessions(two_users):
    s = two_users("--client-memory", "20MB")
    held = [s.wire(**MALLORY) for _ in range(4)]
    kept = [parts(held[i % 4], str(i), 1 << 20)[0] for i in range(40)]
    assert kept[0] == "1" and kept[-1] == "err:53200" and set(kept) == {"1", "err:53200"}
    assert held[3].last_error["M"] == 'the sessions of role "mallory" would take more than 18432 kB (client_memory, user_share)'
    wait_for(lambda: held[3].ask(Q("select 1"))[1] == ("1",), 10)  # the others give the messages back that were refused
    with s.wire(**BOB) as bob:
        assert parts(bob, "b", 256 << 10)[0] == "1"
        assert bob.ask(Q("select 1"))[1] == ("1",)
        assert 14 << 20 < s.metric("tavana_client_memory_bytes") < 20 << 20
        for w in held[:3]:
            assert w.ask(Q("deallocate all"))[-1] == "Z:I"
        assert parts(held[3], "a", 1 << 20)[0] == "1"
    for w in held:
        w.close()


def test_all_sessions_together_are_bounded(make_server):
    """Messages under way, which one session alone could send."""
    s = make_server("--client-memory", "60MB")
    base, wires = s.rss(), [s.wire() for _ in range(20)]
    for w in wires:
        w.sock.sendall(b"Q" + struct.pack("!i", 12 << 20) + b"select '" + b"x" * (10 << 20))
    time.sleep(1)
    assert SANITIZED or s.rss() - base < 150 << 20  # 200 MB were sent
    refused = 0
    for w in wires:
        w.sock.sendall(b"x" * ((12 << 20) - 4 - 8 - (10 << 20) - 10) + b"' is null\0")
        notes = w.until_ready()
        refused += "err:53200" in notes
        assert notes[-1] == "Z:I" and ("err:53200" in notes or ("f",) in notes)
        assert w.ask(Q("select 1"))[1] == ("1",)
    assert refused >= 10  # six have room at most
    with s.wire() as w:
        assert w.ask(Q(f"select '{'x' * (10 << 20)}' is null"))[1] == ("f",)
    for w in wires:
        w.close()
