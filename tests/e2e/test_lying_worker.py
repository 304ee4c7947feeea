"""A worker that lies: every reply is checked, the liar is thrown out, its client gets one clear error, and the session goes on."""

import contextlib
import os
import random
import struct
import threading
import time
from concurrent import futures

import pytest

from conftest import FULL, HOST, SANITIZED, WORKERS, Server
from lying_worker import Fake, row
from measure import wait_for
from test_worker import pb  # noqa: F401 (a fixture)
from wire import B, D, E, P, Q, S, Closed, cancel, message, row_of

pytestmark = pytest.mark.skipif(WORKERS > 0, reason="has gateways of its own")
SECONDS = 600 if FULL else 5


@contextlib.contextmanager
def fakes(*all):
    try:
        yield all
    finally:
        for f in all:
            f.stop()


def gateway(*workers, options=(), timeout="2s"):
    """Real ones by their process, others by their ports."""
    at = ",".join(f"{HOST}:{w.port}" for w in workers)
    return Server("--workers", at, "--worker-client-timeout", timeout, "--worker-client-pool-size", "64", *options, workers=0, role="gateway")


SELECT = "select i::int as a, 'x' as b from range(10) t(i)"


def talk(w, *messages, syncs=1):
    """Reads strictly: (rows, tags, errors) of a statement; what is no right answer is an assertion."""
    rows, tags, errors, columns = [], [], [], len(w.columns)
    w.send(*messages)
    while syncs:
        kind, payload = w.next()
        assert kind in "T12tnSKNICDEZsGHdc3", kind
        if kind == "T":
            columns = len(w.columns)
        elif kind == "D":
            r = row_of(payload)
            assert len(r) == columns and 2 + sum(4 + len(v or b"") for v in r) == len(payload)
            rows.append(r)
        elif kind == "C":
            tags.append(payload[:-1].decode())
        elif kind == "E":
            errors.append((w.last_error["C"], w.last_error["M"]))
        elif kind == "G":
            w.send(message("d", b"1\tx\n"), message("c"))
        syncs -= kind == "Z"
    return rows, tags, errors


ASK = {"simple": [Q(SELECT)], "copy out": [Q(f"copy ({SELECT}) to stdout")], "copy in": [Q("copy t from stdin")],
       "pages": [P(SELECT), B(), D(), E(3), E(3), E(0), S], "cursor": [Q(f"begin; declare c scroll cursor for {SELECT}; fetch 3 from c; fetch backward 2 from c; fetch last from c; commit")],
       "held": [Q(f"begin; declare h cursor with hold for {SELECT}; fetch 2 from h; commit; fetch 3 from h; close h")], "tx": [Q(f"begin; {SELECT}; commit")],
       "split": [Q("from range(10) t(i) where $$")]}


def test_the_fake_is_honest(pb):  # noqa: F811
    """Else the rest would show nothing."""
    with fakes(Fake(pb)) as (f,), gateway(f) as s, s.wire() as w:
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
        for name, messages in ASK.items():
            rows, tags, errors = talk(w, *messages)
            assert not errors and tags, (name, errors, w.last_error, s.log())
        assert s.metric("tavana_route_thrown_out_total") == 0


def on(method, change):
    """Changes the replies of one method."""
    def lie(name, reply):
        return change(reply) if name == method else [reply]
    return lie


def rows_are(of):
    """of: from the bytes and the count of a batch that is honest to what is sent."""
    def change(reply):
        if reply.WhichOneof("part") == "batch":
            reply.batch.count, reply.batch.rows = of(reply.batch.count, reply.batch.rows)
        return [reply]
    return on("Fetch", change)


def field(method, path, *values):
    """Sets a field, or adds what is repeated."""
    def change(reply):
        *where, name = path.split(".")
        at = reply
        for step in where:
            at = at[int(step)] if step.isdigit() else getattr(at, step)
        if isinstance(values[0], (int, float, str, bytes, bool)) and not hasattr(getattr(at, name), "extend"):
            setattr(at, name, values[0])
        else:
            del getattr(at, name)[:]
            getattr(at, name).extend(values)
        return [reply]
    return on(method, change)


def trailer(**state):
    def change(reply):
        if reply.WhichOneof("part") == "trailer":
            for name, value in state.items():
                setattr(reply.trailer.state, name, value)
        return [reply]
    return on("Fetch", change)


