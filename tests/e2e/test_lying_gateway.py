"""A gateway that lies: whatever comes over gRPC is answered, with an error where it is wrong, and the worker lives on."""

import contextlib
import os
import random
import threading
import time

import grpc
import pytest

from conftest import FULL, HOST, WORKERS, Worker
from test_worker import Client, pb, rows_of  # noqa: F401 (a fixture)

pytestmark = pytest.mark.skipif(WORKERS > 0, reason="has workers of its own, and no gateway")
SECONDS = 600 if FULL else 4


@pytest.fixture(scope="module")
def worker():
    with Worker() as w:
        w.wait_ready()
        yield w


@pytest.fixture
def client(pb, worker):  # noqa: F811
    c = Client(pb, worker.port)
    yield c
    assert worker.process.poll() is None, worker.log()[-4000:]
    c.start("select 1 + 1")
    c.close()


def portal(c, sql):
    """Opened, not started."""
    st = c.call("Prepare", session=c.session, sql=sql.encode())
    assert not st.error.sqlstate, st.error
    return c.call("Open", session=c.session, statement=st.statement).portal


def trailer(c, portal, **fields):
    return list(c.fetch(portal, **fields))[-1].trailer


def test_portals_in_the_wrong_order(client):
    """What needs a portal that runs, of one that does not; of one without rows; of none."""
    c = client
    fresh = portal(c, "from range(10) t(i)")
    assert c.call("Park", session=c.session, portal=fresh, limit_us=1000).error.sqlstate == "08P01"
    assert c.call("Slice", session=c.session, portal=fresh, max_rows=2).error.sqlstate == "08P01"
    assert trailer(c, fresh).error.sqlstate == "08P01"
    _, started = c.start("from range(10) t(i)")
    assert c.call("Slice", session=c.session, portal=started, max_rows=2, skip=True).error.sqlstate == "08P01"
    assert trailer(c, started, backward=True).error.sqlstate == "08P01"
    for limit in (2**63 - 1, -2**63):
        assert not c.call("Park", session=c.session, portal=started, limit_us=limit).error.sqlstate
    _, nothing = c.start("create temp table if not exists none_of_it (a int)")
    assert trailer(c, nothing).error.sqlstate == "08P01"
    assert trailer(c, nothing, copy=c.pb.CopyFormat(format=0, header=1, delimiter=9)).error.sqlstate == "08P01"
    for name in ("Park", "Slice", "Start"):
        assert c.call(name, session=c.session, portal=10**12).error.sqlstate == "34000"
    assert c.call("Open", session=c.session, statement=10**12).error.sqlstate == "26000"


def test_a_second_start_changes_nothing(client):
    """A portal that runs forward cannot be made one that goes back."""
    c = client
    _, p = c.start("from range(10) t(i)")
    assert [r for m in c.fetch(p, max_rows=3) for r in rows_of(m.batch.rows)] == [(b"0",), (b"1",), (b"2",)]
    assert not c.call("Start", session=c.session, portal=p, scroll=True).error.sqlstate
    assert trailer(c, p, **{"from": 3, "backward": True}).error.sqlstate == "08P01"
    assert [r for m in c.fetch(p, max_rows=1, **{"from": 3}) for r in rows_of(m.batch.rows)] == [(b"3",)]


@pytest.mark.parametrize("fields", [
    {"formats": [0, 0]}, {"formats": [7]}, {"formats": [-1]}, {"max_rows": 2**64 - 1}, {"from": 2**64 - 1}, {"passed_rows": 2**64 - 1},
    {"passed_rows": 1, "skip": True}, {"copy": {"format": 9}}, {"copy": {"format": 0, "delimiter": 10}}, {"copy": {"format": 1, "quote": 2**31}},
    {"copy": {"format": 1, "delimiter": 44, "force_quote": [True, False]}}, {"copy": {"format": 0, "delimiter": 9, "null": b"\xff"}},
    {"copy": {"format": 0, "delimiter": 9}, "skip": True}, {"copy": {"format": 0, "delimiter": 9}, "passed_rows": 3}], ids=str)
def test_fetches_of_nonsense(client, fields):
    _, p = client.start("from range(10) t(i)")
    assert trailer(client, p, **fields).error.sqlstate == "08P01"


