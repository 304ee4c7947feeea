"""A PostgreSQL client that shows every message: requests are built one by one, replies come back in the short notation of
the tests: 1 2 3 (Parse, Bind, Close complete), t (ParameterDescription), T (RowDescription), n (NoData), a row as a
tuple, susp, empty, cc"TAG", err:CODE, fatal:CODE, notice:CODE, Z:STATUS, ps:NAME=VALUE."""

import collections
import hashlib
import hmac
import base64
import os
import socket
import struct

PROTOCOL_3_0 = 196608
PROTOCOL_3_2 = 196610
QUIET = "SK"  # ParameterStatus and BackendKeyData are left out unless asked for


def cstr(text):
    return (text if isinstance(text, bytes) else text.encode()) + b"\0"


def message(kind, payload=b""):
    return kind.encode() + struct.pack("!i", len(payload) + 4) + payload


def Q(sql):
    return message("Q", cstr(sql))


def P(sql, name="", oids=()):
    return message("P", cstr(name) + cstr(sql) + struct.pack("!h", len(oids)) + b"".join(struct.pack("!I", o) for o in oids))


def B(portal="", statement="", params=(), formats=(), results=()):
    """params: str, bytes or None."""
    body = cstr(portal) + cstr(statement)
    body += struct.pack("!h", len(formats)) + b"".join(struct.pack("!h", f) for f in formats)
    body += struct.pack("!h", len(params))
    for p in params:
        if p is None:
            body += struct.pack("!i", -1)
        else:
            p = p.encode() if isinstance(p, str) else p
            body += struct.pack("!i", len(p)) + p
    body += struct.pack("!h", len(results)) + b"".join(struct.pack("!h", f) for f in results)
    return message("B", body)


def D(kind="P", name=""):
    return message("D", kind.encode() + cstr(name))


def E(max_rows=0, portal=""):
    return message("E", cstr(portal) + struct.pack("!i", max_rows))


def C(kind="P", name=""):
    return message("C", kind.encode() + cstr(name))


S = message("S")
H = message("H")
X = message("X")


class Closed(Exception):
    """The server has closed the connection."""


class Error(Exception):
    """An ErrorResponse where none was expected."""

    def __init__(self, fields):
        super().__init__(f"{fields.get('C')}: {fields.get('M')}")
        self.fields = fields


SAID = collections.deque(maxlen=1000)  # by servers: the texts of errors and notices of one test


def fields_of(payload):
    out = {}
    for part in payload.split(b"\0"):
        if part:
            out[chr(part[0])] = part[1:].decode()
    return out


def row_of(payload):
    n, at, values = struct.unpack("!H", payload[:2])[0], 2, []
    for _ in range(n):
        (size,) = struct.unpack("!i", payload[at:at + 4])
        at += 4
        values.append(None if size < 0 else payload[at:at + size])
        at += max(size, 0)
    return tuple(values)


class Column:
    def __init__(self, payload, at):
        end = payload.index(b"\0", at)
        self.name = payload[at:end].decode()
        (self.table, self.attnum, self.oid, self.size, self.typmod, self.format) = struct.unpack(
            "!IhIhih", payload[end + 1:end + 19])
        self.end = end + 19

    def key(self):
        return (self.name, self.oid, self.size, self.typmod, self.format)


def columns_of(payload):
    n, at, columns = struct.unpack("!H", payload[:2])[0], 2, []
    for _ in range(n):
        columns.append(Column(payload, at))
        at = columns[-1].end
    return columns