def error(method, **fields):
    def change(reply):
        for name, value in fields.items():
            setattr(reply.error, name, value)
        return [reply]
    return on(method, change)


def cleared(method, name):
    def change(reply):
        reply.ClearField(name)
        return [reply]
    return on(method, change)


INJECTED = b"E" + struct.pack("!i", 4 + 26) + b"SFATAL\0C57P01\0Minjected\0\0"
LIES = {
    "garbage": ("simple", rows_are(lambda n, b: (n, random.Random(1).randbytes(5000)))),
    "half a row": ("simple", rows_are(lambda n, b: (n, b[:-3]))),
    "a row longer than its message": ("simple", rows_are(lambda n, b: (1, b"D" + struct.pack("!i", 2**31 - 1) + b"x" * 100))),
    "a negative length": ("simple", rows_are(lambda n, b: (1, b"D\xff\xff\xff\xff" + b"x" * 100))),
    "no length": ("simple", rows_are(lambda n, b: (1000, b"D\0\0\0\0" * 1000))),
    "another message among rows": ("simple", rows_are(lambda n, b: (n + 1, b + INJECTED))),
    "too high a count": ("simple", rows_are(lambda n, b: (n + 1, b))), "too low a count": ("simple", rows_are(lambda n, b: (n - 1, b))),
    "a count beyond all": ("simple", rows_are(lambda n, b: (2**64 - 1, b))), "a batch of nothing": ("simple", rows_are(lambda n, b: (0, b""))),
    "a value longer than its row": ("simple", rows_are(lambda n, b: (n, b.replace(b"\0\0\0\1x", b"\0\0\0\2x")))),
    "one column more": ("simple", rows_are(lambda n, b: (n, b.replace(b"\0\2\0\0\0\1", b"\0\3\0\0\0\1")))),
    "a file among rows": ("simple", rows_are(lambda n, b: (3, b"d\0\0\0\6hi" * 3))),
    "rows in a file": ("copy out", rows_are(lambda n, b: (1, row(1)))),
    "more rows than were asked for": ("pages", rows_are(lambda n, b: (n + 20, b + b"".join(row(i) for i in range(20))))),
    "rows behind the last": ("simple", on("Fetch", lambda r: [r, r] if r.WhichOneof("part") == "batch" else [r])),
    "no trailer": ("simple", on("Fetch", lambda r: [r] if r.WhichOneof("part") == "batch" else [])),
    "an empty reply": ("simple", on("Fetch", lambda r: [b"", r])), "no protobuf": ("simple", on("Prepare", lambda r: [b"\xff\xff\xff"])),
    "a trailer before its rows": ("simple", on("Fetch", lambda r: [r] if r.WhichOneof("part") == "trailer" else [])),
    "rows that are left": ("simple", trailer(complete=False)), "fewer rows than came": ("simple", trailer(rows=3)), "rows without end": ("simple", trailer(rows=2**64 - 1)),
    "a position elsewhere": ("simple", trailer(position=2)), "not started any more": ("simple", trailer(started=False)),
    "an error that is success": ("simple", error("Start", sqlstate="00000", message="fine")), "an error without a code": ("simple", error("Prepare", message="x")),
    "an error of odd letters": ("simple", error("Prepare", sqlstate="4\n6é", message="x")), "a warning": ("simple", error("Prepare", sqlstate="01000", message="x")),
    "an error that ends sessions": ("simple", error("Prepare", sqlstate="57P01", message="x")), "a long error": ("simple", error("Start", sqlstate="42601", message="m" * 5000000)),
    "a transaction's success": ("tx", error("Transaction", sqlstate="00000", message="all good")),
    "a position before the text": ("simple", error("Prepare", sqlstate="42601", message="m", position=-5)),
    "no session": ("simple", field("OpenSession", "session", 0)), "no statement": ("simple", field("Prepare", "statement", 0)),
    "an unknown effect": ("simple", field("Prepare", "effect", 77)), "a long tag": ("simple", field("Prepare", "tag", "T" * 200000)),
    "a tag of two lines": ("simple", field("Prepare", "tag", "SELECT 1\nZ")), "parameters without types": ("simple", field("Prepare", "parameter_oids", 0)),
    "too many parameters": ("simple", field("Prepare", "parameter_oids", *[23] * 65536)), "a name that is none": ("simple", field("Prepare", "columns.column.0.name", b"a\0b\xff")),
    "no type": ("simple", field("Prepare", "columns.column.0.type_oid", 0)), "a size beyond all": ("simple", field("Prepare", "columns.column.0.type_size", 2**31 - 1)),
    "a typmod below none": ("simple", field("Prepare", "columns.column.0.typmod", -7)),
    "too many columns": ("simple", on("Prepare", lambda r: [r.columns.column.extend([r.columns.column[0]] * 70000), r][1:])),
    "a statement beyond its text": ("split", field("Split", "at", 5)), "statements without end": ("split", field("Split", "length", 2**64 - 1)),
    "no portal": ("simple", field("Open", "portal", 0)), "no state": ("simple", cleared("Open", "state")), "started when opened": ("simple", field("Open", "state.started", True)),
    "not started": ("simple", field("Start", "state.started", False)), "another portal": ("simple", field("Start", "portal", 7)), "again": ("simple", field("Start", "again", True)),
    "begun in the middle": ("simple", field("Start", "state.position", 5)),
    "other columns": ("simple", on("Start", lambda r: [r.columns.column.add(name=b"z", type_oid=16, type_size=1, typmod=-1), r][1:])),
    "a slice of itself": ("cursor", lambda name, r: [(setattr(r, "portal", 101), r)[1]] if name == "Slice" else [r]),
    "a slice that is not all there": ("held", field("Park", "state.complete", False)),
    "a copy of no columns": ("copy in", field("CopyIn", "columns", 0)), "a copy of too many": ("copy in", field("CopyIn", "columns", 2**32 - 1)),
    "a copy of too many rows": ("copy in", field("CopyIn", "rows", 2**64 - 1)), "a copy beyond all lines": ("copy in", field("CopyIn", "line", 2**64 - 1)),
    "a copy's answer too early": ("copy in", on("CopyIn", lambda r: [r, r])),
    "a report without a lease": ("attach", field("Attach", "lease", 0)), "a report of nobody": ("attach", field("Attach", "worker", "")),
    "a report of somebody long": ("attach", field("Attach", "worker", "w" * 100000)), "a report in lines": ("attach", field("Attach", "worker", "a\nb")),
    "reports that are none": ("attach", on("Attach", lambda r: [b"\xff\xff"])),
}
NEVER_MET = {"a slice of itself", "a slice that is not all there", "a copy's answer too early"}  # where it depends on what the session asks for


