"""Who may come in, and how nobody finds out who else may."""

import os
import re
import socket
import ssl
import statistics
import struct
import subprocess
import time

import psycopg
import pytest

from conftest import BINARY, HOST, SANITIZED, openssl
from wire import Error, Q, Wire, cancel, message


def passwd(name, password, *options):
    return subprocess.run([BINARY, "passwd", name, *map(str, options)], input=password + "\n", text=True, capture_output=True, timeout=60)


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def users(tmp_path):
    return private(tmp_path / "users", "# the users\n" + passwd("alice", "wonder").stdout + passwd("bob", "builder").stdout)


@pytest.fixture
def guarded(make_server, users):
    return make_server("--users-file", users)


def refused(server, user, password):
    begun = time.perf_counter()
    with pytest.raises(Error) as e:
        server.wire(user=user, password=password)
    return e.value.fields, time.perf_counter() - begun


def test_right_and_wrong_passwords(guarded):
    with guarded.wire(user="alice", password="wonder") as w:
        assert w.ask(Q("select current_user"))[1] == ("alice",)
    known, _ = refused(guarded, "alice", "wrong")
    unknown, _ = refused(guarded, "mallory", "wrong")
    assert known["C"] == unknown["C"] == "28P01" and known["S"] == "FATAL"
    assert known["M"].replace("alice", "X") == unknown["M"].replace("mallory", "X") == 'password authentication failed for user "X"'
    with psycopg.connect(guarded.dsn(user="bob", password="builder")) as c:
        assert c.execute("select 1").fetchone() == (1,)


def test_time_does_not_tell_who_exists(guarded):
    tries = [(refused(guarded, "alice", "wrong")[1], refused(guarded, "mallory", "wrong")[1]) for _ in range(30)]  # by turns: others use the machine too
    known, unknown = (statistics.median(t) for t in zip(*tries))
    assert 0.5 < known / unknown < 2


