"""Random sessions with cursors and portals, on a real PostgreSQL 15 and on Tavana side by side: rows, tags, SQLSTATEs and
transaction states have to be the same, message by message.

    python tests/e2e/differential.py [--sessions 10000] [--seed 1] [--quiet]

prints the seed of each session; --seed N --sessions 1 runs one again. A session that differs is made as short as it can be
and printed. What is left out, because it is documented to differ (docs/cursors.md): names of columns without a name;
SAVEPOINT; the isolation level of a BEGIN behind other statements of one message; a portal over pg_cursors that was bound
before others; the text of the error for a FETCH from a portal without rows; and a cursor declared with neither SCROLL nor
NO SCROLL gets a query whose plan cannot go backwards in PostgreSQL either."""

import argparse
import collections
import random
import sys
import time

from wire import B, C, Closed, D, E, Error, H, P, Q, S, columns_of, fields_of

CURSORS = ["c", "d", '"C"', "e"]
PORTALS = ["", "p", "q", "c"]  # one is a cursor's name too
STATEMENTS = ["", "s", "t"]
ANY = [  # scan any way
    "select a, b from diff order by a, b",
    "select a from diff where a > 3 order by a desc",
    "select x, 'v' || x from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)) v(x) order by x",
    "select a, b from diff where a = 2",
    "select a from diff where a > 1000 order by a",
    "select null::int, a from diff order by a",
]
FORWARD = [  # PostgreSQL's plan cannot go backwards
    "select distinct a, b from diff order by a, b",
    "select a, row_number() over (order by a) from diff",
    "select distinct a from diff where a > 2 order by a",
]
WITH_PARAMETER = "select a, b from diff where a > $1 order by a, b"
WRITES = [
    "insert into diff values ({n}, 'new')",
    "update diff set b = b || 'x' where a < {n}",
    "delete from diff where a = {n}",
    "update diff set a = a + 100 where a > {n}",
]
RETURNING = ["insert into diff values ({n}, 'r'), ({m}, 's') returning a, b", "delete from diff where a = 3 returning a"]
ERRORS = ["select * from no_such_table", "selec 1", "fetch nothing_of_this_name"]
ERROR_OF_A_ROW = "select b::int from diff order by a"
COMPARED_TEXTS = {"55000", "34000", "42P03", "25P01"}