def told(pb, name):  # noqa: F811
    """What a client of such a worker is told: None, or what is wrong with it."""
    asked, lie = LIES[name]
    with fakes(Fake(pb, lie=lie)) as (f,), gateway(f, timeout="1s") as s:
        if asked == "attach":
            wait_for(lambda: s.metric("tavana_route_thrown_out_total") > 0, 10)
        else:
            wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
            with s.wire() as w:
                _, _, errors = talk(w, *ASK[asked])
                if name not in NEVER_MET and (len(errors) != 1 or errors[0][0] not in ("58000", "08006", "08007")):
                    return name, errors
                if errors and errors[0][0] == "58000" and "thrown out" not in errors[0][1]:
                    return name, errors
                rest = talk(w, Q("rollback"))[2] + talk(w, Q("show search_path"))[2]  # the session lives
                if rest:
                    return name, "afterwards", rest
        assert s.process.poll() is None, (name, s.log()[-3000:])
        lines = [l for l in s.log().splitlines() if "worker_thrown_out" in l]
        thrown = s.metric("tavana_route_thrown_out_total")
        if name not in NEVER_MET and (thrown < 1 or len(lines) != thrown):
            return name, thrown, lines
    return None


def test_every_lie(pb):  # noqa: F811
    """One error each, one line in the log, one in the metric; the gateway lives, and the session."""
    with futures.ThreadPoolExecutor(4) as pool:
        lies = list(LIES)[::3] if SANITIZED and not FULL else LIES  # the fuzzer below has the rest
        wrong = [w for w in pool.map(lambda name: told(pb, name), lies) if w]
    assert not wrong, "\n".join(map(str, wrong))


