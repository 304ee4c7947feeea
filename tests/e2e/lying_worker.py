"""A worker made of grpcio: honest about one table of ten rows, but for what LIES or a fuzzer change in its replies."""

import random
import struct
import time
from concurrent import futures

import grpc

ROWS = 10
METHODS = {"Attach": ("AttachRequest", "Report", "unary_stream"), "OpenSession": ("OpenSessionRequest", "OpenSessionReply", "unary_unary"),
           "CloseSession": ("SessionRequest", "Reply", "unary_unary"), "Cancel": ("CancelRequest", "Reply", "unary_unary"),
           "Configure": ("ConfigureRequest", "Reply", "unary_unary"), "Close": ("CloseRequest", "Reply", "unary_unary"),
           "Transaction": ("TransactionRequest", "Reply", "unary_unary"), "Split": ("SplitRequest", "SplitReply", "unary_unary"),
           "Prepare": ("PrepareRequest", "PrepareReply", "unary_unary"), "Open": ("OpenRequest", "PortalReply", "unary_unary"),
           "Start": ("PortalRequest", "PortalReply", "unary_unary"), "Fetch": ("FetchRequest", "FetchReply", "unary_stream"),
           "Park": ("ParkRequest", "PortalReply", "unary_unary"), "Slice": ("FetchRequest", "PortalReply", "unary_unary"),
           "CopyIn": ("CopyInRequest", "CopyInReply", "stream_stream")}


def row(i):
    values = [str(i).encode(), b"x"]
    body = struct.pack("!H", len(values)) + b"".join(struct.pack("!i", len(v)) + v for v in values)
    return b"D" + struct.pack("!i", len(body) + 4) + body


def line(i):
    body = b"%d\tx\n" % i
    return b"d" + struct.pack("!i", len(body) + 4) + body


class Portal:
    def __init__(self):
        self.started = self.complete = self.scroll = False
        self.first, self.rows, self.end, self.position = 0, 0, ROWS, 0


class Fake:
    """lie(method, replies): a reply as it goes out, one or several; called for each."""

    def __init__(self, pb, name="fake", lie=None, hang=None):
        self.pb, self.name, self.lie, self.hang = pb, name, lie or (lambda method, reply: [reply]), hang or (lambda method: None)
        self.portals, self.next, self.calls = {}, 100, []
        handlers = {}
        for method, (request, reply, shape) in METHODS.items():
            make = getattr(grpc, f"{shape}_rpc_method_handler")
            handlers[method] = make(self.wrap(method, shape), request_deserializer=getattr(pb, request).FromString,
                                    response_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString())
        options = [("grpc.so_reuseport", 0), ("grpc.max_send_message_length", -1)]
        self.server = grpc.server(futures.ThreadPoolExecutor(32), handlers=[grpc.method_handlers_generic_handler("tavana.v1.Worker", handlers)],
                                  options=options)
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def stop(self):
        self.server.stop(0)

    def wrap(self, method, shape):
        def stream(request, context):
            self.calls.append(method)
            self.hang(method)
            for reply in getattr(self, method)(request, context):
                yield from self.lie(method, reply)

        def unary(request, context):
            self.calls.append(method)
            self.hang(method)
            return self.lie(method, getattr(self, method)(request, context))[0]
        return unary if shape == "unary_unary" else stream

    def new_id(self):
        self.next += 1
        return self.next

    def state(self, p):
        return self.pb.PortalState(started=p.started, complete=p.complete, rows=p.rows, position=p.position)

    def Attach(self, request, context):
        lease = random.randrange(1, 2**63)
        while context.is_active():
            yield self.pb.Report(lease=lease, worker=self.name, version="1", streams_max=100)
            for _ in range(20):
                if not context.is_active():
                    return
                time.sleep(0.05)

    def OpenSession(self, request, context):
        return self.pb.OpenSessionReply(session=random.randrange(1, 2**63))

    def plain(self, request, context):
        return self.pb.Reply()

    CloseSession = Cancel = Configure = Close = Transaction = plain

    def Split(self, request, context):
        return self.pb.SplitReply(at=[0], length=[len(request.sql)])

    def Prepare(self, request, context):
        columns = self.pb.Columns(column=[self.pb.Column(name=b"a", type_oid=23, type_size=4, typmod=-1),
                                          self.pb.Column(name=b"b", type_oid=25, type_size=-1, typmod=-1)])
        return self.pb.PrepareReply(statement=self.new_id(), effect=0, tag="SELECT", tag_count=True, columns=columns, repeats=True)

    def Open(self, request, context):
        id, p = self.new_id(), Portal()
        self.portals[id] = p
        return self.pb.PortalReply(portal=id, state=self.state(p))

    def Start(self, request, context):
        p = self.portals[request.portal]
        p.started, p.scroll = True, request.scroll
        return self.pb.PortalReply(portal=request.portal, state=self.state(p))

    def Park(self, request, context):
        p = self.portals[request.portal]
        p.complete, p.rows = True, p.end
        return self.pb.PortalReply(portal=request.portal, state=self.state(p))

    def range(self, p, request):
        """The rows of a fetch, and where the portal stands then."""
        most = request.max_rows or ROWS
        if request.backward:
            rows = list(range(min(getattr(request, "from"), p.end) - 1, -1, -1))[:most]
            return rows, rows[-1] if rows else 0
        start = getattr(request, "from") if p.scroll else max(getattr(request, "from"), p.position)
        rows = list(range(start, p.end))[:most]
        if len(rows) < most or not request.max_rows:
            p.complete, p.rows = True, p.end
        p.rows = max(p.rows, rows[-1] + 1 if rows else 0)
        return rows, (rows[-1] + 1 if rows else (start if p.scroll else p.position))

    def Slice(self, request, context):
        p, piece, id = self.portals[request.portal], Portal(), self.new_id()
        rows, p.position = self.range(p, request)
        piece.started = piece.complete = True
        piece.rows = piece.end = len(rows)
        self.portals[id] = piece
        return self.pb.PortalReply(portal=id, state=self.state(piece), source=self.state(p))

    def Fetch(self, request, context):
        p = self.portals[request.portal]
        copy = request.HasField("copy")
        rows, p.position = self.range(p, request)
        for some in (rows[:4], rows[4:]):
            if some:
                made = b"" if request.skip else b"".join(line(i) if copy else row(i) for i in some)
                yield self.pb.FetchReply(batch=self.pb.Batch(count=len(some), last=bool(rows) and some[-1] == p.end - 1 and p.complete and not copy, rows=made))
        yield self.pb.FetchReply(trailer=self.pb.Trailer(state=self.state(p)))

    def CopyIn(self, requests, context):
        lines = 0
        for m in requests:
            part = m.WhichOneof("part")
            if part == "data":
                lines += m.data.count(b"\n")
            else:
                yield self.pb.CopyInReply(columns=2, rows=lines if part == "finish" else 0, line=lines)
