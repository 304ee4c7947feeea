"""Every function of the engine with odd arguments, in random sessions, against a server that is started again when it dies: what
ended the process is listed, the call that does it found among those that ran. After each death the server has to answer again
soon, with what was committed, and who connects meanwhile waits and gets in.

    FUZZ_SECONDS=1800 FUZZ_SEED=1 python tests/e2e/fuzz_functions.py [FILE]     the list goes to FILE, too"""

import collections
import contextlib
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

from conftest import Server
from wire import Closed, Q, Wire

SESSIONS = 3
ADDRESS_SPACE = 8 << 20  # kilobytes, for what the engine takes without counting it: a machine that is out of memory tells nothing
BACK_SECONDS = 2
LAST = 4  # statements of a session that may be what ended it: the heap may have been harmed before
KEPT = 200  # a dying engine refuses many more before the process has ended: those that failed as none should are tried as well
FATAL = ("XX000", "57P02", "58000")

DEEP = [f"(repeat('{a}', {n}) || repeat('{b}', {n}))" for n in (100, 5000, 200000) for a, b in (("[", "]"), ('{"a":', "}"), ("(", ")"))]
JSONS = ["'{\"a\": [1, null, {\"b\": 2.5e300}]}'::json", "'[]'::json", "'null'::json", "'\"x\"'::json", "'{\"$ref\": \"#\"}'::json", "''"]
VALUES = [
    "null", "true", "0", "1", "-1", "7", "127::tinyint", "255::utinyint", "32767::smallint", "2147483647", "-2147483648", "9223372036854775807",
    "(-9223372036854775808)::bigint", "18446744073709551615::ubigint", "170141183460469231731687303715884105727::hugeint", "0.1::decimal(38,37)",
    "'nan'::double", "'inf'::double", "'-inf'::float", "1e308", "-0.0::double", "5e-324", "123456789012345678901234567890123456789::bignum",
    "''", "'a'", "'ä€😀'", "'%'", "'\\x00'::blob", "repeat('x', 100000)", "repeat('ab', 40)::blob", "chr(0)", "'a.b[*]'", "'$.a[0]'", "'$**'", "'/a/0'",
    "'('", "'(a*)*$'", "'[[:alpha:]]{1000}'", "'%Y-%m-%d %g'", "'P1Y'", "'/nonexistent'", "'select 1'", "'range'", "'main'", "'memory'", "'utf-8'",
    "date '0001-01-01'", "date 'infinity'", "date '5877642-06-25 (BC)'", "date '5881580-07-10'", "timestamp '-infinity'", "timestamp '294247-01-10 04:00:54'",
    "timestamptz '2024-02-29 00:00:00+14'", "time '24:00:00'", "timetz '00:00:00+15:59'", "interval '178000000 years'", "interval '-1 month'", "interval '0'",
    "timestamp_ns '1677-09-22'", "timestamp_s '2024-01-01'", "uuid '00000000-0000-0000-0000-000000000000'", "'0101'::bit", "''::bit",
    "[]", "[1, 2, null]", "['a', null]", "[[1], [], null]", "[{'a': 1}, null]", "range(3000)", "[1.5, 2.5]::float[2]", "[1, 2, 3]::float[3]", "[null]::int[1]",
    "{'a': 1, 'b': [2]}", "row(1, 'x')", "map {1: 'a'}", "map {}", "map {[1]: {'k': null}}", "union_value(k := 1)", "'x'::enum('x', 'y')",
    "1::variant", "'x'::varchar::variant", "{'a': [1]}::variant", "[1, 'x'::variant]", "null::variant", "i", "i::variant", "i::varchar", "[i]", "{'k': i}",
    "lambda x: x", "lambda x, y: x + y", "*", "'1 day'::interval", "current_date", "random()", "(select null)", "(select max(j) from range(10) u(j))",
    *JSONS, *DEEP,
]
# By the type that a function asks for; half of the arguments come from here, so that calls get past the binder.
OF_TYPE = {
    "JSON": JSONS + [f"{d}::json" for d in DEEP[:6]], "VARIANT": ["1::variant", "{'a': [1]}::variant", "[[1], []]::variant", "i::variant"],
    "BLOB": ["'\\x00\\xff'::blob", "''::blob", "repeat('ab', 40)::blob"], "INTERVAL": ["interval '-1 month'", "interval '178000000 years'"],
    "VARCHAR": ["''", "'a'", "'ä€😀'", "repeat('x', 100000)", "'$.a[0]'", "'(a*)*$'", "i::varchar", *DEEP],
}
RUNS = ["select {}", "select {} from range(3) t(i)", "select {} from range(3000) t(i)", "select count(*) from range(5000) t(i) where ({}) is not null",
        "select {} over (order by i) from range(300) t(i)", "select {} from range(500) t(i) group by i % 7", "select ({})::varchar from range(50) t(i)",
        "select ({})::variant from range(50) t(i)"]