def test_a_liar_is_out_for_a_growing_while(pb):  # noqa: F811
    """Its sessions are lost, others' too; it is attached again after a second, then after two."""
    honest = []
    lie = on("Fetch", lambda r: [b"\xff"] if not honest else [r])
    with fakes(Fake(pb, lie=lie)) as (f,), gateway(f) as s, s.wire() as w, s.wire() as other:
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
        assert other.ask(Q("begin")) == ['cc"BEGIN"', "Z:T"]
        for pause in (1, 2):
            assert w.ask(Q(SELECT))[-2:] == ["err:58000", "Z:I"]
            begun = time.monotonic()
            wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
            assert pause - 0.3 < time.monotonic() - begun < pause + 2
        honest.append(True)
        assert talk(w, Q(SELECT))[1] == ["SELECT 10"]
        assert s.metric("tavana_route_thrown_out_total") == 2
        assert s.log().count("worker_thrown_out") == 2 and "pause_ms=2000" in s.log()


def test_others_go_on_elsewhere(pb):  # noqa: F811
    """A session that merely was on the liar's side meets it as a loss: what reads is run again on the other worker."""
    first, second = Fake(pb, "first", lie=lambda m, r: [b"\xff"] if m == "Split" else [r]), Fake(pb, "second")
    with fakes(first, second), gateway(first, second) as s, contextlib.ExitStack() as stack:
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 10)
        sessions = [stack.enter_context(s.wire()) for _ in range(6)]
        for w in sessions:
            assert talk(w, P(SELECT, name="q"), S)[2] == [] and talk(w, Q(SELECT))[1] == ["SELECT 10"]
        errors = [e for w in sessions for e in talk(w, *ASK["split"])[2]]
        assert len(errors) <= 1 and all(code == "58000" for code, _ in errors)
        for w in sessions:
            rows, tags, errors = talk(w, B(portal="", statement="q"), E(0), S)
            assert len(rows) == 10 and tags == ["SELECT 10"] and not errors


# ---- a handler that hangs, while TCP and HTTP/2 live ----

def hangs(*methods):
    woken = threading.Event()

    def hang(method):
        if method in methods:
            woken.wait(60)
    return hang, woken


@pytest.mark.parametrize("method", ["Prepare", "Open", "Start", "Fetch"])
def test_a_handler_that_hangs_meets_statement_timeout(pb, method):  # noqa: F811
    hang, woken = hangs(method)
    with fakes(Fake(pb, hang=hang)) as (f,), gateway(f, options=("--statement-timeout", "2s"), timeout="1s") as s, s.wire() as w:
        begun = time.monotonic()
        assert w.ask(Q(SELECT))[-2:] == ["err:57014", "Z:I"]
        assert 2.7 < time.monotonic() - begun < 9
        woken.set()
        f.hang = lambda method: None
        assert talk(w, Q(SELECT))[1] == ["SELECT 10"]
        assert s.metric("tavana_route_given_up_total") == 1 and s.metric("tavana_route_thrown_out_total") == 0
        wait_for(lambda: "CloseSession" in f.calls, 10)  # nobody waits for it; the worker shall not keep it
        assert f.calls.count("Cancel") < 12


def test_a_cancel_that_is_not_answered(pb):  # noqa: F811
    """In a transaction: it is lost with its session, and COMMIT says so."""
    hang, woken = hangs("Start", "Cancel")
    with fakes(Fake(pb, hang=hang)) as (f,), gateway(f, timeout="1s") as s, s.wire() as w:
        assert w.ask(Q("begin"))[-1] == "Z:T"
        asker = threading.Timer(0.3, lambda: cancel(s.address, w.pid, w.key))
        asker.start()
        assert w.ask(Q(SELECT))[-2:] == ["err:57014", "Z:E"] and "user request" in w.last_error["M"]
        asker.join()
        woken.set()
        assert w.ask(Q("commit"))[-1] == "Z:I"
        assert talk(w, Q(SELECT))[1] == ["SELECT 10"]


def test_a_log_in_does_not_hang(pb):  # noqa: F811
    """OpenSession and Configure run no statement: they have the time that a worker may be silent."""
    hang, woken = hangs("OpenSession")
    with fakes(Fake(pb, hang=hang)) as (f,), gateway(f, timeout="1s") as s:
        begun = time.monotonic()
        with contextlib.suppress(Closed, Exception), s.wire() as w:
            w.ask(Q(SELECT))
        assert time.monotonic() - begun < 20
        woken.set()


# ---- fuzz: one field of one reply is something else ----

