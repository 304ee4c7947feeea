"""client_encoding: what a client sends and is sent in another encoding than UTF8, the same as PostgreSQL's."""

import re
import struct

import pytest

from wire import B, D, E, P, Q, S, Wire, cstr, message, row_of

SINGLE = ("LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN866 WIN874 WIN1250 WIN1251 "
          "WIN1252 WIN1253 WIN1254 WIN1255 WIN1256 WIN1257 WIN1258 KOI8R KOI8U").split()
SEVERAL = {"EUC_JP": "日本語アロ", "EUC_CN": "中文汉字", "EUC_KR": "한국어", "EUC_TW": "中文", "SJIS": "日本語ソｱ", "BIG5": "中文功", "GBK": "中文丂", "UHC": "한국어똠",
           "GB18030": "中文ऄ€", "EUC_JIS_2004": "日本語", "SHIFT_JIS_2004": "日本語ソ"}
PYTHON = {"UHC": "cp949", "EUC_JIS_2004": "euc_jis_2004", "SHIFT_JIS_2004": "shift_jis_2004", "EUC_TW": None}


class Raw(Wire):
    """Values, errors and names of columns as bytes."""

    def note(self, kind, payload):
        if kind == "D":
            return row_of(payload)
        if kind in "EN":
            parts = dict((chr(p[0]), p[1:]) for p in payload.split(b"\0") if p)
            return (parts["C"].decode(), parts["M"], parts.get("D"), parts.get("P"))
        if kind == "T":
            return ("T", re.sub(rb"\0.{6}(.{4}).{8}", rb" \1 ", payload[2:], flags=re.DOTALL))
        if kind == "S":
            return (kind, payload)
        return super().note(kind, payload)

    def next(self):
        kind, payload = self.raw_next()
        if kind == "K":
            self.pid = struct.unpack("!I", payload[:4])[0]
        return kind, payload

    def raw_next(self):
        self.need(5)
        kind, (size,) = chr(self.buffer[0]), struct.unpack("!i", self.buffer[1:5])
        self.need(size + 1)
        payload, self.buffer = self.buffer[5:size + 1], self.buffer[size + 1:]
        return kind, payload


def both(server, postgres, *asked, **params):
    """What both answer to each of the lists of messages."""
    answers = []
    for one in (server, postgres):
        with Raw(one.address, **params) as w:
            answers.append([w.ask(*messages) for messages in asked])
    for messages, ours, theirs in zip(asked, *answers):
        assert ours == theirs, messages
    return answers[0]


def q(text):
    return [Q(text)]


@pytest.mark.parametrize("encoding", SINGLE)
def test_each_byte_of_an_encoding_of_bytes(server, postgres, encoding):
    every = [[P("select ascii($1), $1 || 'x'", oids=[25]), B(params=[bytes([b])]), E(), S] for b in range(128, 256)]
    both(server, postgres, q(f"set client_encoding = {encoding}"), *every)


@pytest.mark.parametrize("encoding", SINGLE)
def test_each_character_to_an_encoding_of_bytes(server, postgres, encoding):
    codes = [*range(0xa0, 0x340), *range(0x370, 0x600), *range(0x2010, 0x2130)]
    both(server, postgres, q(f"set client_encoding = {encoding}"), *(q(f"select chr({c})") for c in codes))


@pytest.mark.parametrize("encoding", SEVERAL)
def test_characters_of_several_bytes(server, postgres, encoding):
    text = SEVERAL[encoding]
    codec = PYTHON.get(encoding, encoding)
    sent = text.encode(codec) if codec else b"\xc4\xe3"
    broken = [[P("select $1", oids=[25]), B(params=[p]), E(), S] for p in (sent[:-1] if sent[-2] >= 0x80 else sent + b"\x80", b"\xff", b"a\0b", b"\x80")]
    both(server, postgres, q(f"set client_encoding = {encoding}"), [P("select length($1), $1", oids=[25]), B(params=[sent]), E(), S],
         [Q(b"select length('" + sent + b"'), '" + sent + b"' as \"" + sent + b"\"")], *broken)


def test_names_words_and_places_of_errors(server, postgres):
    both(server, postgres, q("set names 'latin1'"), q("show client_encoding"), q("select pg_client_encoding(), current_setting('client_encoding')"), q("show server_encoding"),
         [Q(b"select 1 as \"\xe9t\xe9\", '\xe9'::text, length('\xe9')")], [Q(b"select '\xe9\xe8'::int")], [Q(b"select \xe9t\xe9")], [Q(b"create temp table \"\xe9\" (\"\xe8\" int)")],
         [Q(b"select * from \"\xe9\"")], [Q(b"select \"\xe0\" from \"\xe9\"")], [Q(b"insert into \"\xe9\" values ('\xf1')")], q("select 1, chr(8364)"),
         [Q("select 1 as x; select chr(8364)")], q("set client_encoding = utf8"), q("select * from \"é\""), q("set client_encoding to 'Latin-9'"),
         q("show client_encoding"), [Q(b"select '\xa4', ascii('\xa4')")])


