"""`tavana worker` as any gRPC client sees it: stubs made from proto/, grpcio, nothing of ours in between."""

import importlib
import struct
import subprocess
import sys

import grpc
import pytest

from conftest import HOST, ROOT, Worker

METHODS = {"OpenSession": ("OpenSessionRequest", "OpenSessionReply"), "CloseSession": ("SessionRequest", "Reply"), "Prepare": ("PrepareRequest", "PrepareReply"),
           "Open": ("OpenRequest", "PortalReply"), "Start": ("PortalRequest", "PortalReply"), "Transaction": ("TransactionRequest", "Reply"),
           "Cancel": ("CancelRequest", "Reply"), "Park": ("ParkRequest", "PortalReply"), "Slice": ("FetchRequest", "PortalReply"),
           "Configure": ("ConfigureRequest", "Reply")}


@pytest.fixture(scope="session")
def pb(tmp_path_factory):
    out = tmp_path_factory.mktemp("pb")
    subprocess.run(["protoc", f"--proto_path={ROOT}/proto", f"--python_out={out}", "tavana/v1/worker.proto"], check=True)
    sys.path.insert(0, str(out))
    return importlib.import_module("tavana.v1.worker_pb2")


class Client:
    def __init__(self, pb, port, **kw):
        self.pb = pb
        self.channel = grpc.insecure_channel(f"{HOST}:{port}", **kw)
        self.attached = self.channel.unary_stream("/tavana.v1.Worker/Attach", pb.AttachRequest.SerializeToString, pb.Report.FromString)(
            pb.AttachRequest(gateway="test"))
        self.report = next(self.attached)
        self.session = self.call("OpenSession", lease=self.report.lease, user="tester", database="db").session

    def call(self, name, **fields):
        request, reply = (getattr(self.pb, n) for n in METHODS[name])
        return self.channel.unary_unary(f"/tavana.v1.Worker/{name}", request.SerializeToString, reply.FromString)(request(**fields), timeout=60)

    def start(self, sql, *params):
        st = self.call("Prepare", session=self.session, sql=sql.encode())
        assert not st.error.sqlstate, st.error
        portal = self.call("Open", session=self.session, statement=st.statement, parameter=[self.pb.Parameter(value=p.encode()) for p in params])
        assert not portal.error.sqlstate, portal.error
        started = self.call("Start", session=self.session, portal=portal.portal)
        assert not started.error.sqlstate, started.error
        return st, portal.portal

    def fetch(self, portal, **fields):
        request = self.pb.FetchRequest(session=self.session, portal=portal, batch_bytes=65536, **fields)
        return self.channel.unary_stream("/tavana.v1.Worker/Fetch", self.pb.FetchRequest.SerializeToString, self.pb.FetchReply.FromString)(request)

    def close(self):
        self.attached.cancel()
        self.channel.close()


def rows_of(batch):
    at = 0
    while at < len(batch):
        assert batch[at:at + 1] == b"D"
        length, columns = struct.unpack_from("!ih", batch, at + 1)
        row, p = [], at + 7
        for _ in range(columns):
            n, = struct.unpack_from("!i", batch, p)
            p += 4
            row.append(None if n < 0 else batch[p:p + n])
            p += max(n, 0)
        at += 1 + length
        assert p == at
        yield tuple(row)


@pytest.fixture(scope="module")
def worker():
    with Worker() as w:
        w.wait_ready()
        yield w


@pytest.fixture
def client(pb, worker):
    c = Client(pb, worker.port)
    yield c
    c.close()


def test_a_query(client, pb):
    st, portal = client.start("select i, 'row ' || i as text, null from range(100000) t(i) where i >= $1::int", "7")
    assert [(c.name, c.type_oid) for c in st.columns.column][:2] == [(b"i", 20), (b"text", 25)] and list(st.parameter_oids) == [23]
    assert st.effect == pb.PrepareReply.READS and st.tag == "SELECT"
    got, trailer = [], None
    for reply in client.fetch(portal):
        assert trailer is None, "nothing follows the trailer"
        if reply.WhichOneof("part") == "trailer":
            trailer = reply.trailer
            continue
        rows = list(rows_of(reply.batch.rows))
        assert len(rows) == reply.batch.count and len(reply.batch.rows) <= 256 * 1024
        got += rows
    assert got == [(b"%d" % i, b"row %d" % i, None) for i in range(7, 100000)]
    assert trailer.state.complete and trailer.state.rows == 99993 and not trailer.error.sqlstate