def test_first_answer_does_not_tell_either(guarded):
    def first(user):
        w = guarded.wire(start=False)
        w.send(w.start_packet(user))
        assert w.next() == ("R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
        w.send(message("p", b"SCRAM-SHA-256\0" + struct.pack("!i", 16) + b"n,,n=,r=abcdefgh"))
        text = w.next()[1][4:].decode()
        return re.search(r"s=([^,]+),i=(\d+)", text).groups()
    (salt_a, rounds_a), (salt_m, rounds_m) = first("alice"), first("mallory")
    assert len(salt_a) == len(salt_m) and rounds_a == rounds_m
    assert first("mallory")[0] == salt_m and first("alice")[0] == salt_a and first("eve")[0] != salt_m


def test_verifier_of_postgresql(make_server, postgres, tmp_path):
    with postgres.wire(database="postgres") as w:
        w.ask(Q("create role carol password 'looking glass'"))
        verifier = w.ask(Q("select rolpassword from pg_authid where rolname = 'carol'"))[1][0]
        w.ask(Q("drop role carol"))
    s = make_server("--users-file", private(tmp_path / "u", f"carol {verifier}\n"))
    with s.wire(user="carol", password="looking glass") as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def test_passwd(tmp_path):
    line = passwd("x y", "p").stdout
    assert re.fullmatch(r'"x y" SCRAM-SHA-256\$4096:[^$]+\$[^:]+:\S+\n', line)
    assert "SCRAM-SHA-256$10000:" in passwd("x", "p", "--iterations", 10000).stdout
    file = private(tmp_path / "u", "# kept\n")
    assert passwd("a", "1", "-f", file).returncode == 0 and passwd("a", "2", "-f", file).returncode == 0
    assert file.read_text().startswith("# kept\n") and file.read_text().count("a SCRAM") == 1
    for bad in (["--nope"], ["a", "b"], []):
        done = subprocess.run([BINARY, "passwd", *bad], input="p\n", text=True, capture_output=True, timeout=30)
        assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_half_a_login_is_cut_off(make_server, users):
    s = make_server("--users-file", users, "--authentication-timeout", "1s")
    w = s.wire(start=False)
    w.send(w.start_packet("alice"))
    assert w.next()[0] == "R"
    assert w.sock.recv(10) == b""


@pytest.mark.parametrize("said", [b"", b"\0\0", struct.pack("!ii", 60, 196608) + b"user\0ali", struct.pack("!ii", 8, 80877103)],
                         ids=["nothing", "half a length", "half a packet", "SSLRequest"])
def test_silence_is_cut_off(said, make_server):
    s = make_server("--authentication-timeout", "1s")
    with s.wire(start=False) as w:
        begun = time.monotonic()
        if said:
            w.send(said)
        while w.sock.recv(1000):
            pass
        assert 0.8 < time.monotonic() - begun < 10


def test_full_house(make_server, users):
    s = make_server("--users-file", users, "--max-connections", "2")
    with s.wire(user="alice", password="wonder"), s.wire(user="bob", password="builder"):
        for password in ("wonder", "wrong"):  # before any question of who it is
            fields, _ = refused(s, "alice", password)
            assert (fields["C"], fields["S"], fields["M"]) == ("53300", "FATAL", "sorry, too many clients already")
        assert s.metric("tavana_sessions_refused_total") == 2
    end = time.monotonic() + 10
    while s.metric("tavana_sessions"):
        assert time.monotonic() < end
    with s.wire(user="alice", password="wonder") as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def sasl(w, mechanism, first):
    """The answers to a start-up packet and to the first SASL message."""
    w.send(w.start_packet("alice"))
    offer = w.next()
    w.send(message("p", mechanism + b"\0" + struct.pack("!i", len(first)) + first))
    return offer, w.next()


@pytest.mark.parametrize("mechanism, first, code", [
    (b"SCRAM-SHA-1", b"n,,n=,r=abc", "08P01"), (b"SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=abc", "08P01"), (b"SCRAM-SHA-256", b"", "08P01"),
    (b"SCRAM-SHA-256", b"n,,m=x,n=,r=abc", "0A000"), (b"SCRAM-SHA-256", b"x,,n=,r=abc", "08P01"),
    (b"SCRAM-SHA-256", b"n,,n=,r=a\xff", "08P01"), (b"SCRAM-SHA-256", b"n,a=other,n=,r=abc", "0A000")])
def test_bad_first_messages(mechanism, first, code, guarded):
    with guarded.wire(start=False) as w:
        assert sasl(w, mechanism, first)[1][0] == "E"
        assert w.last_error["C"] == code and w.last_error["S"] == "FATAL", w.last_error
        assert w.sock.recv(1) == b""


def test_message_before_the_password(guarded):
    with guarded.wire(start=False) as w:
        w.send(w.start_packet("alice") + Q("select 1"))
        assert w.next()[0] == "R" and w.next()[0] == "E" and w.last_error["C"] == "08P01"


@pytest.mark.parametrize("options", [["--listen", "0.0.0.0:0"], ["--trust", "off"]], ids=["public", "no trust"])
def test_no_users_no_service(options):
    done = subprocess.run([BINARY, "serve", "--http", "off", "--port", "0", *options], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "users_file" in done.stderr and done.stderr.count("\n") == 1


def test_beyond_loopback_with_users(make_server, users):
    s = make_server("--listen", "0.0.0.0:0", "--users-file", users, wait=True)
    port = int(re.search(r" port=(\d+)", s.log())[1])
    with Wire((HOST, port), user="alice", password="wonder") as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.parametrize("text", ["alice\n", "alice md5abc\n", "alice SCRAM-SHA-256$0:AAAA$AAAA:AAAA\n", '"alice cert\n', "alice plain text\n", "x cert\n" * 3 + "\0"])
def test_wrong_user_file(text, tmp_path):
    file = private(tmp_path / "u", text)
    done = subprocess.run([BINARY, "serve", "--http", "off", "--port", "0", "--users-file", file], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and str(file) in done.stderr, done.stderr
    assert "md5abc" not in done.stderr and "AAAA" not in done.stderr and "plain" not in done.stderr


def test_readable_user_file_is_refused(tmp_path):
    file = private(tmp_path / "u", passwd("a", "b").stdout)
    file.chmod(0o644)
    done = subprocess.run([BINARY, "serve", "--http", "off", "--port", "0", "--users-file", file], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and str(file) in done.stderr and "SCRAM" not in done.stderr


def test_users_are_reloaded(make_server, users):
    s = make_server("--users-file", users)
    private(users, passwd("dave", "new").stdout)
    s.process.send_signal(1)
    end = time.monotonic() + 10
    while "reloaded" not in s.log():
        assert time.monotonic() < end
        time.sleep(0.02)
    with s.wire(user="dave", password="new"):
        pass
    assert refused(s, "alice", "wonder")[0]["C"] == "28P01"


def test_wrong_user_file_changes_nothing(make_server, users):
    s = make_server("--users-file", users)
    private(users, "nonsense\n")
    s.process.send_signal(1)
    end = time.monotonic() + 10
    while "reload_failed" not in s.log():
        assert time.monotonic() < end, s.log()
        time.sleep(0.02)
    with s.wire(user="alice", password="wonder"):
        pass


def test_unix_socket(make_server, tmp_path):
    import getpass
    me = getpass.getuser()
    s = make_server("--unix-socket-directory", tmp_path, "--port", "5544", "--users-file", private(tmp_path / "u", f"{me} peer\nother peer\n"))
    path = str(tmp_path / ".s.PGSQL.5544")
    with Wire(path, user=me) as w:
        assert w.ask(Q("select current_user"))[1] == (me,)
    with pytest.raises(Error):
        Wire(path, user="other", password="x")
    assert s.stop() == 0 and not os.path.exists(path)


# --- TLS


@pytest.fixture
def tls_server(make_server, users, pki):
    private(users, users.read_text() + "erin cert\n")
    return make_server("--users-file", users, "--tls", "on", "--tls-cert-file", pki / "server.crt", "--tls-key-file", pki / "server.key",
                       "--tls-ca-file", pki / "ca.crt")


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_tls(mode, tls_server, pki):
    with psycopg.connect(tls_server.dsn(user="alice", password="wonder", sslmode=mode, sslrootcert=pki / "ca.crt", channel_binding="require")) as c:
        assert c.execute("select 1").fetchone() == (1,)


def test_client_certificate(tls_server, pki):
    with psycopg.connect(tls_server.dsn(user="erin", sslmode="verify-full", sslrootcert=pki / "ca.crt", sslcert=pki / "client.crt", sslkey=pki / "client.key")) as c:
        assert c.execute("select current_user").fetchone() == ("erin",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(tls_server.dsn(user="erin", password="x", sslmode="require"))


def test_plain_is_still_offered_or_not(make_server, users, pki, tls_server):
    with tls_server.wire(user="alice", password="wonder"):
        pass
    s = make_server("--users-file", users, "--tls", "required", "--tls-cert-file", pki / "server.crt", "--tls-key-file", pki / "server.key")
    assert refused(s, "alice", "wonder")[0]["C"] == "28000"


def test_clear_text_when_tls_is_demanded(make_server, users, pki, tmp_path):
    s = make_server("--users-file", users, "--tls", "required", "--tls-cert-file", pki / "server.crt", "--tls-key-file", pki / "server.key",
                    "--unix-socket-directory", tmp_path, "--port", "5545")
    with pytest.raises(psycopg.OperationalError, match="TLS|SSL"):
        psycopg.connect(s.dsn(user="alice", password="wonder", sslmode="disable"))
    with Wire(str(tmp_path / ".s.PGSQL.5545"), user="alice", password="wonder") as w:  # does not need it
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def test_certificate_of_another(tls_server, pki, tmp_path):
    """A certificate speaks for its own name, and only when our CA made it."""
    cert = {"sslmode": "require", "sslcert": pki / "client.crt", "sslkey": pki / "client.key"}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(tls_server.dsn(user="alice", password="wrong", **cert))
    with psycopg.connect(tls_server.dsn(user="alice", password="wonder", **cert)) as c:
        assert c.execute("select current_user").fetchone() == ("alice",)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own.crt", "-days", "2", "-subj", "/CN=erin", cwd=tmp_path)
    (tmp_path / "own.key").chmod(0o600)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(tls_server.dsn(user="erin", sslmode="require", sslcert=tmp_path / "own.crt", sslkey=tmp_path / "own.key"))


def test_no_tls_no_handshake(server):
    w = server.wire(start=False)
    w.send(struct.pack("!ii", 8, 80877103))
    assert w.sock.recv(1) == b"N"
    w.start("anybody", "db", None, 196608)
    assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    with pytest.raises(psycopg.OperationalError, match="SSL"):
        psycopg.connect(server.dsn(sslmode="require"))


def tls_wire(server, pki, **kw):
    w = server.wire(start=False)
    w.send(struct.pack("!ii", 8, 80877103))
    assert w.sock.recv(1) == b"S"
    w.sock = context(pki, **kw).wrap_socket(w.sock, server_hostname="localhost")
    return w


@pytest.mark.parametrize("mechanism, first, code", [
    (b"SCRAM-SHA-256", b"y,,n=,r=abc", "28000"),  # "I could bind, you could not": somebody took the offer away
    (b"SCRAM-SHA-256-PLUS", b"n,,n=,r=abc", "08P01"), (b"SCRAM-SHA-256", b"p=tls-server-end-point,,n=,r=abc", "08P01"),
    (b"SCRAM-SHA-256-PLUS", b"p=tls-unique,,n=,r=abc", "08P01")])
def test_channel_binding_downgrade(mechanism, first, code, tls_server, pki):
    with tls_wire(tls_server, pki) as w:
        offer, answer = sasl(w, mechanism, first)
        assert offer == ("R", struct.pack("!i", 10) + b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
        assert answer[0] == "E" and w.last_error["C"] == code, w.last_error


def test_wrong_channel_binding(tls_server, pki):
    """The right password with the binding of another certificate: someone is in the middle."""
    import base64
    import hashlib
    import hmac
    with tls_wire(tls_server, pki) as w:
        bare = "n=,r=abcdefghijkl"
        _, (_, payload) = sasl(w, b"SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,," + bare.encode())
        first = payload[4:].decode()
        got = dict(p.split("=", 1) for p in first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", b"wonder", base64.b64decode(got["s"]), int(got["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = "c=" + base64.b64encode(b"p=tls-server-end-point,," + bytes(32)).decode() + f",r={got['r']}"
        signature = hmac.digest(hashlib.sha256(key).digest(), f"{bare},{first},{final}".encode(), "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        w.send(message("p", f"{final},p={proof}".encode()))
        assert w.next()[0] == "E" and w.last_error["C"][:2] in ("28", "08"), w.last_error


def test_second_ssl_request(tls_server, pki):
    with tls_wire(tls_server, pki) as w:
        w.send(struct.pack("!ii", 8, 80877103))
        assert w.next()[0] == "E" and w.last_error["C"] in ("08P01", "0A000")


def test_cancel_over_tls(tls_server, pki):
    with tls_server.wire(user="alice", password="wonder") as w:
        w.send(Q("select count(*) from range(100000000000) t(i) where i % 7 = 3"))
        time.sleep(0.3)
        with tls_wire(tls_server, pki) as other:
            other.send(struct.pack("!iiI", 12 + len(w.key), 80877102, w.pid) + w.key)
            try:
                assert other.sock.recv(1) == b""
            except ssl.SSLError:
                pass
        assert w.until_ready()[-2:] == ["err:57014", "Z:I"]


def test_psycopg_cancels_over_tls(tls_server):
    import threading
    with psycopg.connect(tls_server.dsn(user="alice", password="wonder", sslmode="require")) as c:
        threading.Timer(0.3, c.cancel_safe).start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            c.execute("select count(*) from range(100000000000) t(i) where i % 7 = 3")


def test_direct_tls_of_libpq(tls_server, pki):
    if psycopg.pq.version() < 170000:
        pytest.skip("libpq before 17 has no sslnegotiation")
    with psycopg.connect(tls_server.dsn(user="alice", password="wonder", sslmode="verify-full", sslrootcert=pki / "ca.crt", sslnegotiation="direct")) as c:
        assert c.execute("select 1").fetchone() == (1,)


def test_newest_tls_alone(make_server, users, pki):
    s = make_server("--users-file", users, "--tls", "on", "--tls-cert-file", pki / "server.crt", "--tls-key-file", pki / "server.key", "--tls-min-version", "TLSv1.3")
    with psycopg.connect(s.dsn(user="alice", password="wonder", sslmode="require", ssl_min_protocol_version="TLSv1.3")):
        pass
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(s.dsn(user="alice", password="wonder", sslmode="require", ssl_max_protocol_version="TLSv1.2"))


def context(pki, alpn=None):
    c = ssl.create_default_context(cafile=pki / "ca.crt")
    if alpn:
        c.set_alpn_protocols(alpn)
    return c


def test_direct_tls(tls_server, pki):
    w = tls_server.wire(start=False)
    w.sock = context(pki, ["postgresql"]).wrap_socket(w.sock, server_hostname="localhost")
    w.start("alice", "db", "wonder", 196608)
    assert w.sock.selected_alpn_protocol() == "postgresql" and w.ask(Q("select 1 + 0"))[1] == ("1",)
    w = tls_server.wire(start=False)
    with pytest.raises((Error, ssl.SSLError, ConnectionError, Exception)):
        w.sock = context(pki).wrap_socket(w.sock, server_hostname="localhost")
        w.start("alice", "db", "wonder", 196608)


def test_old_tls_is_refused(tls_server, pki):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):
        c.maximum_version = ssl.TLSVersion.TLSv1_1
    w = tls_server.wire(start=False)
    w.send(struct.pack("!ii", 8, 80877103))
    assert w.sock.recv(1) == b"S"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        c.wrap_socket(w.sock)


def test_bytes_before_the_handshake_are_refused(tls_server):
    w = tls_server.wire(start=False)
    w.send(struct.pack("!ii", 8, 80877103) + w.start_packet("alice"))
    data = b""
    while True:
        part = w.sock.recv(1000)
        data += part
        if not part:
            break
    assert data[:1] == b"S" and b"28P01" not in data and b"R\0\0\0" not in data[1:5]


def test_garbage_instead_of_a_handshake(tls_server):
    w = tls_server.wire(start=False)
    w.send(struct.pack("!ii", 8, 80877103))
    assert w.sock.recv(1) == b"S"
    w.send(b"this is no ClientHello at all, but it is long enough")
    w.sock.settimeout(10)
    while w.sock.recv(1000):
        pass
    with tls_server.wire(user="alice", password="wonder"):
        pass


def test_large_result_over_tls(tls_server, pki):
    n = 50_000 if SANITIZED else 1_000_000
    with psycopg.connect(tls_server.dsn(user="alice", password="wonder", sslmode="require")) as c:
        assert sum(r[0] for r in c.cursor(binary=True).stream(f"select i from range({n}) t(i)")) == n * (n - 1) // 2


def test_certificate_is_reloaded(make_server, pki, tmp_path):
    for name in ("server.crt", "server.key"):
        (tmp_path / name).write_bytes((pki / name).read_bytes())
    (tmp_path / "server.key").chmod(0o600)
    s = make_server("--tls", "on", "--tls-cert-file", tmp_path / "server.crt", "--tls-key-file", tmp_path / "server.key")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.crt", "-days", "2", "-subj", "/CN=other", cwd=tmp_path)
    (tmp_path / "server.key").chmod(0o600)
    s.process.send_signal(1)
    end = time.monotonic() + 10
    while "reloaded" not in s.log():
        assert time.monotonic() < end
        time.sleep(0.02)
    with socket.create_connection(s.address) as raw:
        raw.sendall(struct.pack("!ii", 8, 80877103))
        assert raw.recv(1) == b"S"
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        der = c.wrap_socket(raw).getpeercert(binary_form=True)
    assert ssl.DER_cert_to_PEM_cert(der).split() == (tmp_path / "server.crt").read_text().split()


@pytest.mark.parametrize("change", ["mode", "missing", "garbage"])
def test_wrong_key_file(change, pki, tmp_path):
    key = tmp_path / "k"
    if change != "missing":
        key.write_bytes(b"garbage" if change == "garbage" else (pki / "server.key").read_bytes())
        key.chmod(0o644 if change == "mode" else 0o600)
    done = subprocess.run([BINARY, "serve", "--http", "off", "--port", "0", "--tls", "on", "--tls-cert-file", pki / "server.crt", "--tls-key-file", key],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode in (1, 2) and str(key) in done.stderr.splitlines()[-1] and "PRIVATE" not in done.stderr


def test_cancel_needs_no_password(guarded):
    with guarded.wire(user="alice", password="wonder") as w:
        w.send(Q("select count(*) from range(100000000000) t(i) where i % 7 = 3"))
        time.sleep(0.3)
        cancel(guarded.address, w.pid, w.key)
        assert w.until_ready()[-2:] == ["err:57014", "Z:I"]