def test_who_sets_it(server, postgres):
    asked = [q("begin"), q("set client_encoding = latin1"), q("select chr(233)"), q("rollback"), q("select chr(233)"), q("begin"), q("set local client_encoding = latin1"),
             q("select chr(233)"), q("commit"), q("select chr(233)"), q("set client_encoding = latin9; select chr(8364)"), q("reset client_encoding"), q("select chr(8364)"),
             q("select set_config('client_encoding', 'win1252', false)"), q("select chr(8364)"), q("discard all"), q("select chr(233)")]
    both(server, postgres, *asked)
    both(server, postgres, q("select chr(233)"), q("set client_encoding = utf8"), q("select chr(233)"), q("reset client_encoding"), q("select chr(233)"), client_encoding="LATIN1")
    both(server, postgres, q("select chr(233)"), options="-c client_encoding=iso-8859-1")
    both(server, postgres, *(q(f"set client_encoding = '{name}'") for name in (
        "wat", "", "mule_internal", "UTF-8", "unicode", "sqlascii", "SQL_ASCII", "windows-1252", "koi8", "tcvn", "shift-jis", "iso 8859-15", "latin 1")), q("show client_encoding"))


def test_sql_ascii_is_sent_what_there_is(server, postgres):
    both(server, postgres, q("set client_encoding = sql_ascii"), q("select 'é', chr(8364)"), [Q(b"select '\xe9'")], [P("select $1", oids=[25]), B(params=[b"\xe9"]), E(), S])


def test_binary_values(server, postgres):
    def ask(sql, params=(), oids=(), formats=(1,)):
        return [P(sql, oids=oids), B(params=params, formats=formats if params else (), results=[1]), D(), E(), S]

    jsonb, array = b"\x01{\"a\": \"\xe9\"}", struct.pack("!iiIii", 1, 1, 25, 3, 1) + struct.pack("!i", 1) + b"\xe9" + struct.pack("!i", -1) + struct.pack("!i", 3) + b"x\xe8y"
    both(server, postgres, q("set client_encoding = latin1"), ask("select chr(233), 233, null::text, '\\xe9'::bytea, chr(232)::text"), ask("select array[chr(233), null, 'x']"),
         ask("select array[[chr(233)], ['y']]"), ask("select '{\"a\": \"b\"}'::jsonb, array['\\xe9'::bytea]"), ask("select $1 || 'z', octet_length($1)", [b"\xe9\xe8"], [25]),
         ask("select $1", [jsonb], [3802]), ask("select $1[3], $1", [array], [1009]), ask("select $1", [b"\xe9\xe8"], [17]), ask("select $1::text", [b"\0\0\0\xe9"], [23]),
         ask("select $1", [b"a\0"], [25]), ask("select chr(8364)"))


def test_extended_protocol_names(server, postgres):
    both(server, postgres, q("set client_encoding = latin1"), [P(b"select '\xe9'", name=b"\xe9"), B(b"\xe8", b"\xe9"), D("S", b"\xe9"), D("P", b"\xe8"), E(0, b"\xe8"), S],
         [B(b"", b"\xe0"), S], [Q(b"execute \"\xe9\"")], [D("P", b"\xe0"), S], q("set client_encoding = utf8"), [B("", "é"), E(), S], [P("select chr(8364) as \"€\""), S],
         q("set client_encoding = latin1"), [D("S", ""), S], [B(), D(), E(), S], q("select 1 as x"))


def test_cursors(server, postgres):
    both(server, postgres, q("set client_encoding = win1252"), q("begin"), q("declare c scroll cursor for select chr(8364) || i from generate_series(1, 9) i"), q("fetch 3 c"),
         q("set client_encoding = latin9"), q("fetch 3 c"), q("set client_encoding = utf8"), q("fetch 1 c"), q("set client_encoding = latin1"), q("fetch backward 1 c"), q("rollback"),
         q("begin"), [Q(b"declare \"\xe9\" binary cursor for select chr(233), 233")], [Q(b"fetch all \"\xe9\"")], q("commit"))


