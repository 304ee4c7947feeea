"""Sessions that say anything at all: valid messages in any order, with broken fields and lengths, cancelled, cut off, in several
sessions at once, over TLS and in clear. The server lives, somebody else is served all the while, whatever a session is sent is
well-formed and in an order that the protocol has, and nothing is left behind.

TAVANA_FULL=1 takes ten minutes of it, TAVANA_FUZZ_SECONDS any other time; TAVANA_FUZZ_SEED another seed."""

import contextlib
import os
import random
import re
import select
import socket
import ssl
import struct
import threading
import time
import traceback

import pytest

from conftest import FULL, HOST
from test_auth import passwd, private
from wire import B, C, D, E, H, P, Q, S, X, Closed, Wire, cstr, message

SECONDS = float(os.environ.get("TAVANA_FUZZ_SECONDS", 600 if FULL else 6))
SEED = os.environ.get("TAVANA_FUZZ_SEED", "1")
SESSIONS = 8
ANSWER_SECONDS = 60  # within which everything is answered, also by an instrumented program on a busy machine
KNOWN = "RSKZ123nsIctTDCENGHWdAv"
EMPTY = "123nsIc"

STATEMENTS = [
    "select 1", "select $1", "select $1::int + $2::int", "select $1::text, $2::timestamptz, $3::numeric", "select n, repeat('x', n::int) from range(100) r(n)",
    "select n, 'text' from generate_series(1, 50000) g(n)", "select repeat('é', 100000) from range(20)", "select 1; select 2; select n from range(10) r(n)",
    "select 1 / 0", "select nothing", "selec", "", ";;", "-- nothing", "select 'a'::int", "select * from no_such_table", "select '\u2003', 'e\u0301\U0001f986'",
    "select null::int[], array[1,2], '{}'::text[], date '2024-02-29', interval '1 month', true, 1.5::numeric(10,2), 'x'::bytea",
    "select count(*) from range(2000000000)", "select sum(n) from range(100000) r(n)", "values (1, 'a'), (2, null)", "table shared",
    "insert into shared values (1, 'x')", "insert into shared select n, 'y' from range(100) r(n)", "update shared set b = 'z' where a = 1", "delete from shared where a > 50",
    "insert into shared values ($1, $2)", "insert into shared values (1, 'r') returning a, b", "create temp table if not exists mine(a int)", "insert into mine values (1)", "drop table if exists mine",
    "begin", "begin isolation level repeatable read", "commit", "rollback", "commit and chain", "savepoint a", "rollback to a", "release a", "start transaction read only",
    "declare c cursor for select n from range(10000) r(n)", "declare h scroll cursor with hold for select n from range(100) r(n)", "fetch 10 from c", "fetch all from h", "fetch backward 3 from h",
    "move 5 from c", "close c", "close all", "fetch from nowhere", "prepare q(int) as select $1 + 1", "execute q(1)", "execute q('x')", "deallocate q", "deallocate all", "discard all",
    "set timezone = 'Asia/Tokyo'", "set timezone = '+05'", "set application_name = 'fuzz'", "set extra_float_digits = 0", "set nothing = 1", "show all", "show timezone", "reset all",
    "set search_path = main", "set statement_timeout = '300ms'", "select set_config('application_name', $1, false)", "select * from pg_cursors", "select * from pg_prepared_statements",
    "select relname from pg_class limit 3", "select current_setting('timezone')", "explain select 1", "lock table shared", "listen x", "vacuum",
    "copy shared from stdin", "copy shared from stdin (format csv)", "copy shared from stdin (format binary)", "copy shared to stdout", "copy (select n, 'x' from range(3000) r(n)) to stdout (format csv)",
    "copy (select n from range(1000) r(n)) to stdout (format binary)", "copy nothing from stdin", "copy shared (b) from stdin", "select 1; copy shared from stdin; select 2",
]
BYTES = [b"", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\xa6\x86", b"1", b"-1", b"x" * 3000, b"\\.\n", b"\0\0\0\1", b"2024-01-01", b"\x7f" * 8, "é".encode() * 400]
NUMBERS = [0, 1, 2, 3, -1, -2, 7, 127, 255, 256, 32767, -32768, 65535, 2**31 - 1, -2**31]
OIDS = [0, 16, 17, 20, 21, 23, 25, 700, 701, 705, 1007, 1043, 1082, 1114, 1184, 1186, 1700, 2950, 3802, 99999, 2**32 - 1]
NAMES = ["", "", "", "a", "b", "c", "h", "é", "x" * 70]
COPIED = [b"1\tx\n", b"2\t\\N\n", b"3\n", b"x\ty\n", b"1,x\n", b'1,"a\nb"\n', b"\\.\n", b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", b"\0\2\0\0\0\4\0\0\0\1\0\0\0\1x", b"\xff\xff", b"\xff", b"5\t" + b"y" * 70000 + b"\n"]


class Finding(Exception):
    pass


class Chaos:
    """What may be said, by a generator of its own."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.sent, self.breaks = [], False  # of this round

    def some(self, what):
        return self.r.choice(what)

    def chance(self, p):
        return self.r.random() < p

    def text(self):
        sql = self.some(STATEMENTS).encode()
        if self.chance(0.05):
            at = self.r.randrange(len(sql) + 1)
            sql = sql[:at] + self.some(BYTES) + sql[at:]
        return sql.replace(b"\0", b"") if self.chance(0.9) else sql

    def bind(self):
        n = self.some([0, 0, 0, 1, 1, 2, 3])
        return B(self.some(NAMES), self.some(NAMES), [None if self.chance(0.1) else self.some(BYTES[6:] + [b"1", b"7"]) for _ in range(n)],
                 [self.some([0, 0, 1, 2]) for _ in range(self.some([0, 0, 1, n]))], [self.some([0, 1]) for _ in range(self.some([0, 0, 0, 1, 2]))])

    def message(self):
        kind = self.some("QQQPPPBBBEEEDDCSSHFdddcf")
        return {"Q": lambda: Q(self.text()), "P": lambda: P(self.text(), self.some(NAMES), [self.some(OIDS) for _ in range(self.some([0, 0, 0, 1, 2]))]),
                "B": self.bind, "E": lambda: E(self.some([0, 0, 0, 1, 7, 1000, -1]), self.some(NAMES)), "D": lambda: D(self.some("SP"), self.some(NAMES)),
                "C": lambda: C(self.some("SP"), self.some(NAMES)), "S": lambda: S, "H": lambda: H, "F": lambda: message("F", struct.pack("!Ihhh", 1, 0, 0, 0)),
                "d": lambda: message("d", b"".join(self.some(COPIED) for _ in range(self.r.randrange(1, 6)))), "c": lambda: message("c"),
                "f": lambda: message("f", cstr("no"))}[kind]()

    def whole(self):
        """A few that belong together."""
        name = self.some(NAMES)
        parts = [P(self.text(), name), self.bind() if self.chance(0.3) else B("", name), D(), E(self.some([0, 0, 5]))]
        copy = [Q(self.some([s for s in STATEMENTS if "from stdin" in s]))] + [message("d", self.some(COPIED)) for _ in range(self.r.randrange(8))]
        return self.some([parts + [S], parts + [H] + parts + [S], copy + [message("c")], copy + [message("f", cstr("no"))], [Q(self.text())]])

    def broken(self, m):
        """The same with other bytes in it, its length mended."""
        body = bytearray(m[5:])
        for _ in range(self.r.randrange(1, 4)):
            at = self.r.randrange(len(body) + 1)
            how = self.r.randrange(6)
            if how == 0 and body:
                body[at % len(body)] = self.r.randrange(256)
            elif how == 1:
                del body[at:at + self.r.randrange(1, 5)]
            elif how == 2:
                body[at:at] = self.some(BYTES)
            elif how == 3:
                body[at:at + 4] = struct.pack("!i", self.some(NUMBERS))
            elif how == 4:
                body[at:at + 2] = struct.pack("!i", self.some(NUMBERS))[2:]
            else:
                del body[at:]
        return m[:1] + struct.pack("!i", len(body) + 4) + bytes(body)

    def round(self):
        """Messages, and whether their framing is right."""
        out = [m for _ in range(self.r.randrange(1, 5)) for m in (self.whole() if self.chance(0.6) else [self.message()])]
        self.breaks = self.chance(0.4)
        if self.breaks:
            out = [self.broken(m) if self.chance(0.2) else m for m in out]
        framed = True
        if self.chance(0.02):
            framed = False
            out.append(self.some([bytes([self.r.randrange(256)]) + struct.pack("!i", self.some(NUMBERS)), self.some([S, H, Q("select 1")])[:-1], self.r.randbytes(30)]))
        self.sent = out
        return out, framed


def utf8(b):
    try:
        return b.decode()
    except UnicodeDecodeError as e:
        raise Finding(f"no UTF-8: {b!r}") from e


def check_error(payload):
    if payload[-1:] != b"\0":
        raise Finding(f"an error without an end: {payload!r}")
    fields = {}
    for part in payload[:-1].split(b"\0")[:-1]:
        fields[chr(part[0])] = utf8(part[1:])
    if not {"S", "V", "C", "M"} <= set(fields) or not re.fullmatch("[0-9A-Z]{5}", fields["C"]) or fields["C"] == "XX000":
        raise Finding(f"an error that is none of ours: {fields}")
    return fields


def check_columns(payload):
    (n,), at = struct.unpack("!h", payload[:2]), 2
    for _ in range(n):
        end = payload.index(b"\0", at)
        utf8(payload[at:end])
        at = end + 19
    return at


def check_row(payload):
    (n,), at = struct.unpack("!H", payload[:2]), 2
    for _ in range(n):
        (size,) = struct.unpack("!i", payload[at:at + 4])
        if size < -1:
            raise Finding(f"a value of length {size}")
        at += 4 + max(size, 0)
    return at


class Peer:
    """One session: what comes is judged as it comes."""

    def __init__(self, address, chaos, tls):
        self.chaos, self.address = chaos, address
        self.buffer, self.ready, self.last, self.fatal, self.closed, self.copies = bytearray(), 0, "", None, False, 0
        self.error = None
        self.marks, self.out, self.pieces = set(), bytearray(), 0
        w = Wire(address, start=False, timeout=ANSWER_SECONDS)
        if tls:
            w.send(struct.pack("!ii", 8, 80877103))
            if w.sock.recv(1) != b"S":
                raise Finding("no TLS")
            w.sock = tls.wrap_socket(w.sock)
        w.start("alice", "db", "wonder", 196608 + 2 * chaos.chance(0.3), **{"options": "-c statement_timeout=700"})
        self.sock, self.pid, self.key = w.sock, w.pid, w.key
        self.buffer += w.buffer
        self.sock.setblocking(False)

    def judge(self, kind, payload):
        if kind not in KNOWN or (kind in EMPTY and payload):
            raise Finding(f"message {kind!r} {payload[:200]!r}")
        if self.fatal:
            raise Finding(f"{kind} after {self.fatal}")
        if self.last == "E" and kind not in "ZNS" and not (kind == "E" and (self.chaos.breaks or b"SFATAL\0" in payload)):  # or a Sync that is wrong itself
            raise Finding(f"{kind} follows an error")
        if kind == "Z":
            if payload not in (b"I", b"T", b"E"):
                raise Finding(f"ready {payload!r}")
            self.ready += 1
        elif kind in "EN":
            fields = check_error(payload)
            self.error = fields if kind == "E" else self.error
            if fields["S"] in ("FATAL", "PANIC"):
                self.fatal = fields
        elif kind == "T" and check_columns(payload) != len(payload):
            raise Finding(f"a description {payload!r}")
        elif kind == "t" and len(payload) != 2 + 4 * struct.unpack("!H", payload[:2])[0]:
            raise Finding(f"parameters {payload!r}")
        elif kind == "D":
            if check_row(payload) != len(payload):
                raise Finding(f"a row {payload[:200]!r}")
            if payload[6:].startswith(b"mark "):
                self.marks.add(payload[6:])
        elif kind == "C":
            utf8(payload)
        elif kind in "GH":
            self.copies += 1
            if len(payload) != 3 + 2 * struct.unpack("!h", payload[1:3])[0]:
                raise Finding(f"copy {payload!r}")
        elif kind == "S" and utf8(payload).count("\0") != 2:
            raise Finding(f"parameter {payload!r}")
        if kind not in "NS":
            self.last = kind

    def take(self):
        at = 0
        while len(self.buffer) - at >= 5:
            (size,) = struct.unpack_from("!i", self.buffer, at + 1)
            if not 4 <= size < 2**30:
                raise Finding(f"length {size} of {self.buffer[at:at + 100]!r}")
            if len(self.buffer) - at < size + 1:
                break
            self.judge(chr(self.buffer[at]), bytes(self.buffer[at + 5:at + 1 + size]))
            at += size + 1
        del self.buffer[:at]

    def read(self):
        """What is there; False when there is nothing now."""
        try:
            data = self.sock.recv(262144)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except (ConnectionError, ssl.SSLError):
            data = b""
        if not data:
            self.closed = True
            return False
        self.buffer += data
        self.take()
        return True

    def send_some(self):
        try:
            self.pieces = self.pieces or self.chaos.some([1, 7, 100, 4096, 65536]) if len(self.out) < 500 else 65536  # TLS wants the same again
            del self.out[:self.sock.send(self.out[:self.pieces])]
            self.pieces = 0
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (ConnectionError, ssl.SSLError):  # what it had to say is still to be read
            self.out.clear()

    def exchange(self, data, done, seconds=ANSWER_SECONDS):
        """Sends and reads at once until done() or closed; what could not be sent in time is sent by the next one."""
        end = time.monotonic() + seconds
        self.out += data
        while not self.closed and (self.out or not done()):
            if time.monotonic() > end:
                return False
            if self.out:
                self.send_some()
            if not self.read() and not self.closed:
                select.select([self.sock], [self.sock] if self.out else [], [], 0.05)
        return True

    def question(self, before=b""):
        """Whatever state it is in, it answers this: a COPY ends, a failed pipeline and a transaction too. A cancel may meet it."""
        end = time.monotonic() + ANSWER_SECONDS
        while not self.closed and time.monotonic() < end:
            mark = b"mark %d" % self.chaos.r.randrange(10**9)
            if self.exchange(before + message("f", cstr("no")) + S + Q(b"rollback") + Q(b"select '" + mark + b"'"), lambda: mark in self.marks and self.last == "Z", 1):
                return
            before = b""
        if not self.closed:
            raise Finding(f"no answer to a question: pid {self.pid}, {len(self.out)} bytes unsent, last was {self.last!r}, {len(self.buffer)} bytes of a message, "
                          f"last error {self.error}")

    def play(self):
        """One round; whether the session goes on."""
        chaos = self.chaos
        messages, framed = chaos.round()
        data = b"".join(messages)
        if chaos.chance(0.04):
            self.exchange(data[:chaos.r.randrange(len(data) + 1)], lambda: True, 5)
            return False
        if chaos.chance(0.15):
            threading.Timer(chaos.r.random() * 0.05, cancel_quietly, (self.address, self.pid, self.key if chaos.chance(0.8) else chaos.r.randbytes(4))).start()
        if not framed:
            self.exchange(data, lambda: bool(self.fatal), 0.3)
            return False
        if chaos.chance(0.02):
            self.exchange(data + message("f", cstr("no")) + S + X, lambda: False)
            if not self.closed:
                raise Finding("open after Terminate")
            return False
        before, copies = self.ready, self.copies
        self.question(data)
        if self.closed and not self.fatal:
            raise Finding("closed without a word")
        least, most = (sum(m[:1] in kinds for m in messages) for kinds in (b"S", b"QSF"))
        if not self.closed and copies == self.copies and not least + 3 <= self.ready - before:
            raise Finding(f"{self.ready - before} ReadyForQuery for {least} to {most} and the question's")
        return not self.closed

    def cut_off(self):
        with contextlib.suppress(OSError):
            if self.chaos.chance(0.5):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def cancel_quietly(address, pid, key):
    with contextlib.suppress(OSError), socket.create_connection(address, 10) as s:
        s.sendall(struct.pack("!iiI", 12 + len(key), 80877102, pid) + key)
        s.recv(10)


def strange_start(address, chaos):
    """A start-up packet, or a log-in, that is not right."""
    with contextlib.suppress(ConnectionError, TimeoutError, Closed), Wire(address, start=False, timeout=0.3) as w:
        packet = w.start_packet("alice", options=chaos.some(["-c timezone=UTC", "-x", "\\", "-c a=b" * 50]), timezone=chaos.some(["UTC", "+01:02:03", "Nowhere"]))
        how = chaos.r.randrange(4)
        if how == 0:
            packet = chaos.broken(b"X" + packet)[1:]
        elif how == 1:
            packet = chaos.r.randbytes(chaos.r.randrange(200))
        elif how == 2:
            packet = struct.pack("!ii", chaos.some(NUMBERS), chaos.some([80877102, 80877103, 80877104, 196608, *NUMBERS])) + packet[8:]
        w.send(packet)
        while (m := w.next())[0] == "R":
            w.send(chaos.broken(message("p", b"SCRAM-SHA-256\0" + struct.pack("!i", 16) + b"n,,n=,r=abcdefgh")))
        if m[0] == "E":
            check_error(m[1])


class Crowd:
    def __init__(self, server, pki):
        self.server, self.findings, self.rounds = server, [], 0
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE
        self.end = time.monotonic() + SECONDS

    def over(self):
        return self.findings or time.monotonic() > self.end

    def guard(self, run, *args):
        try:
            run(*args)
        except Exception:  # noqa: BLE001: whatever it is, it is a finding
            self.findings.append(traceback.format_exc())

    def one(self, i):
        chaos = Chaos(f"{SEED}.{i}")
        while not self.over():
            if chaos.chance(0.2):
                strange_start(self.server.address, chaos)
                continue
            try:
                peer = Peer(self.server.address, chaos, self.tls if chaos.chance(0.3) else None)
                while not self.over() and peer.play():
                    self.rounds += 1
                peer.cut_off()
            except Exception as e:
                raise Finding(f"session {i}, seed {SEED}: {chaos.sent!r}") from e

    def control(self):
        """Somebody who is served all the while."""
        with self.server.wire(user="alice", password="wonder", timeout=ANSWER_SECONDS, options="-c statement_timeout=0") as w:
            while not self.over():
                if (got := w.ask(Q("select 1 + 0")))[1:] != [("1",), 'cc"SELECT 1"', "Z:I"]:
                    raise Finding(f"the control session got {got} {w.last_error}")
                time.sleep(0.1)


def comes_back(read, want, seconds=30):
    end = time.monotonic() + seconds
    while (found := read()) != want:
        assert time.monotonic() < end, (found, want)
        time.sleep(0.1)


def test_anything_at_all(make_server, pki, tmp_path):
    users = private(tmp_path / "users", passwd("alice", "wonder").stdout)
    s = make_server("--users-file", users, "--tls", "on", "--tls-cert-file", pki / "server.crt", "--tls-key-file", pki / "server.key", "--statement-timeout", "3s",
                    "--max-result-rows", "200000")
    with s.wire(user="alice", password="wonder") as w:
        assert w.ask(Q("create table shared(a int, b text)"))[-1] == "Z:I"
    crowd = Crowd(s, pki)
    threads = [threading.Thread(target=crowd.guard, args=(crowd.one, i)) for i in range(SESSIONS)] + [threading.Thread(target=crowd.guard, args=(crowd.control,))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"{crowd.rounds} rounds of {SESSIONS} sessions in {SECONDS} s, seed {SEED}; {s.rss() >> 20} MB")
    assert not crowd.findings, "\n\n".join(crowd.findings)[:20000] + s.log()[-3000:]
    assert s.process.poll() is None
    for name in ("tavana_sessions", "tavana_logins", "tavana_sessions_running", "tavana_streams", "cursor_active_count", "tavana_spool_memory_bytes",
                 "tavana_client_memory_bytes"):
        comes_back(lambda: s.metric(name), 0)
    comes_back(lambda: s.metric("tavana_threads") - s.metric("tavana_threads_idle"), 0)
    with s.wire(user="alice", password="wonder") as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    log = s.log()
    assert "Sanitizer" not in log and "runtime error" not in log and "server_process_died" not in log, log[-5000:]
