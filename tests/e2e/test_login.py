"""Before the log-in: what strangers may cost, and what they are told."""

import contextlib
import re
import socket
import struct
import subprocess
import time

import pytest

from conftest import BINARY, HOST
from test_auth import private, passwd
from wire import B, Closed, E, Error, H, P, Q, S, Wire, cancel, message

PASSWORD = {"user": "alice", "password": "wonder"}


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    return private(tmp_path_factory.mktemp("users") / "users", passwd("alice", "wonder").stdout + passwd("bob", "builder").stdout)


@pytest.fixture(scope="module")
def guarded(make_module_server, users):
    return make_module_server("--users-file", users)


@pytest.fixture(scope="module")
def make_module_server():
    from conftest import Server
    with contextlib.ExitStack() as stack:
        yield lambda *options: stack.enter_context(Server(*options))


def connect(server, source=HOST):
    """A socket from one of the addresses of loopback, each of which is a peer of its own."""
    s = socket.create_connection(server.address, 20, source_address=(source, 0))
    s.settimeout(20)
    return s


def is_open(s):
    s.setblocking(False)
    try:
        return s.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    finally:
        s.settimeout(20)


def start(server, source=HOST, **params):
    """A start-up packet and the first message of the answer."""
    w = Wire.__new__(Wire)
    w.sock, w.buffer, w.last_error, w.parameters = connect(server, source), b"", {}, {}
    w.send(w.start_packet("nobody", **params))
    return w, w.next()


# --- parameters


BAD = [({"timezone": "Nowhere/Land"}, "22023"), ({"options": "-c timezone=Nowhere/Land"}, "22023"), ({"client_encoding": "LATIN19"}, "22023"),
       ({"options": "-x"}, "42601"), ({"options": "-c no_such_setting=1"}, "42704"), ({"extra_float_digits": "99"}, "22023"),
       ({"replication": "database"}, "0A000")]


@pytest.mark.parametrize("params, code", BAD, ids=str)
def test_parameters_are_looked_at_after_the_password(params, code, guarded):
    w, (kind, payload) = start(guarded, **params)
    assert kind == "R" and payload.startswith(struct.pack("!i", 10)), payload  # a password is asked for, whatever they say
    w.sock.close()
    with pytest.raises(Error) as e:
        guarded.wire(**PASSWORD, **params)
    assert (e.value.fields["S"], e.value.fields["C"]) == ("FATAL", code)


def test_strangers_do_not_fill_the_cache_of_zones(guarded):
    for i in range(1100):
        w, first = start(guarded, timezone=f"+{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}")
        assert first[0] == "R"
        w.sock.close()
    for zone, shown in (("+05", "<+05>-05"), ("Asia/Kathmandu",) * 2, ("<+03>-3",) * 2, ("America/St_Johns",) * 2, ("gmt-13:00", "GMT-13:00")):
        with guarded.wire(**PASSWORD, timezone=zone) as w:
            assert w.ask(Q("show timezone"))[1] == (shown,)


def test_a_zone_outlives_its_place_in_the_cache(server):
    """A portal goes on in the zone that it began with when others have pushed that one out."""
    with server.wire(timezone="America/New_York") as w, server.wire() as other:
        w.send(P("select timestamptz '2024-01-01 00:00:00+00' from range(20000)"), B(), E(1), H)
        assert w.notes(4)[-1] == "susp"
        for i in range(600):
            assert other.ask(Q(f"set timezone = '+{i // 60:02}:{i % 60:02}'"))[0] == 'cc"SET"'
        rows = [m for m in w.ask(E(), S) if isinstance(m, tuple)]
        assert len(rows) == 19999 and set(rows) == {("2023-12-31 19:00:00-05",)}


# --- the bound


@pytest.fixture
def small(make_server, users):
    return make_server("--users-file", users, "--max-connections", "5", "--login-connections-max", "40")


def test_strangers_do_not_take_the_sessions(small):
    held = [start(small)[0] for _ in range(30)]
    with contextlib.ExitStack() as stack:
        ws = [stack.enter_context(small.wire(**PASSWORD)) for _ in range(5)]
        assert all(w.ask(Q("select 1 + 0"))[1] == ("1",) for w in ws)
        assert small.metric("tavana_sessions") == 5 and small.metric("tavana_logins") == 30
        with pytest.raises(Error, match="53300"):
            small.wire(**PASSWORD)
    for w in held:
        w.sock.close()


def test_at_the_bound_the_busiest_peer_pays(small):
    slow, _ = start(small)  # an honest one that takes its time
    silent = connect(small)
    crowd = [connect(small, "127.0.0.2") for _ in range(38)]  # the bound is reached
    time.sleep(0.3)
    more = [connect(small, "127.0.0.3") for _ in range(10)]
    time.sleep(0.3)
    assert [is_open(s) for s in crowd] == [False] * 10 + [True] * 28  # the oldest of the largest share
    assert is_open(slow.sock) and is_open(silent) and all(map(is_open, more))
    assert small.metric("tavana_logins") == 40 and small.metric("tavana_logins_dropped_total") == 10
    assert small.log().count("login_dropped") == 1
    flood = [connect(small, "127.0.0.2") for _ in range(300)]
    with small.wire(**PASSWORD) as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    assert is_open(slow.sock) and is_open(silent) and all(map(is_open, more))
    for s in (slow.sock, silent, *crowd, *more, *flood):
        s.close()


def test_a_log_in_beside_a_flood_from_the_same_address(small):
    flood = []
    for _ in range(6):
        flood += [connect(small) for _ in range(50)]
        with small.wire(**PASSWORD) as w:
            assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    for s in flood:
        s.close()