class Generator:
    """Makes a session of a seed. It has only an idea of what the session's state is: wrong turns are wanted."""

    def __init__(self, seed, returns=True):
        self.returns = returns  # RETURNING is there
        self.r = random.Random(seed)
        self.block = False
        self.open = []
        self.kinds = collections.Counter()

    def cursor(self):
        known = self.open if self.open and self.r.random() < 0.85 else CURSORS
        return self.r.choice(known)

    def direction(self):
        n = self.r.choice([0, 1, 1, 2, 3, 5, 20, -1, -2, -7])
        return self.r.choice([
            "", "next", "prior", "first", "last", f"absolute {n}", f"relative {n}", f"{n}", "all", "forward", f"forward {n}",
            "forward all", "backward", f"backward {n}", "backward all", "2", "3", "1"])

    def fetch(self, name=None):
        word = self.r.choice(["fetch", "fetch", "fetch", "move"])
        direction = self.direction()
        self.kinds[f"{word} {direction.split()[0] if direction and not direction.lstrip('-').isdigit() else 'n'}"] += 1
        return f"{word} {direction} {self.r.choice(['from ', 'in ', '']) if direction else ''}{name or self.cursor()}"

    def query(self):
        return self.r.choice(ANY + FORWARD)

    def declare(self, query=None):
        scroll = self.r.choice(["scroll", "scroll", "no scroll", "no scroll" if query else ""])
        options = [o for o in (self.r.choice(["", "", "", "", "binary"]), self.r.choice(["", "", "", "insensitive", "asensitive"]),
                               scroll) if o]
        self.r.shuffle(options)
        hold = self.r.choice(["", "", "with hold", "with hold", "without hold"])
        name = self.r.choice(CURSORS)
        self.open = [c for c in self.open if c != name] + [name]
        query = query or self.r.choice(FORWARD if not scroll else ANY + FORWARD)
        self.kinds[f"declare {scroll or 'default'} {hold}".strip()] += 1
        return f"declare {name} {' '.join(options)} cursor {hold} for {query}"

    def transaction(self, alone=True):
        if not self.block:
            self.block = True
            return self.r.choice(["begin", "begin", "begin", "start transaction",
                                  "begin isolation level repeatable read" if alone else "begin"])
        self.block = False
        return self.r.choice(["commit", "commit", "rollback", "end", "abort"])

    def write(self):
        self.kinds["write"] += 1
        return self.r.choice(WRITES).format(n=self.r.randint(1, 30))

    def returning(self):
        if not self.returns:
            return self.write()
        return self.r.choice(RETURNING).format(n=self.r.randint(100, 200), m=self.r.randint(201, 300))

    def pg_cursors(self):
        self.kinds["pg_cursors"] += 1
        return ("select name, statement, is_holdable, is_binary, is_scrollable from pg_cursors "
                "where name <> '' order by name collate \"C\"")

    def statement(self, alone=True):
        roll = self.r.random()
        if roll < 0.36:
            return self.fetch()
        if roll < 0.56:
            return self.declare()
        if roll < 0.72:
            return self.transaction(alone)
        if roll < 0.76:
            return f"close {self.cursor()}"
        if roll < 0.77:
            return "close all"
        if roll < 0.83:
            return self.write()
        if roll < 0.86:
            return self.query()
        if roll < 0.90:
            return self.pg_cursors()
        if roll < 0.92:
            return self.returning()
        if roll < 0.95:
            self.kinds["error"] += 1
            return self.r.choice([*ERRORS, ERROR_OF_A_ROW])
        return self.fetch(self.r.choice(["p", "q"]))

    def simple(self):
        if self.r.random() < 0.1:
            self.kinds["several statements"] += 1
            return [("Q", "; ".join(self.statement(alone=False) for _ in range(self.r.randint(2, 4))))]
        return [("Q", self.statement())]

    def parsed(self):
        roll = self.r.random()
        if roll < 0.35:
            return self.query()
        if roll < 0.45:
            return WITH_PARAMETER
        if roll < 0.6:
            return self.fetch()
        if roll < 0.7:
            return self.declare(WITH_PARAMETER if self.r.random() < 0.3 else None)
        if roll < 0.78:
            return self.returning()
        if roll < 0.84:
            return self.transaction(alone=False)
        if roll < 0.87:
            return f"close {self.cursor()}"
        if roll < 0.9:
            return self.write()
        if roll < 0.92:
            return ""
        if roll < 0.95:
            return self.r.choice(ERRORS)
        return self.query()

    def extended(self):
        out = []
        for _ in range(self.r.randint(1, 6)):
            roll = self.r.random()
            if roll < 0.34:
                sql, name, portal = self.parsed(), self.r.choice(STATEMENTS), self.r.choice(PORTALS)
                values = ["3"] if "$1" in sql else []
                if name and self.r.random() < 0.9:
                    out.append(("C", "S", name))
                out.append(("P", sql, name, [23] if values else []))
                if self.r.random() < 0.3:
                    out.append(("D", "S", name))
                out.append(("B", portal, name, values, self.r.choice([[], [], [], [0], [1]])))
                if self.r.random() < 0.4:
                    out.append(("D", "P", portal))
                for _ in range(self.r.randint(0, 3)):
                    out.append(("E", self.r.choice([0, 1, 1, 2, 3, 7]), portal))
            elif roll < 0.7:
                out.append(("E", self.r.choice([0, 1, 1, 2, 3, 7]), self.portal()))
            elif roll < 0.8:
                out.append(("D", "P", self.portal()))
            elif roll < 0.86:
                out.append(("B", self.r.choice(PORTALS), self.r.choice(STATEMENTS), [], []))
            elif roll < 0.92:
                out.append(("C", "P", self.portal()))
            elif roll < 0.95:
                out.append(("C", "S", self.r.choice(STATEMENTS)))
            else:
                out.append(("H",))
        for m in out:
            self.kinds[f"message {m[0]}"] += 1
        return out + [("S",)]

    def portal(self):
        return self.cursor().strip('"') if self.r.random() < 0.3 else self.r.choice(PORTALS)

    def session(self):
        steps = []
        if self.r.random() < 0.8:
            steps.append([("Q", self.transaction())])
        for _ in range(self.r.randint(4, 22)):
            steps.append(self.simple() if self.r.random() < 0.68 else self.extended())
        return steps


MAKE = {"Q": Q, "P": P, "D": D, "C": C, "S": lambda: S, "H": lambda: H, "E": E,
        "B": lambda portal, name, values, results: B(portal, name, values, results=results)}


def bytes_of(step):
    return b"".join(MAKE[m[0]](*m[1:]) for m in step)