def test_pages_in_both_formats(client):
    _, portal = client.start("from range(5) t(i)")
    first = list(client.fetch(portal, max_rows=2))
    second = list(client.fetch(portal, max_rows=2, formats=[1]))
    assert [r for m in first for r in rows_of(m.batch.rows)] == [(b"0",), (b"1",)]
    assert [r for m in second for r in rows_of(m.batch.rows)] == [(struct.pack("!q", 2),), (struct.pack("!q", 3),)]
    assert second[-1].trailer.state.position == 4 and not second[-1].trailer.state.complete


def test_errors(client, pb):
    st = client.call("Prepare", session=client.session, sql=b"select nope")
    assert (st.error.sqlstate, st.error.position) == ("42703", 8) and "nope" in st.error.message
    _, portal = client.start("select case when i = 5000 then 'x' else '1' end::int from range(10000) t(i)")
    trailer = list(client.fetch(portal))[-1].trailer
    assert trailer.error.sqlstate == "22P02" and not trailer.state.complete
    with pytest.raises(grpc.RpcError) as e:
        client.call("Prepare", session=client.session + 1000, sql=b"select 1")
    assert e.value.code() == grpc.StatusCode.UNAVAILABLE


def test_leaving_a_stream_stops_the_scan(client, worker):
    _, portal = client.start("select i, repeat('x', 100) from range(100000000000) t(i)")
    stream = client.fetch(portal)
    next(stream)
    stream.cancel()
    _, portal = client.start("select 1 + 1")
    assert [r for m in client.fetch(portal) for r in rows_of(m.batch.rows)] == [(b"2",)]
    assert worker.metric("tavana_worker_streams") == 0


def test_passed_rows(client, pb):
    """A stream that goes on where another worker's ended: only after the same rows."""
    import xxhash
    _, portal = client.start("from range(100000) t(i)")
    h, n = xxhash.xxh3_64(), 0
    for reply in client.fetch(portal, max_rows=30000):
        if reply.WhichOneof("part") == "batch":
            h.update(reply.batch.rows)
            n += reply.batch.count
    assert n == 30000
    _, again = client.start("from range(100000) t(i)")
    rest = [r for m in client.fetch(again, passed_rows=n, passed_hash=h.intdigest()) for r in rows_of(m.batch.rows)]
    assert rest == [(b"%d" % i,) for i in range(30000, 100000)]
    for sql, rows in (("select i + 1 from range(100000) t(i)", n), ("from range(100) t(i)", n), ("from range(100000) t(i)", n - 1)):
        _, other = client.start(sql)
        replies = list(client.fetch(other, passed_rows=rows, passed_hash=h.intdigest()))
        assert len(replies) == 1 and replies[0].trailer.error.sqlstate == "40001"


def test_sessions_end_with_their_lease(pb, worker):
    c = Client(pb, worker.port)
    other = Client(pb, worker.port)
    assert not other.call("Transaction", session=other.session, step=pb.TransactionRequest.BEGIN).error.sqlstate
    c.attached.cancel()
    with pytest.raises(grpc.RpcError):
        for _ in range(200):
            c.call("Prepare", session=c.session, sql=b"select 1")
    assert not other.call("Transaction", session=other.session, step=pb.TransactionRequest.COMMIT).error.sqlstate
    c.close()
    other.close()


def test_health(client, worker):
    check = client.channel.unary_unary("/grpc.health.v1.Health/Check", lambda m: m, lambda m: m)
    assert check(b"", timeout=10) == b"\x08\x01" and check(b"\x0a\x10tavana.v1.Worker", timeout=10) == b"\x08\x01"  # SERVING
    with pytest.raises(grpc.RpcError) as e:
        check(b"\x0a\x04what", timeout=10)
    assert e.value.code() == grpc.StatusCode.NOT_FOUND