def test_who_is_dropped_within_a_log_in_is_told(small):
    early = [start(small, "127.0.0.2")[0] for _ in range(40)]
    time.sleep(0.2)
    late = connect(small)
    kind, payload = early[0].next()
    assert kind == "E" and b"C53300\0" in payload and b"SFATAL\0" in payload
    with pytest.raises(Closed):
        early[0].next()
    for w in early:
        w.sock.close()
    late.close()


def test_a_cancel_gets_through(small):
    with small.wire(**PASSWORD) as w:
        flood = [connect(small, "127.0.0.2") for _ in range(60)]
        w.send(Q("select count(*) from range(100000000000)"))
        time.sleep(0.2)
        assert cancel(small.address, w.pid, w.key) == b""
        assert w.until_ready()[-2:] == ["err:57014", "Z:I"]
        for s in flood:
            s.close()


def test_places_come_back(small):
    for _ in range(3):
        crowd = [connect(small) for _ in range(40)]
        for s in crowd:
            s.close()
    end = time.monotonic() + 10
    while small.metric("tavana_logins"):
        assert time.monotonic() < end
        time.sleep(0.02)


# --- what is no start-up packet


def packet(body):
    return struct.pack("!i", len(body) + 4) + body


SSL, GSS, CANCEL = (packet(struct.pack("!i", 1234 << 16 | n)) for n in (5679, 5680, 5678))
SESSION = struct.pack("!i", 196608) + b"user\0tester\0database\0postgres\0"
STRANGE = {
    "length 3": struct.pack("!i", 3), "length 0": bytes(4), "length 4": struct.pack("!i", 4), "length 7": struct.pack("!i", 7) + b"abc",
    "negative": struct.pack("!i", -1) + b"xxxx", "2 GB": struct.pack("!ii", 2**31 - 1, 196608), "10,005": struct.pack("!ii", 10005, 196608),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "early Terminate": b"X\0\0\0\4", "zeros": bytes(64), "cancel without key": CANCEL, "half a length": b"\0\0", "half a packet": packet(SESSION + b"\0")[:-5],
    "major 4": packet(struct.pack("!i", 4 << 16) + b"\0"), "no user": packet(struct.pack("!i", 196608) + b"\0"),
    "no terminator": packet(SESSION), "SSL and more": SSL + SSL,
}


def answer(address, data):
    """What comes back, errors as their severity and code."""
    with socket.create_connection(address, 20) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        got = b""
        with contextlib.suppress(ConnectionError):
            while part := s.recv(65536):
                got += part
    at = got.find(b"E")
    return got if at < 0 else (got[:at], b"SFATAL\0" in got, re.search(rb"C([0-9A-Z]{5})\0", got)[1].decode())


@pytest.mark.parametrize("name", STRANGE)
def test_strange_beginnings_are_answered_as_by_postgresql(name, server, postgres):
    assert answer(server.address, STRANGE[name]) == answer(postgres.address, STRANGE[name])


@pytest.mark.parametrize("request_", [SSL, GSS], ids=["SSL", "GSS"])
def test_asked_for_encryption_twice(request_, server):
    with server.wire(start=False) as w:
        w.send(request_)
        assert w.sock.recv(10) == b"N"
        w.send(request_)
        assert w.next()[0] == "E" and w.last_error["C"] == "0A000" and w.last_error["S"] == "FATAL"
        with pytest.raises(Closed):
            w.next()


def test_garbage_does_not_fill_the_log(make_server):
    s = make_server()
    for i in range(300):
        assert answer(s.address, STRANGE["HTTP" if i % 2 else "length 3"]) == b""
    assert s.log().count("\n") < 20 and s.log().count("no_startup_packet") == 1 and s.metric("tavana_garbage_total") == 300


# --- salts


def salt(server, user):
    with server.wire(start=False) as w:
        w.send(w.start_packet(user))
        w.next()
        w.send(message("p", b"SCRAM-SHA-256\0" + struct.pack("!i", 16) + b"n,,n=,r=abcdefgh"))
        return re.search(r"s=([^,]+),i=(\d+)", w.next()[1][4:].decode()).groups()


def test_processes_with_one_user_file_agree(make_server, users):
    one, two = make_server("--users-file", users), make_server("--users-file", users)
    for name in ("alice", "nobody", "somebody", "é"):
        assert salt(one, name) == salt(two, name)


def test_a_secret_makes_fleets_agree(make_server, users, tmp_path):
    """Whatever is in their user files, and whatever changes there."""
    mine = private(tmp_path / "users", users.read_text())
    secret = private(tmp_path / "secret", "0123456789abcdef\n")
    one, two = (make_server("--users-file", f, "--scram-secret-file", secret) for f in (mine, users))
    before = salt(one, "nobody")
    private(mine, passwd("dave", "new").stdout)
    one.process.send_signal(1)
    end = time.monotonic() + 10
    while "reloaded" not in one.log():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert salt(one, "nobody") == salt(two, "nobody") == before and salt(one, "alice") != salt(two, "alice")


@pytest.mark.parametrize("text, mode", [("too short\n", 0o600), ("0123456789abcdef\n", 0o644), (None, 0)], ids=["short", "readable", "absent"])
def test_wrong_secret_files(text, mode, users, tmp_path):
    file = tmp_path / "secret"
    if text:
        private(file, text).chmod(mode)
    done = subprocess.run([BINARY, "serve", "--http", "off", "--port", "0", "--users-file", users, "--scram-secret-file", file], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and str(file) in done.stderr and done.stderr.count("\n") == 1 and "0123" not in done.stderr
