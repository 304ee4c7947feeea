"""What one user may have of what all share (user_share)."""

import time

import pytest

from measure import wait_for
from test_auth import passwd, private
from wire import Error, Q, cancel

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