@pytest.mark.parametrize("encoding, sent", [("LATIN1", "é1\tü\nßx\tn\n".encode("latin1")), ("SJIS", "ソ1\t日本語\nアx\t表\n".encode("cp932")), ("GB18030", "ऄ\t中\n€\tx\n".encode("gb18030"))])
def test_copy(server, postgres, encoding, sent):
    """However its messages are cut."""
    for size in (1, 2, 3, len(sent)):
        data = [message("d", sent[i:i + size]) for i in range(0, len(sent), size)]
        both(server, postgres, q("create temp table t (a text, b text)"), q(f"set client_encoding = {encoding}"), [Q("copy t from stdin"), *data, message("c"), Q("select * from t"),
             Q("copy t to stdout"), Q("copy t to stdout csv header"), Q("select length(a), length(b) from t"), Q("copy t to stdout binary")])


def test_copy_of_what_is_no_text(server, postgres):
    for data, end in ((b"1\tx\n2\t\x82\n", "c"), (b"1\tx\nx\ty\n2\t\xff\n", "c"), (b"1\t\x93", "c"), (b"1\t\x93\xfa\n", "f")):
        both(server, postgres, q("create temp table t (a int, b text)"), q("set client_encoding = sjis"),
             [Q("copy t from stdin"), message("d", data), message(end, cstr(b"\x93\xfa") if end == "f" else b""), Q("select * from t")])
    both(server, postgres, q("set client_encoding = latin1"), q("copy (select chr(233) union all select chr(8364)) to stdout"), q("select 1"))


def test_long_results_and_long_statements(server):
    """A row of many megabytes, many rows, and a statement in many pieces."""
    with Raw(server.address, client_encoding="LATIN1") as w:
        rows = [m for m in w.ask(Q("select repeat(chr(233), 20000000)")) if isinstance(m, tuple) and m[0] != "T"]
        assert rows == [(b"\xe9" * 20000000,)]
        rows = [m for m in w.ask(Q("select chr(233) || i, i from generate_series(1, 300000) g(i) order by i")) if isinstance(m, tuple) and m[0] != "T"]
        assert len(rows) == 300000 and all(r == (b"\xe9%d" % i, b"%d" % i) for i, r in enumerate(rows, 1))
        statement = b"select length('" + b"\xe9" * 3000000 + b"')"
        whole = Q(statement)
        for at in range(0, len(whole), 100001):
            w.send(whole[at:at + 100001])
        assert (b"3000000",) in w.until_ready()
        w.send(Q("select case when i < 250000 then chr(233) else chr(8364) end from generate_series(1, 300000) g(i) order by i"))
        answers = w.until_ready()
        assert answers[-2][0] == "22P05" and answers[-1] == "Z:I" and sum(a == (b"\xe9",) for a in answers) == 249999
        assert (b"1",) in w.ask(Q("select 1"))


def test_notices_and_notifications(server, postgres):
    both(server, postgres, q("set client_encoding = latin1"), [Q(b"drop table if exists \"\xe9\xe8\"")], [Q(b"set application_name = 'caf\xe9'")])
    with Raw(server.address) as w:
        w.ask(*q("set client_encoding = latin1"), *q("listen \"a\""))
        kind, payload = "", b""
        w.send(Q(b"notify a, '\xe9'"))
        while kind != "Z":
            kind, payload = w.next()
            if kind == "A":
                assert payload[4:] == b"a\0\xe9\0"
                break
        else:
            raise AssertionError("no notification")


def test_binary_copy_in_is_refused_in_another_encoding(server):
    with Raw(server.address, client_encoding="LATIN1") as w:
        answers = w.ask(*q("create temp table t (a text)"), Q("copy t from stdin binary"), syncs=2)
        assert any(a[0] == "0A000" and b"binary format" in a[1] for a in answers if isinstance(a, tuple))


def test_a_file_in_an_encoding_of_its_own(server, postgres):
    both(server, postgres, q("create temp table t (a text)"), q("set client_encoding = latin1"), [Q("copy t from stdin (encoding 'utf8')"), message("d", "é\u20ac\n".encode()), message("c")],
         [Q("copy t from stdin (encoding 'win1252'); select length(a) from t"), message("d", b"\x80"), message("c")], q("copy t to stdout (encoding 'utf8')"),
         q("copy t to stdout (encoding 'latin9'); select length(a), 'x' from t"), q("copy t to stdout"), q("copy t to stdout (encoding 'foo')"),
         [Q(b"copy t from stdin (encoding 'utf8'); select '\xe9'"), message("d", b"\xe9\x7a\x7a\n"), message("c"), Q(b"select '\xe9'")], q("set client_encoding = utf8"), q("copy t to stdout (encoding 'latin9')"))