def answer(wire):
    """Up to ReadyForQuery, comparable."""
    out = []
    while True:
        try:
            kind, payload = wire.next()
        except (Closed, ConnectionError):
            return out + ["closed"]
        if kind in "SK":
            continue
        if kind == "T":
            out.append(("T", [c.key()[1:] for c in columns_of(payload)]))
        elif kind in "EN":
            f = fields_of(payload)
            if f["C"] == "01000":  # PostgreSQL's internal book-keeping
                continue
            code = "55000" if f["C"] == "XX000" else f["C"]  # FETCH from a portal without rows: no internal error here
            same = f["C"] in COMPARED_TEXTS and not f["M"].endswith("cannot be run")
            out.append((kind, code, f["M"], f.get("H")) if same else (kind, code))
        else:
            out.append((kind, payload))
        if kind == "Z":
            return out


def send_and_read(wire, step):
    try:
        wire.send(bytes_of(step))
    except ConnectionError:
        return ["closed"]
    return answer(wire)


def fill(wire):
    """Once the session before, whose connection is gone, has been rolled back."""
    while True:
        notes = wire.ask(Q(FILL))
        if notes[-1] == "closed" or not any(str(n).startswith("err") for n in notes):
            return notes[-1] != "closed"


def patiently(connect):
    deadline = time.monotonic() + 60
    while True:
        try:
            return connect()
        except (Error, Closed, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


FILL = ("delete from diff; insert into diff values (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four'), (5, 'five'), (6, 'six'), "
        "(7, 'seven')")


class Pair:
    """Both servers; each session on connections of its own. PostgreSQL 15 crashes when the unnamed portal of a failed simple
    query is executed: such sessions compare up to there, and are counted."""

    def __init__(self, postgres, tavana):
        self.crashes = 0
        self.open = (lambda: patiently(lambda: postgres.wire(options="-c enable_hashagg=off")), tavana.wire)
        for make in self.open:
            with make() as w:
                w.ask(Q("create table diff (a int, b text)"))

    def run(self, steps):
        """None, or the step that differs with both answers."""
        wires = [make() for make in self.open]
        try:
            if not all(fill(w) for w in wires):  # after a crash
                return self.run(steps)
            for at, step in enumerate(steps):
                one, other = (send_and_read(w, step) for w in wires)
                if one[-1] == "closed" and other[-1] != "closed":
                    self.crashes += 1
                    return None
                if one != other:
                    return at, one, other
                if one[-1] == "closed":
                    return None
        finally:
            for w in wires:
                w.close()
        return None

    def shrink(self, steps):
        """Without every step and message that is not needed for a difference."""
        def without(list_, i):
            return list_[:i] + list_[i + 1:]
        for i in reversed(range(len(steps))):
            if self.run(without(steps, i)):
                steps = without(steps, i)
        for i in reversed(range(len(steps))):
            for k in reversed(range(len(steps[i]) - 1)):
                shorter = steps[:i] + [without(steps[i], k)] + steps[i + 1:]
                if self.run(shorter):
                    steps = shorter
        return steps


def explain(pair, steps, found):
    again = pair.run(steps)
    if not again:
        return f"  it does not differ every time; it did at step {found[0]}\n  PostgreSQL: {found[1]}\n  Tavana:     {found[2]}"
    at, one, other = again
    lines = [f"  {'> ' if i == at else '  '}{step}" for i, step in enumerate(steps)]
    return "\n".join([*lines, f"  PostgreSQL: {one}", f"  Tavana:     {other}"])


def run_sessions(pair, seeds, say=lambda text: None, differences_max=10, returns=True):
    """The seeds that differ, explained; and what occurred in all."""
    kinds, differences = collections.Counter(), {}
    for seed in seeds:
        g = Generator(seed, returns)
        steps = g.session()
        kinds += g.kinds
        found = pair.run(steps)
        same = found is None
        say(f"seed {seed}: {len(steps)} steps, {'same' if same else 'DIFFERENT'}")
        if not same:
            differences[seed] = explain(pair, pair.shrink(steps), found)
            say(differences[seed])
            if len(differences) == differences_max:
                break
    return differences, kinds


def main():
    from conftest import Postgres, Server
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--sessions", type=int, default=10000)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--quiet", action="store_true")
    args.add_argument("--differences", type=int, default=10)
    args = args.parse_args()
    postgres = Postgres()
    try:
        with Server() as tavana:
            pair = Pair(postgres, tavana)
            differences, kinds = run_sessions(
                pair, range(args.seed, args.seed + args.sessions),
                (lambda text: None if text.endswith("same") else print(text, flush=True)) if args.quiet
                else lambda text: print(text, flush=True), args.differences)
    finally:
        postgres.stop()
    for kind, n in sorted(kinds.items()):
        print(f"  {n:7} {kind}")
    print(f"{args.sessions} sessions from seed {args.seed}: {len(differences)} differ, "
          f"{pair.crashes} ended with PostgreSQL's crash")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
