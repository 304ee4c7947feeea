"""Tables, the lines that have to hold, and pictures of a run."""

import statistics
from collections import namedtuple

MB = 1 << 20
Line = namedtuple("Line", "text value bound good")
BARS = [("rows", "lineitem text simple"), ("rows", "lineitem binary extended"), ("rows", "lineitem text portal"), ("rows", "lineitem text cursor"),
        ("rows", "one bigint text simple"), ("rows", "one bigint binary extended")]
COLOURS = {"tavana": "#2b6cb0", "before": "#63b3ed", "postgresql": "#a0aec0", "bytes alone": "#cbd5e0", "scan and encode": "#90cdf4", "scan in process": "#bee3f8"}


class Figures:
    def __init__(self, figures):
        self.figures = figures

    def get(self, section, work, server, what):
        """A median; None where it was not measured."""
        taken = [t[what] for t in self.figures.get(section, {}).get(work, {}).get(server, []) if what in t]
        return statistics.median(taken) if taken else None

    def ratio(self, section, work, above, below, what="seconds"):
        a, b = self.get(section, work, above, what), self.get(section, work, below, what)
        return a / b if a is not None and b else None

    def ratio_of(self, section, work, server, above, below):
        a, b = self.get(section, work, server, above), self.get(section, work, server, below)
        return a / b if a is not None and b else None


def least(text, value, bound):
    return Line(text, value, f"at least {bound:g}", value is not None and value >= bound)


def most(text, value, bound):
    return Line(text, value, f"at most {bound:g}", value is not None and value <= bound)


def lines(f, cores):
    """What the rows' way has to reach, in order."""
    found = []
    for fmt, how, bound in (("text", "simple", 6), ("binary", "extended", 7)):
        work = f"lineitem {fmt} {how}"
        found.append(least(f"lineitem, {fmt}: rows a second, of PostgreSQL's", f.ratio("rows", work, "postgresql", "tavana"), bound))
        found.append(least(f"lineitem, {fmt}: of scan and encode without sending", f.ratio("rows", work, "scan and encode", "tavana"), 0.8))
        for paged in ("portal", "cursor"):
            plain, taken = f.get("rows", work, "tavana", "seconds"), f.get("rows", f"lineitem {fmt} {paged}", "tavana", "seconds")
            found.append(least(f"lineitem, {fmt}: {paged}s of 10,000 rows, of the plain stream", plain / taken if plain and taken else None, 0.9))
    for fmt, how in (("text", "simple"), ("binary", "extended")):
        found.append(least(f"one bigint, {fmt}: of PostgreSQL's", f.ratio("rows", f"one bigint {fmt} {how}", "postgresql", "tavana"), 14))
    for fmt, how in (("text", "simple"), ("binary", "extended")):
        work = f"lineitem {fmt} {how}"
        found.append(most(f"lineitem, {fmt}: server's CPU seconds, of PostgreSQL's", f.ratio("rows", work, "tavana", "postgresql", "server_cpu_s"), 0.25))
        floor = [f.get("rows", work, "scan in process", "cpu_s"), f.get("rows", work, "bytes alone", "server_cpu_s")]
        ours = f.get("rows", work, "tavana", "server_cpu_s")
        found.append(most(f"lineitem, {fmt}: server's CPU seconds, of bare scan and sending", ours / sum(floor) if ours and None not in floor else None, 1.5))
    for work in ("table scan", "a query of a millisecond"):
        ours, bare = (f.get("first", work, s, "first_row_ms") for s in ("tavana", "in process"))
        found.append(most(f"first row of {work}: ms more than in process", ours - bare if ours and bare else None, 3))
    bare = f.get("short", f"in process, {cores} threads", "in process", "per_s")
    for mode, bound in (("prepared", 0.7), ("simple", 0.4), ("extended", 0.4)):
        work = f"select 1 {mode}, 8 clients"
        found.append(least(f"{work}: of PostgreSQL's", f.ratio("short", work, "tavana", "postgresql", "per_s"), bound))
        ours = f.get("short", work, "tavana", "per_s")
        found.append(least(f"{work}: of cached statements in process", ours / bare if ours and bare else None, 0.7))
    for work, bound in (("1 stream text", 32), ("1 stream binary", 32), ("16 streams", 256), ("50 KB strings", 64 + 2 * 2 * 2048 * 50000 / MB)):
        grown = f.get("memory", work, "tavana", "peak_growth")
        found.append(most(f"memory, {work}: MB more", grown / MB if grown is not None else None, round(bound)))
    for client in ("psycopg", "asyncpg", "pgjdbc"):
        found.append(least(f"{client}: of PostgreSQL's", f.ratio("clients", client, "postgresql", "tavana"), 1.5))
        theirs, client_cpu = f.get("clients", client, "postgresql", "seconds"), f.get("clients", client, "tavana", "cpu_s")
        if theirs and client_cpu:
            found.append(Line(f"{client}: with a server that takes no time at all", theirs / client_cpu, "what the client's own CPU seconds allow", True))
    for fmt, how in (("text", "simple"), ("binary", "extended")):
        through = f.ratio("gateway", f"lineitem {fmt} {how}", "tavana", "gateway and worker")
        found.append(least(f"lineitem, {fmt}, through a gateway: of the rate without", through, 0.7))
    first = [f.get("gateway", "first row of a table scan", s, "first_row_ms") for s in ("gateway and worker", "tavana")]
    found.append(most("first row through a gateway: ms more than without", first[0] - first[1] if all(first) else None, 5))
    found.append(most("a point query beside 4 streams: of its idle median",
                      f.ratio_of("fair", "point query", "tavana", "loaded_us", "idle_us"), 5))
    for work, taken in f.figures.get("same", {}).items():
        good = all(t["equal"] for t in taken["tavana"])
        found.append(Line(f"bytes of {work} are PostgreSQL's", taken["tavana"][0]["rows"], "every row", good))
    return [line for line in found if line.value is not None]