class Calls:
    """Random statements about the functions that there are."""

    def __init__(self, functions, seed):
        self.functions, self.rng = functions, random.Random(seed)

    def argument(self, kind):
        pool = OF_TYPE.get(kind.split("(")[0])
        if pool and self.rng.random() < 0.5:
            return self.rng.choice(pool)
        if kind and self.rng.random() < 0.3 and kind not in ("ANY", "T", "LAMBDA"):
            return f"try_cast({self.rng.choice(VALUES)} as {kind})"
        return self.rng.choice(VALUES)

    def call(self):
        name, kind, types = self.rng.choice(self.functions)
        types = list(types)
        if self.rng.random() < 0.2:
            types = types[:self.rng.randrange(len(types) + 1)] + [""] * self.rng.randrange(3)
        args = ", ".join(self.argument(t) for t in types)
        return kind, f'"{name}"({args})'

    def statement(self):
        kind, call = self.call()
        if kind in ("table", "table_macro"):
            return f"select * from {call.replace('i::', '1::')} limit 100"
        if kind == "pragma":
            return f"call {call}"
        return self.rng.choice(RUNS).format(call)


def functions_of(wire):
    wire.send(Q("select distinct function_name, function_type, array_to_string(coalesce(parameter_types, []), '|') from duckdb_functions() "
                "where function_name not like '%\"%' and internal order by all"))
    rows = [m for m in wire.until_ready() if isinstance(m, tuple)]
    return [(name, kind, [t for t in types.split("|") if t] if types else []) for name, kind, types in rows]


class Target:
    """The server, and what was committed in it."""

    def __init__(self, directory):
        self.committed = 0
        self.server = Server("--restart", "on", "--statement-timeout", "5s", "--memory-limit", "1GB", "--log-level", "warning",
                             "--shutdown-timeout", "1s", database=pathlib.Path(directory) / "fuzz.duckdb", workers=0,
                             within=("sh", "-c", f'ulimit -v {ADDRESS_SPACE}; exec "$@"', "sh"))
        with self.server.wire(timeout=10) as w:
            w.ask(Q("create table marks as select 0 as n"))
            self.functions = functions_of(w)

    def mark(self):
        with self.server.wire(timeout=10) as w:
            done = w.ask(Q(f"insert into marks values ({self.committed + 1})"))
            if any("INSERT" in str(m) for m in done):
                self.committed += 1

    def check(self):
        """Who connects while there is no server gets in, and sees what was committed. Returns the seconds that it took."""
        begun = time.monotonic()
        with self.server.wire(timeout=30) as w:
            (there,) = [int(m[0]) for m in w.ask(Q("select max(n) from marks")) if isinstance(m, tuple)]
            assert there in (self.committed, self.committed + 1), "what was committed is not there"  # of the last one the answer may be lost
            self.committed = there
        return time.monotonic() - begun

    def deaths(self):
        """Who asks in the moment of one is cut off, and asks again."""
        for _ in range(10):
            with contextlib.suppress(OSError):
                return self.server.metric("tavana_restarts_total")
        raise AssertionError(self.server.log()[-4000:])

    def told(self):
        """What the parent logged of the last death."""
        lines = self.server.log().splitlines()
        died = max(i for i, line in enumerate(lines) if "server_process_died" in line)
        return lines[died:died + 1 + SESSIONS]