INTS = (0, 1, 2, 3, 7, 9, 10, 11, 255, 1664, 1665, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
BYTES = (b"", b"\0", b"\xff", b"a" * 70, b"D\0\0\0\6\0\0", b"d\0\0\0\4", b"Z\0\0\0\5I", row(1), row(1)[:-1], row(1) * 3, b"x" * 100000)
STRINGS = ("", "00000", "42601", "57014", "08006", "XX000", "40001", "\0", "x" * 70000, "SELECT", "INSERT 0", "é")


def mutate(r, m, depth=0):
    """Changes one field of the message, or of one within it."""
    fields = [f for f in m.DESCRIPTOR.fields]
    f = r.choice(fields)
    repeated, value = f.is_repeated if hasattr(f, "is_repeated") and not callable(f.is_repeated) else f.label == f.LABEL_REPEATED, getattr(m, f.name)
    if f.type == f.TYPE_MESSAGE:
        if repeated:
            if len(value) and r.random() < 0.7:
                return mutate(r, r.choice(list(value)), depth + 1)
            if r.random() < 0.5 and len(value):
                del value[r.randrange(len(value))]
            else:
                value.add()
            return None
        if m.HasField(f.name) and r.random() < 0.8:
            return mutate(r, value, depth + 1)
        if m.HasField(f.name):
            m.ClearField(f.name)
        else:
            value.SetInParent()
        return None
    one = {f.TYPE_BOOL: lambda: r.random() < 0.5, f.TYPE_BYTES: lambda: flipped(r, value if not repeated else b""), f.TYPE_STRING: lambda: r.choice(STRINGS),
           f.TYPE_ENUM: lambda: r.choice([0, 1, 2, 3, -1, 2**31 - 1])}.get(f.type, lambda: r.choice(INTS))
    for _ in range(20):
        with contextlib.suppress(ValueError, TypeError):
            if repeated:
                value.extend([one()] * r.choice([1, 2, 70000]))
            else:
                setattr(m, f.name, one())
            return None
    return None


def flipped(r, value):
    if not value or r.random() < 0.3:
        return r.choice(BYTES)
    b = bytearray(value)
    for _ in range(r.choice([1, 1, 1, 4])):
        b[r.randrange(len(b))] = r.choice([0, 1, 2, 4, 127, 128, 255, r.randrange(256)])
    return bytes(b[:r.randrange(len(b) + 1)]) if r.random() < 0.2 else bytes(b)


def liar(r, often):
    def lie(method, reply):
        if r.random() >= often or method == "Attach" and r.random() < 0.9:
            return [reply]
        what = r.random()
        if what < 0.8:
            mutate(r, reply)
            return [reply]
        if what < 0.9:
            return [reply, reply]
        return [flipped(r, reply.SerializeToString())]
    return lie


def one_client(s, r, until, failed):
    """Whatever comes is an answer of PostgreSQL: read to its end, with one error a statement at most."""
    try:
        while time.monotonic() < until:
            with s.wire(timeout=60) as w:
                for _ in range(10):
                    name = r.choice(list(ASK))
                    _, _, errors = talk(w, *ASK[name])
                    assert len(errors) <= 1, (name, errors)
                    assert not talk(w, Q("rollback"))[2]
    except Exception as e:  # noqa: BLE001 (told below, with the seed)
        failed.append(repr(e))


@pytest.mark.concurrent
def test_any_field_of_any_reply(pb):  # noqa: F811
    """Sixteen liars: each turn has a gateway of its own, since it takes none back for long."""
    seed = int(os.environ.get("TAVANA_SEED", "0")) or random.randrange(2**32)
    r, end, failed, thrown = random.Random(seed), time.monotonic() + SECONDS, [], 0
    with fakes(*(Fake(pb, f"liar{i}", lie=liar(random.Random(seed + i), 0.02)) for i in range(16))) as all:
        while time.monotonic() < end and not failed:
            until = min(end, time.monotonic() + 5)
            with gateway(*all, options=("--statement-timeout", "20s"), timeout="3s") as s:
                threads = [threading.Thread(target=one_client, args=(s, random.Random(r.random()), until, failed)) for _ in range(6)]
                for t in threads:
                    t.start()
                for t in threads:
                    t.join(120)
                assert s.process.poll() is None, (seed, s.log()[-6000:])
                thrown += s.metric("tavana_route_thrown_out_total")
    assert not failed, (seed, failed)
    assert thrown > 5, seed
    print(f"seed {seed}: thrown out {thrown:.0f} times")