def number(v):
    return "" if v is None else f"{v:,.0f}" if abs(v) >= 100 else f"{v:.3g}"


BEFORE = {"before": "tavana", "gateway before": "gateway and worker", "before, file": "tavana, file", "before, memory": "tavana, memory"}


def changes(f):
    """How fast each work is beside another build of ours, the slowest first."""
    found = []
    for section, works in f.figures.items():
        for work, servers in works.items():
            for was, now in BEFORE.items():
                if was not in servers:
                    continue
                for what in ("seconds", "first_row_ms", "median_us", "loaded_us"):
                    found.append((f.ratio(section, work, was, now, what), f"{section}: {work}, {now}", what))
                found.append((f.ratio(section, work, now, was, "per_s"), f"{section}: {work}, {now}", "per_s"))
    found = sorted(c for c in found if c[0])
    if not found:
        return []
    return ["### Beside the build before", "", "Above 1 is faster now.", "", "| work | by | now |", "|---|---|---|",
            *(f"| {work} | {what} | {number(ratio)} |" for ratio, work, what in found), ""]


COLUMNS = [("seconds", "s", 1), ("rows", "Mrow/s", None), ("bytes", "GB/s", None), ("first_row_ms", "first ms", 1), ("server_cpu_s", "server CPU s", 1),
           ("cpu_s", "client CPU s", 1), ("peak_growth", "peak MB more", 1 / MB), ("per_s", "per s", 1), ("cpu_us", "CPU µs each", 1),
           ("median_us", "median µs", 1), ("idle_us", "idle µs", 1), ("loaded_us", "loaded µs", 1), ("p99_us", "p99 µs", 1)]


def cell(f, section, work, server, what, factor):
    value = f.get(section, work, server, what)
    if value is None or (what.endswith("_us") and value == 0):
        return ""
    if factor is None:
        seconds = f.get(section, work, server, "seconds")
        return number(value / seconds / (1e6 if what == "rows" else 1e9)) if seconds else ""
    return number(value * factor)


def tables(f):
    out = []
    for section, works in f.figures.items():
        if section == "same":
            continue
        used = [c for c in COLUMNS if any(cell(f, section, w, s, c[0], c[2]) for w, servers in works.items() for s in servers)]
        out += [f"### {section}", "", "| | | " + " | ".join(c[1] for c in used) + " | of PostgreSQL |",
                "|---|---|" + "---|" * (len(used) + 1)]
        for work, servers in works.items():
            for s in servers:
                of = f.ratio(section, work, "postgresql", s) or f.ratio(section, work, s, "postgresql", "per_s")
                out.append(f"| {work} | {s} | " + " | ".join(cell(f, section, work, s, c[0], c[2]) for c in used) + f" | {number(of)} |")
        out.append("")
    return out


def plot(result, out):
    import matplotlib
    f = Figures(result["figures"])
    matplotlib.use("Agg")
    from matplotlib import pyplot
    works = [b for b in BARS if b[1] in f.figures.get(b[0], {})]
    if works:
        bars(f, pyplot, works, "rows", "rows a second, millions", out / "rows",
             lambda section, work, s: per_second(f, section, work, s))
    works = [("short", w) for w in f.figures.get("short", {}) if w.startswith("select 1")]
    if works:
        bars(f, pyplot, works, "short statements", "a second", out / "short", lambda section, work, s: f.get(section, work, s, "per_s"))
    works = [("rows", w) for w in f.figures.get("rows", {}) if f.get("rows", w, "tavana", "server_cpu_s")]
    if works:
        bars(f, pyplot, works, "server's CPU seconds", "s", out / "cpu", lambda section, work, s: f.get(section, work, s, "server_cpu_s"))


def per_second(f, section, work, server):
    rows, seconds = (f.get(section, work, server, what) for what in ("rows", "seconds"))
    return rows / seconds / 1e6 if rows and seconds else None


def bars(f, pyplot, works, title, unit, path, value):
    servers = [s for s in dict.fromkeys(s for section, w in works for s in f.figures[section][w]) if any(value(*w, s) for w in works)]
    figure, axes = pyplot.subplots(figsize=(10, 1 + 0.32 * len(works) * (1 + len(servers))))
    height = 0.8 / len(servers)
    for i, s in enumerate(servers):
        values = [value(section, work, s) or 0 for section, work in works]
        places = [n + i * height for n in range(len(works))]
        axes.barh(places, values, height, label=s, color=COLOURS.get(s))
        for place, v in zip(places, values):
            if v:
                axes.text(v, place, f" {number(v)}", va="center", fontsize=7)
    axes.set_yticks([n + 0.4 - height / 2 for n in range(len(works))], [w for _, w in works])
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.set_title(title)
    axes.legend(fontsize=8)
    figure.tight_layout()
    for ending in ("svg", "png"):
        figure.savefig(f"{path}.{ending}", dpi=110)
    pyplot.close(figure)


def write(result, out):
    f = Figures(result["figures"])
    text = [f"{result['date']}, {result['machine']}; medians of {result['rounds']} rounds, all servers interleaved in one run.", ""]
    checks = lines(f, int(result["machine"].split()[0]))
    if checks:
        text += ["| what | measured | bound | |", "|---|---|---|---|"]
        text += [f"| {c.text} | {number(c.value)} | {c.bound} | {'yes' if c.good else '**no**'} |" for c in checks] + [""]
    text += changes(f) + tables(f)
    (out / "summary.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    return "\n".join(text)