def test_fields_of_nonsense(client):
    c, formats = client, client.pb.Formats
    assert c.call("Prepare", session=c.session, sql=b"select '\xff'").error.sqlstate == "08P01"
    assert c.call("Prepare", session=c.session, sql=b"select 1\0").error.sqlstate == "08P01"
    assert c.call("Prepare", session=c.session, sql=b"").error.sqlstate != ""
    assert c.call("Prepare", session=c.session, sql=b"select 1", parameter_oids=[23] * 65536).error.sqlstate == "08P01"
    st = c.call("Prepare", session=c.session, sql=b"select $1::int").statement
    for p in ([], [{"value": b"1"}] * 2, [{"value": b"1", "format": 2}], [{"value": b"1", "format": -1}], [{"value": b"1"}] * 65536):
        assert c.call("Open", session=c.session, statement=st, parameter=[c.pb.Parameter(**f) for f in p]).error.sqlstate == "08P01"
    assert c.call("Transaction", session=c.session, step=77).error.sqlstate == "08P01"
    assert c.call("Configure", session=c.session).error.sqlstate == "08P01"
    for bad in ({"extra_float_digits": 2**31 - 1}, {"extra_float_digits": -16}, {"time_zone": "x" * 20000}):
        assert c.call("Configure", session=c.session, formats=formats(**{"time_zone": "UTC", **bad})).error.sqlstate == "08P01"
    assert c.call("Configure", session=c.session, search_path="x" * 20000).error.sqlstate == "08P01"
    assert c.call("OpenSession", lease=c.report.lease, user="u" * 20000).error.sqlstate == "08P01"
    assert c.call("OpenSession", lease=c.report.lease + 1, user="u").error.sqlstate == "08006"


def test_a_copy_that_is_none(client):
    c, R = client, client.pb.CopyInRequest
    call = c.channel.stream_stream("/tavana.v1.Worker/CopyIn", R.SerializeToString, c.pb.CopyInReply.FromString)
    for sql in (b"select 1", b"copy t to stdout", b"copy (select 1) to stdout", b"copy t from '/etc/passwd'", b"", b"\xff"):
        replies = list(call(iter([R(open={"session": c.session, "statement": sql}), R(finish=True)]), timeout=60))
        assert len(replies) == 1 and replies[0].error.sqlstate, (sql, replies)
    for parts in ([R(data=b"x")], [R()], [R(finish=True)]):
        with pytest.raises(grpc.RpcError) as e:
            list(call(iter(parts), timeout=60))
        assert e.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    c.start("create temp table copied (a int)")
    again = [R(open={"session": c.session, "statement": b"copy copied from stdin"})] * 2
    assert list(call(iter(again), timeout=60))[-1].error.sqlstate == "08P01"


def test_sessions_belong_to_their_gateway(pb, worker, client):  # noqa: F811
    """Ids cannot be guessed, and who knows one over another connection cannot use, cancel or close its session."""
    other = Client(pb, worker.port, options=[("grpc.use_local_subchannel_pool", 1)])
    ids = [client.session, *(client.call("OpenSession", lease=client.report.lease, user="u").session for _ in range(20))]
    assert len(set(ids)) == 21 and sum(i > 2**48 for i in ids) > 15 and abs(ids[1] - ids[0]) > 2**32
    assert other.report.lease > 2**32 and abs(other.report.lease - client.report.lease) > 2**32
    with pytest.raises(grpc.RpcError) as e:
        other.call("Prepare", session=client.session, sql=b"select 1")
    assert e.value.code() == grpc.StatusCode.UNAVAILABLE
    assert other.call("OpenSession", lease=client.report.lease, user="u").error.sqlstate == "08006"
    _, p = client.start("select i, repeat('x', 100) from range(100000000000) t(i)")
    stream = client.fetch(p)
    next(stream)
    other.call("Cancel", session=client.session)
    other.call("CloseSession", session=client.session)
    for _ in range(50):
        assert next(stream).WhichOneof("part") == "batch"
    stream.cancel()
    other.close()


def test_gateways_are_bounded(pb):  # noqa: F811
    with Worker("--max-threads", "300") as w:
        w.wait_ready()
        with contextlib.ExitStack() as stack:
            channel = stack.enter_context(grpc.insecure_channel(f"{HOST}:{w.port}"))
            attach = channel.unary_stream("/tavana.v1.Worker/Attach", pb.AttachRequest.SerializeToString, pb.Report.FromString)
            attached = []
            with pytest.raises(grpc.RpcError) as e:
                for _ in range(300):
                    attached.append(attach(pb.AttachRequest(gateway="again")))
                    next(attached[-1])
            assert e.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and len(attached) > 100
            for a in attached:
                a.cancel()