class Wire:
    """One connection. address: (host, port) or a Unix socket's path."""

    def __init__(self, address, user="tester", database="db", password=None, protocol=PROTOCOL_3_0, start=True,
                 timeout=30, **params):
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(timeout)
            self.sock.connect(address)
        else:
            self.sock = socket.create_connection(address, timeout)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parameters, self.pid, self.key, self.buffer = {}, None, None, b""
        self.last_error, self.last_notice, self.columns, self.oids = {}, {}, [], []
        if start:
            self.start(user, database, password, protocol, **params)

    def send(self, *messages):
        self.sock.sendall(b"".join(messages))

    def need(self, n):
        while len(self.buffer) < n:
            data = self.sock.recv(262144)
            if not data:
                raise Closed()
            self.buffer += data

    def next(self):
        """(type, payload)"""
        self.need(5)
        kind, (size,) = chr(self.buffer[0]), struct.unpack("!i", self.buffer[1:5])
        self.need(size + 1)
        payload, self.buffer = self.buffer[5:size + 1], self.buffer[size + 1:]
        if kind == "S":
            name, value = payload[:-1].split(b"\0")
            self.parameters[name.decode()] = value.decode()
        elif kind == "K":
            self.pid, self.key = struct.unpack("!I", payload[:4])[0], payload[4:]
        elif kind in "EN":
            said = fields_of(payload)
            SAID.append(said["M"])
            if kind == "E":
                self.last_error = said
            else:
                self.last_notice = said
        elif kind == "T":
            self.columns = columns_of(payload)
        elif kind == "t":
            self.oids = list(struct.unpack(f"!{(len(payload) - 2) // 4}I", payload[2:]))
        return kind, payload

    def start_packet(self, user="tester", database="db", protocol=PROTOCOL_3_0, **params):
        body = struct.pack("!i", protocol)
        for name, value in {"user": user, "database": database, **params}.items():
            if value is not None:
                body += cstr(name) + cstr(value)
        body += b"\0"
        return struct.pack("!i", len(body) + 4) + body

    def start(self, user, database, password, protocol, **params):
        self.send(self.start_packet(user, database, protocol, **params))
        self.negotiated = None  # or (version, [options not known])
        while True:
            kind, payload = self.next()
            if kind == "R":
                self.authenticate(user, password, payload)
            elif kind == "v":
                version, count = struct.unpack("!Ii", payload[:8])
                self.negotiated = (version, [o.decode() for o in payload[8:].split(b"\0")[:count]])
            elif kind == "E":
                raise Error(self.last_error)
            elif kind == "Z":
                return

    def authenticate(self, user, password, payload):
        code, rest = struct.unpack("!i", payload[:4])[0], payload[4:]
        if code == 10:
            self.nonce = base64.b64encode(os.urandom(18)).decode()
            self.bare = f"n=,r={self.nonce}"
            first = ("n,," + self.bare).encode()
            self.send(message("p", cstr("SCRAM-SHA-256") + struct.pack("!i", len(first)) + first))
        elif code == 11:
            server = dict(p.split("=", 1) for p in rest.decode().split(","))
            salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(server["s"]), int(server["i"]))
            client_key = hmac.digest(salted, b"Client Key", "sha256")
            final = f"c=biws,r={server['r']}"
            auth = f"{self.bare},{rest.decode()},{final}".encode()
            signature = hmac.digest(hashlib.sha256(client_key).digest(), auth, "sha256")
            proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature))).decode()
            self.send(message("p", f"{final},p={proof}".encode()))

    def note(self, kind, payload):
        if kind in "123n":
            return kind
        if kind in "tT":
            return kind
        if kind == "D":
            return tuple(None if v is None else v.decode(errors="backslashreplace") for v in row_of(payload))
        if kind == "s":
            return "susp"
        if kind == "I":
            return "empty"
        if kind == "C":
            return f'cc"{payload[:-1].decode()}"'
        if kind == "E":
            f = fields_of(payload)
            return f"{'fatal' if f['S'] == 'FATAL' else 'err'}:{f['C']}"
        if kind == "N":
            return f"notice:{fields_of(payload)['C']}"
        if kind == "Z":
            return f"Z:{payload.decode()}"
        if kind == "S":
            name, value = payload[:-1].split(b"\0")
            return f"ps:{name.decode()}={value.decode()}"
        return kind

    def full_note(self, kind, payload):
        """With what the short form leaves out: columns, parameter types, severity and text."""
        note = self.note(kind, payload)
        if kind == "T":
            return (note, *(c.key() for c in self.columns))
        if kind == "t":
            return (note, *self.oids)
        if kind in "EN":
            said = self.last_error if kind == "E" else self.last_notice
            return (note, said["S"], said["V"], said["M"])
        return note

    def until_ready(self, syncs=1, quiet=QUIET, full=False):
        """Notes up to the last of so many ReadyForQuery, or "closed"."""
        notes = []
        while syncs:
            try:
                kind, payload = self.next()
            except (Closed, ConnectionError):
                return notes + ["closed"]
            if kind not in quiet:
                notes.append(self.full_note(kind, payload) if full else self.note(kind, payload))
            syncs -= kind == "Z"
        return notes

    def ask(self, *messages, syncs=None, quiet=QUIET, full=False):
        """Sends and reads to the last ReadyForQuery that they cause: one for each Q and S."""
        if syncs is None:
            syncs = sum(m[:1] in (b"Q", b"S") for m in messages)
        self.send(*messages)
        return self.until_ready(syncs, quiet, full)

    def notes(self, n):
        """So many messages, for what Flush or nothing ends."""
        out = []
        while len(out) < n:
            kind, payload = self.next()
            if kind not in QUIET:
                out.append(self.note(kind, payload))
        return out

    def raw_rows(self, sql, params=(), oids=(), binary=False):
        """Payload bytes of each value, through the extended protocol."""
        fmt = [1] if binary else [0]
        self.send(P(sql, oids=oids), B(params=params, results=fmt), D(), E(), S)
        rows, error = [], None
        while True:
            kind, payload = self.next()
            if kind == "D":
                rows.append(row_of(payload))
            elif kind == "E":
                error = fields_of(payload)
            elif kind == "Z":
                if error:
                    raise Error(error)
                return rows

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def cancel(address, pid, key):
    """Sends a CancelRequest; returns what comes back (nothing should)."""
    with socket.create_connection(address, 10) as s:
        s.sendall(struct.pack("!iiI", 12 + len(key), 80877102, pid) + key)
        return s.recv(100)