def ask(wire, sql):
    """The SQLSTATE of its error, or ""; None: the connection is gone, so the server may be."""
    wire.last_error = {}
    try:
        wire.send(Q(sql))
        wire.until_ready()
    except (Closed, OSError, UnicodeDecodeError):
        return None
    return wire.last_error.get("C", "")


class Session(threading.Thread):
    def __init__(self, fuzz, seed):
        super().__init__()
        self.fuzz, self.calls, self.last, self.count = fuzz, Calls(fuzz.target.functions, seed), collections.deque(maxlen=KEPT), 0

    def run(self):
        while not self.fuzz.over.is_set():
            with contextlib.suppress(Closed, OSError, AssertionError), self.fuzz.target.server.wire(timeout=20) as w:
                for _ in range(self.calls.rng.randrange(1, 200)):
                    if self.fuzz.over.is_set():
                        return
                    sql = self.calls.statement()
                    self.last.append([sql, None, ""])
                    self.count += 1
                    code = ask(w, sql)
                    self.last[-1][1:] = code, w.last_error.get("M", "")
                    if code is None:
                        break


class Fuzz:
    """One round of sessions until the server dies or time is up; then what did it."""

    def __init__(self, target, seed, until):
        self.target, self.over, self.until = target, threading.Event(), until
        self.sessions = [Session(self, seed * 1000 + i) for i in range(SESSIONS)]

    def run(self):
        before = self.target.deaths()
        died = False
        for s in self.sessions:
            s.start()
        while time.monotonic() < self.until and not died:
            with contextlib.suppress(Closed, OSError):
                self.target.mark()
            died = self.target.deaths() > before
            time.sleep(0.05)
        self.over.set()
        took = self.target.check() if died else 0
        for s in self.sessions:
            s.join(60)
        return died, took

    def culprit(self):
        """The statement that does it by itself; of several sessions all that they last ran if none does."""
        told = self.target.told()
        failed = [(sql, message) for s in self.sessions for sql, code, message in s.last if code in FATAL]
        latest = [sql for s in self.sessions for sql, _, _ in list(s.last)[:-LAST - 1:-1]]
        for sql in [sql for sql, message in failed if "invalidated" not in message] + latest + [sql for sql, _ in failed]:
            before, code = self.target.deaths(), None
            with contextlib.suppress(Closed, OSError, AssertionError), self.target.server.wire(timeout=20) as w:
                code = ask(w, sql)
            end = time.monotonic() + (3 if code is None or code in FATAL else 0)  # what has failed takes a moment to end
            while self.target.deaths() == before and time.monotonic() < end:
                time.sleep(0.05)
            if self.target.deaths() > before:
                return [sql]
        return [f"one of: {s.last[-1][0]}" for s in self.sessions if s.last] + [f"failed: {sql} -- {m}" for sql, m in failed[:20]] + told


def fuzz(seconds, seed, tell):
    """All that ended the process, and the slowest return. tell: is called for each statement."""
    until, found, slowest, calls = time.monotonic() + seconds, [], 0.0, 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
        target = Target(directory)
        try:
            while time.monotonic() < until:
                round_ = Fuzz(target, seed, until)
                died, took = round_.run()
                calls += sum(s.count for s in round_.sessions)
                seed, slowest = seed + 1, max(slowest, took)
                if died:
                    for sql in round_.culprit():
                        found.append(sql)
                        tell(sql)
        finally:
            target.server.process.terminate()
            target.server.process.wait(60)
    return found, slowest, calls


if __name__ == "__main__":
    OUT = open(sys.argv[1], "a", encoding="utf-8") if len(sys.argv) > 1 else sys.stdout

    def tell(sql):
        print(sql, file=OUT, flush=True)

    FOUND, SLOWEST, CALLS = fuzz(int(os.environ.get("FUZZ_SECONDS", "10")), int(os.environ.get("FUZZ_SEED", "1")), tell)
    print(f"{CALLS} calls, {len(FOUND)} deaths, the slowest return took {SLOWEST:.2f} s")