# ---- before it is known who calls ----

LARGE = 100 << 20


@contextlib.contextmanager
def channel_to(w, ca, **kw):
    credentials = grpc.ssl_channel_credentials(ca.read_bytes())
    options = [("grpc.max_send_message_length", -1), ("grpc.ssl_target_name_override", "localhost")]
    with grpc.secure_channel(f"{HOST}:{w.port}", credentials, options=options) as channel:
        yield channel


def refused(channel, payload, token, method="Prepare"):
    call = channel.unary_unary(f"/tavana.v1.Worker/{method}", lambda m: m, lambda m: m)
    with pytest.raises(grpc.RpcError) as e:
        call(payload, timeout=120, metadata=[("authorization", f"Bearer {token}")])
    return e.value.code()


def test_nothing_is_read_before_the_token(pb, pki, tmp_path):  # noqa: F811
    """A call with a wrong token is refused by its headers: what it carries costs the worker nothing. One with the right token has a bound."""
    token = tmp_path / "token"
    token.write_text("a-secret-of-twenty-bytes\n")
    with Worker("--rpc-cert-file", pki / "server.crt", "--rpc-key-file", pki / "server.key", "--rpc-token-file", token, "--message-size-max", "1MB") as w:
        w.wait_ready()
        large = pb.PrepareRequest(session=1, sql=b"x" * LARGE).SerializeToString()
        with channel_to(w, pki / "ca.crt") as channel:
            assert refused(channel, b"", "wrong") == grpc.StatusCode.UNAUTHENTICATED
            before = w.rss()
            w.reset_peak()
            begun = time.monotonic()
            for method in ("Prepare", "Attach", "Fetch", "CopyIn", "Cancel"):
                assert refused(channel, large, "wrong", method) == grpc.StatusCode.UNAUTHENTICATED
            assert time.monotonic() - begun < 60
            assert w.peak_rss() - before < LARGE / 4, (w.peak_rss() - before) >> 20
            check = channel.unary_unary("/grpc.health.v1.Health/Check", lambda m: m, lambda m: m)
            assert check(b"\x0a\x10tavana.v1.Worker", timeout=20) == b"\x08\x01"  # whoever watches knows no secret
            with contextlib.suppress(grpc.RpcError):
                check(b"\x0a" + b"x" * LARGE, timeout=20)
            assert w.peak_rss() - before < LARGE / 4, (w.peak_rss() - before) >> 20
            assert refused(channel, large, "a-secret-of-twenty-bytes") == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_headers_and_idle_connections_are_bounded(pb, worker):  # noqa: F811
    with grpc.insecure_channel(f"{HOST}:{worker.port}") as channel:
        call = channel.unary_unary("/tavana.v1.Worker/Prepare", lambda m: m, lambda m: m)
        with pytest.raises(grpc.RpcError) as e:
            call(b"", timeout=20, metadata=[(f"x-{i}", "y" * 1000) for i in range(64)])
        assert e.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


# ---- garbage, and valid messages with broken fields in any order ----

NUMBERS = (0, 1, 2, 3, 5, 10, 1000, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1)
SQL = (b"select 1", b"from range(100000) t(i)", b"select i, repeat('x', 1000) s from range(5000) t(i)", b"create temp table if not exists g (a int)",
       b"insert into g select * from range(3) returning a", b"insert into g values ($1)", b"select $1::int, $2::text", b"begin", b"commit", b"rollback",
       b"select 'x'::int", b"\xff\xfe", b"", b"select 1; select 2", b"explain select 1", b"set search_path = 'main'", b"copy g from stdin", b"copy g to stdout",
       b"select * from range(100) t(a), range(100) u(b), range(100) v(c)", b"select null, 1.5::decimal(10,3), date '2020-01-01', [1, 2], {'a': 1}")
TEXTS = ("", "UTC", "Asia/Tokyo", "main", "\"x\", main", "../../etc/passwd", "'", "a" * 3000, "\0", "é")


class Liar:
    """One session that says anything, in any order, with ids that are right more often than not."""

    def __init__(self, pb, port, seed):
        self.pb, self.random = pb, random.Random(seed)
        self.channel = grpc.insecure_channel(f"{HOST}:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
        self.attached = self.channel.unary_stream("/tavana.v1.Worker/Attach", pb.AttachRequest.SerializeToString, pb.Report.FromString)(
            pb.AttachRequest(gateway="liar"))
        self.lease = next(self.attached).lease
        self.statements, self.portals, self.calls = [1], [1], 0
        self.renew()

    def renew(self):
        self.session = self.unary("OpenSession", "OpenSessionRequest", "OpenSessionReply", lease=self.lease, user="liar", database="db").session

    def unary(self, name, request, reply, **fields):
        self.calls += 1
        call = self.channel.unary_unary(f"/tavana.v1.Worker/{name}", getattr(self.pb, request).SerializeToString, getattr(self.pb, reply).FromString)
        return call(getattr(self.pb, request)(**fields), timeout=20)

    def number(self, most=2**64):
        return self.random.choice([n for n in NUMBERS if n < most])

    def one_of(self, list):
        return self.random.choice(list) if self.random.random() < 0.9 else self.number()

    def sid(self):
        return self.session if self.random.random() < 0.97 else self.number()

    def closed(self):
        r = self.random
        if r.random() < 0.8:
            return None
        return self.pb.Closed(statements=[self.one_of(self.statements) for _ in range(r.randrange(3))], portals=[self.one_of(self.portals) for _ in range(r.randrange(3))])

    def fetch_fields(self):
        r, some = self.random, lambda p: self.random.random() < p
        f = {"session": self.sid(), "portal": self.one_of(self.portals), "from": self.number() if some(0.3) else 0, "max_rows": self.number(),
             "backward": some(0.2), "skip": some(0.2), "batch_bytes": self.number(), "batch_rows": self.number() if some(0.3) else 0,
             "formats": [r.choice([0, 1, 2, -1])] * r.randrange(3) if some(0.3) else []}
        if some(0.15):
            f["copy"] = self.pb.CopyFormat(format=r.choice([0, 1, 2, 3]), header=r.choice([0, 1, 2, 3]), delimiter=r.choice([9, 44, 0, 10, 2**31]), quote=34,
                                           escape=r.choice([34, 0]), null=r.choice([b"", b"\\N", b"\xff"]), force_quote=[True] * r.randrange(3))
        if some(0.1):
            f.update(passed_rows=self.number(), passed_hash=self.number())
        return f

    def step(self):
        r = self.random
        what = r.choice(("prepare", "prepare", "open", "open", "start", "start", "fetch", "fetch", "fetch", "park", "slice", "tx", "configure", "close", "split",
                         "cancel", "copy", "garbage", "close_session"))
        getattr(self, what)()

    def prepare(self):
        oids = [self.random.choice([0, 23, 25, 20, 4711, 2**32 - 1]) for _ in range(self.random.randrange(4))]
        m = self.unary("Prepare", "PrepareRequest", "PrepareReply", session=self.sid(), sql=self.random.choice(SQL), parameter_oids=oids, closed=self.closed())
        self.statements = (self.statements + [m.statement or 1])[-8:]

    def open(self):
        parameters = [self.pb.Parameter(is_null=self.random.random() < 0.2, format=self.random.choice([0, 0, 1, 2]), value=self.random.choice([b"", b"1", b"x", b"\0\0\0\1"]))
                      for _ in range(self.random.choice([0, 0, 1, 2, 3]))]
        m = self.unary("Open", "OpenRequest", "PortalReply", session=self.sid(), statement=self.one_of(self.statements), parameter=parameters, closed=self.closed())
        self.portals = (self.portals + [m.portal or 1])[-8:]

    def start(self):
        expected = self.pb.Expected(formats=[self.random.choice([0, 1, 2])] * self.random.randrange(3), whole=self.random.random() < 0.5) if self.random.random() < 0.3 else None
        self.unary("Start", "PortalRequest", "PortalReply", session=self.sid(), portal=self.one_of(self.portals), scroll=self.random.random() < 0.4, expected=expected)

    def fetch(self):
        call = self.channel.unary_stream("/tavana.v1.Worker/Fetch", self.pb.FetchRequest.SerializeToString, self.pb.FetchReply.FromString)
        stream = call(self.pb.FetchRequest(**self.fetch_fields()), timeout=20)
        for n, _ in enumerate(stream):
            if n > 3 and self.random.random() < 0.3:
                stream.cancel()
                break

    def park(self):
        self.unary("Park", "ParkRequest", "PortalReply", session=self.sid(), portal=self.one_of(self.portals), limit_us=self.random.choice([-1, 0, 1, 10**6, 2**63 - 1, -2**63]))

    def slice(self):
        m = self.unary("Slice", "FetchRequest", "PortalReply", **self.fetch_fields())
        self.portals = (self.portals + [m.portal or 1])[-8:]

    def tx(self):
        self.unary("Transaction", "TransactionRequest", "Reply", session=self.sid(), step=self.random.choice([0, 1, 2, 3, 4, 5, 5, 6, -1, 2**31 - 1]))

    def configure(self):
        change = self.random.choice([{}, {"reset": True}, {"search_path": self.random.choice(TEXTS)},
                                     {"formats": self.pb.Formats(time_zone=self.random.choice(TEXTS), extra_float_digits=self.random.choice([-16, 0, 1, 3, 4, 2**31 - 1]))}])
        self.unary("Configure", "ConfigureRequest", "Reply", session=self.sid(), **change)

    def close(self):
        self.unary("Close", "CloseRequest", "Reply", session=self.sid(), closed=self.closed())

    def split(self):
        self.unary("Split", "SplitRequest", "SplitReply", session=self.sid(), sql=self.random.choice(SQL))

    def cancel(self):
        self.unary("Cancel", "CancelRequest", "Reply", session=self.sid(), call=self.random.choice([0, 1, self.calls, 2**64 - 1] if self.random.random() < 0.1 else [1]))

    def copy(self):
        R = self.pb.CopyInRequest
        parts = [R(open={"session": self.sid(), "statement": self.random.choice(SQL[-9:])}), R(data=b"1\n"), R(data=b"x\n"), R(settle=True), R(finish=True), R(), R(finish=False)]
        parts = parts[:1] * (self.random.random() < 0.95) + self.random.choices(parts, k=self.random.randrange(4))
        for _ in self.channel.stream_stream("/tavana.v1.Worker/CopyIn", R.SerializeToString, self.pb.CopyInReply.FromString)(iter(parts), timeout=20):
            pass

    def garbage(self):
        name = self.random.choice(["Prepare", "Open", "Start", "Fetch", "Park", "Slice", "Configure", "Close", "CopyIn", "Cancel", "OpenSession", "Attach", "Nothing"])
        call = self.channel.stream_stream(f"/tavana.v1.Worker/{name}", lambda m: m, lambda m: m)
        for _ in call(iter([self.random.randbytes(self.random.choice([0, 1, 10, 5000])) for _ in range(self.random.randrange(3))]), timeout=5):
            break

    def close_session(self):
        if self.random.random() < 0.3:
            self.unary("CloseSession", "SessionRequest", "Reply", session=self.sid())

    def run(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                self.step()
            except grpc.RpcError as e:
                if e.code() == grpc.StatusCode.UNAVAILABLE and "session has ended" in (e.details() or ""):
                    self.renew()
            except ValueError:  # protobuf takes no such text or number itself
                pass
        self.attached.cancel()
        self.channel.close()


@pytest.mark.concurrent
def test_anything_in_any_order(pb):  # noqa: F811
    """Parallel gateways that say anything: the worker lives, and an honest one beside them is served."""
    seed = int(os.environ.get("TAVANA_SEED", "0")) or random.randrange(2**32)
    failed = []

    def lie(n):
        try:
            Liar(pb, w.port, seed + n).run(SECONDS)
        except Exception as e:  # noqa: BLE001 (told below, with the seed)
            failed.append(repr(e))

    with Worker() as w:
        w.wait_ready()
        threads = [threading.Thread(target=lie, args=(n,)) for n in range(4)]
        for t in threads:
            t.start()
        honest, until = Client(pb, w.port, options=[("grpc.use_local_subchannel_pool", 1)]), time.monotonic() + SECONDS
        while time.monotonic() < until and w.process.poll() is None:
            _, p = honest.start("from range(1000) t(i)")
            assert [r for m in honest.fetch(p) for r in rows_of(m.batch.rows)] == [(b"%d" % i,) for i in range(1000)]
            honest.call("CloseSession", session=honest.session)
            honest.session = honest.call("OpenSession", lease=honest.report.lease, user="tester", database="db").session
        for t in threads:
            t.join(120)
        assert w.process.poll() is None, (seed, w.log()[-6000:])
        assert not failed, (seed, failed)
        honest.close()
