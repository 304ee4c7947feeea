"""Calls of to_char, to_date, to_timestamp and to_number with random templates and values, on PostgreSQL 15 and on Tavana side
by side: value and SQLSTATE have to be the same.

    python tests/e2e/formats.py [--calls 50000] [--seed 1] [--kind date,interval,number,parse,number_parse] PG_PORT TAVANA_PORT
    python tests/e2e/formats.py --sample 400 PG_PORT 0 > tests/unit/pgfunc/format_samples.inc

prints each call that differs with both answers, and how many there were; or calls with PostgreSQL's answers for the unit test."""

import argparse
import random
import sys

from wire import Q, Wire

GROUP, PIPELINE = 25, 200  # calls of one SELECT; statements under way
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "America/Sao_Paulo"]
DATE_PATTERNS = ("HH HH12 HH24 MI SS MS US FF1 FF2 FF3 FF4 FF5 FF6 SSSS SSSSS AM PM am pm A.M. P.M. a.m. p.m. Y,YYY YYYY YYY YY Y IYYY IYY IY I "
                 "BC AD bc ad B.C. A.D. b.c. a.d. MONTH Month month MON Mon mon MM DAY Day day DY Dy dy DDD IDDD DD D ID W WW IW CC J Q RM rm TZ tz "
                 "TZH TZM OF FX yyyy mm dd hh24 mi ss y,yyy iw q j d id iyyy ff3 of tzh").split()
LITERALS = ["-", "/", " ", "  ", ":", ".", ",", "", "", "", "T", "x", '"of"', '" day "', '"\\""', "\\", '\\"', "'", "ä", "_", "|"]
NUMBER_PATTERNS = ["9", "9", "9", "9", "0", "0", "99", "999", "00", "9,999", ".", "D", ",", "G", "S", "MI", "PL", "SG", "PR", "RN", "rn", "TH", "th", "V", "EEEE",
                   "FM", "B", "L", "C", "SP", " ", '"x"', "-", "a", "$", "d", "g", "s", "mi", "pr", "l"]


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def date_template(r, patterns=None):
    out = r.choice(["", "", "", "FM", "FX"])
    for _ in range(r.randrange(1, 7)):
        out += r.choice(["", "", "", "FM", "TM", "fm"]) + r.choice(patterns or DATE_PATTERNS) + r.choice(["", "", "", "", "TH", "th", "SP"])
        out += r.choice(LITERALS)
    return out


def number_template(r):
    if r.random() < 0.5:  # one that makes sense
        body = r.choice(["9", "99", "999", "9,999", "0", "00", "99G999", "09", "90", "FM9", "FM0", "FM999", "9999999", "0999", "FM90", "9990", ""])
        body += r.choice(["", "", ".9", ".99", "D99", ".00", ".09", ".90", "D0", "V9", "V99", ".999999", ".", ".9999999999999"])
        front, back = r.choice([("", ""), ("", ""), ("S", ""), ("", "S"), ("MI", ""), ("", "MI"), ("PL", ""), ("", "PL"), ("SG", ""), ("", "SG"), ("", "PR"),
                                ("", "TH"), ("", "th"), ("L", ""), ("B", ""), ("", "EEEE"), ("FM", ""), ("FM", "PR"), ("FM", "MI"), ("FM", "S"), ("$", ""), ("RN", "")])
        return front + body + back
    return r.choice(["", "", "FM"]) + "".join(r.choice(NUMBER_PATTERNS) for _ in range(r.randrange(1, 9)))


def days(r):
    return r.choice([r.randrange(-1000, 30000), r.randrange(-800000, 200000), r.randrange(-10, 10), r.randrange(-2440588, 3000000)])


def moment(r, kind):
    """As PostgreSQL and the engine both read it."""
    d, us = days(r), r.choice([0, r.randrange(86400) * 1000000, r.randrange(86400000000), 43200000000, 86399999999])
    if kind == "date":
        return f"(date '1970-01-01' + {d})"
    hour = us // 3600000000
    rest = us % 3600000000
    return f"({kind} '1970-01-01 00:00:00' + interval '{d} days' + interval '{hour} hours' + interval '{rest} microseconds')"


def date_call(r):
    kind = r.choice(["timestamp", "timestamp", "timestamptz", "date"])
    return f"to_char({moment(r, kind)}, {quote(date_template(r))})"


def interval_call(r):
    def some(big):
        return r.choice([0, 0, r.randrange(-3, 4), r.randrange(-big, big)])
    value = f"interval '{some(300)} years {some(30)} months {some(400)} days {some(100)} hours {some(100)} minutes {some(100000000)} microseconds'"
    return f"to_char({value}, {quote(date_template(r, r.choice([None, INTERVAL_PATTERNS, INTERVAL_PATTERNS])))})"


INTERVAL_PATTERNS = "HH HH12 HH24 MI SS MS US FF3 SSSS AM pm Y,YYY YYYY YYY YY Y MM DDD DD W WW CC Q RM rm J IDDD IW IYYY".split()


def number(r):
    value = r.choice([
        lambda: r.randrange(-20, 20), lambda: r.randrange(-5000, 5000), lambda: r.choice([0, 1, -1, 9, 10, 99, 100, 999, 1000, 3999, 4000, 485, 11, 12, 13, 111, 21, 22, 23]),
        lambda: r.randrange(-2**31, 2**31)])()
    kind = r.choice(["int4", "int8", "float8", "float8", "numeric", "numeric", "float4"])
    if kind == "int4":
        return f"({value})::int4"
    if kind == "int8":
        return f"({r.choice([value, value, r.randrange(-2**63, 2**63)])})::int8"
    if kind in ("float8", "float4"):
        text = r.choice([str(value), f"{value}.5", f"{r.uniform(-1, 1):.6f}", f"{r.uniform(-10000, 10000):.3f}", f"{r.uniform(-1, 1) * 10 ** r.randrange(-20, 30):.12e}",
                         "0.5", "-0.0", "NaN", "Infinity", "-Infinity"] if kind == "float8" else [str(value), f"{value % 1000}.5", "0.25", "-0.125", "1e10", "3.4e38"])
        return f"'{text}'::{kind}"
    text = r.choice([str(value), f"{r.randrange(1000)}.{r.randrange(1000000)}", f"-0.{r.randrange(10 ** 10):010d}", f"{r.randrange(10 ** 27)}.{r.randrange(10 ** 10):010d}", "0.5", "0.05"])
    return f"({text})::numeric(38,10)"


def number_call(r):
    return f"to_char({number(r)}, {quote(number_template(r))})"


SENSIBLE = ["YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS", "DD Mon YYYY", "MM/DD/YYYY HH12:MI AM", "YYYYMMDD", "YYYYMMDDHH24MISS", "FMMonth DD, YYYY", "IYYY-IW-ID", "IYYY-IDDD",
            "YYYY-DDD", "YYYY-MM-DD HH24:MI:SS.US", "YYYY-MM-DD HH24:MI:SS.MS", "YYYY-MM-DDTHH24:MI:SSTZH:TZM", "J", "CC YY", "DD/MM/YY", "Y,YYY MM DD", "YYYY BC MM DD", "RM YYYY", "WW YYYY",
            "YYYY MM W", "SSSS", "FXYYYY-MM-DD", "FXYYYY-MM-DD HH24:MI", "HH24:MI:SS.FF3", "DD Month YYYY Day", "YYYY/FMMM/FMDD", "MM-DD", "YYYY", "YY", "Y", "YYY-MM", "DDthMonYYYY", "Q YYYY", "HH:MI PM", "D YYYY WW"]


def written(r, template):
    """What a template stands for, as PostgreSQL would write it or nearly so."""
    out, i = "", 0
    names = {"YYYY": lambda: str(r.choice([2024, 1999, 99, 5, 12345, 0, -44, 2023])), "MM": lambda: f"{r.choice([1, 2, 12, 13, 0, 6]):02d}", "DD": lambda: f"{r.choice([1, 15, 28, 29, 30, 31, 32, 0]):02d}",
             "HH24": lambda: f"{r.choice([0, 5, 12, 23, 24]):02d}", "HH12": lambda: f"{r.choice([1, 12, 13, 0, 5]):02d}", "HH": lambda: f"{r.choice([1, 12, 13, 0, 5])}", "MI": lambda: f"{r.choice([0, 30, 59, 60]):02d}",
             "SS": lambda: f"{r.choice([0, 30, 59, 60]):02d}", "US": lambda: r.choice(["123456", "1", "000001", "1234567"]), "MS": lambda: r.choice(["123", "5", "050", "1234"]), "FF3": lambda: r.choice(["123", "5", "12345"]),
             "Month": lambda: r.choice(["January", "may", "SEPTEMBER", "Juni"]), "Mon": lambda: r.choice(["Jan", "feb", "DEC", "Mai"]), "Day": lambda: r.choice(["Monday", "sunday", "Mo"]), "Dy": lambda: r.choice(["Mon", "xyz"]),
             "AM": lambda: r.choice(["AM", "pm", "a.m.", "P"]), "BC": lambda: r.choice(["BC", "ad", "B.C."]), "YY": lambda: r.choice(["24", "99", "70", "69", "5"]), "TZH": lambda: r.choice(["+02", "-05", "14", "-1", "+16"]),
             "TZM": lambda: r.choice(["30", "00", "75"]), "DDD": lambda: str(r.choice([1, 60, 365, 366, 367])), "RM": lambda: r.choice(["IV", "xii", "i", "IIII"]), "CC": lambda: r.choice(["20", "21", "1"]),
             "J": lambda: r.choice(["2451545", "0", "1", "99999999"]), "IW": lambda: r.choice(["01", "53", "54", "10"]), "Y,YYY": lambda: r.choice(["2,024", "1,5", "2024", "12,345"]), "SSSS": lambda: r.choice(["3661", "86399", "86400", "99999"])}
    while i < len(template):
        for k in sorted(names, key=len, reverse=True):
            if template.startswith(k, i) or template.startswith(k.lower(), i):
                out += names[k]()
                i += len(k)
                break
        else:
            c = template[i]
            if template.startswith(("FM", "FX", "TM", "TH", "th"), i):
                i += 1
            elif c.isalpha():
                out += str(r.choice([1, 2, 5, 12]))
            elif c != '"':
                out += c if r.random() < 0.9 else r.choice(["", " ", "-", "/", "  ", "x"])
            i += 1
    if r.random() < 0.15 and out:
        at = r.randrange(len(out) + 1)
        out = out[:at] + r.choice([" ", "-", "+", "x", "9", "", ",", ":"]) + out[at + r.randrange(2):]
    return out


PARSED = [p for p in DATE_PATTERNS if p not in ("TZ", "tz", "OF", "of")]


def parse_call(r):
    template = r.choice(SENSIBLE) if r.random() < 0.6 else date_template(r, PARSED if r.random() < 0.95 else None)
    if r.random() < 0.2:
        at = r.randrange(len(template) + 1)
        template = template[:at] + r.choice([" ", "-", "/", "FM", "FX", "x", ""]) + template[at:]
    return f"{r.choice(['to_date', 'to_timestamp'])}({quote(written(r, template))}, {quote(template)})"


def number_written(r):
    text = r.choice(["", "", "-", "+", "<", " ", "$", "  "]) + str(r.choice([r.randrange(10), r.randrange(100), r.randrange(10000), r.randrange(10 ** 9), f"{r.randrange(1, 999)},{r.randrange(1000):03d}"]))
    text += r.choice(["", "", ".", f".{r.randrange(10)}", f".{r.randrange(100):02d}", f".{r.randrange(10 ** 6)}"])
    return text + r.choice(["", "", "-", "+", ">", " ", "th", "x", "PR"])


def number_parse_call(r):
    return f"to_number({quote(number_written(r))}, {quote(number_template(r))})"


KINDS = {"date": date_call, "interval": interval_call, "number": number_call, "parse": parse_call, "number_parse": number_parse_call}


def is_known(call, pg, ours):
    """What PostgreSQL counts beyond its integers' range without noticing: an int4 by V's power of ten, days of ISO years beyond a
    million or so, weeks of one by the hundred million, thousands of years in Y,YYY. Here that is 22003 and 22008. And a numeric has ten digits behind the point here."""
    call = call.lower()
    if ours == "err:22003" and call.startswith("to_number"):
        return len(str(pg).partition(".")[2].rstrip("'0,)")) > 10
    if ours == "err:22003" and "::int4" in call and "v" in call:
        return not str(pg).startswith("err")
    weeks = "iw" in call and isinstance(pg, tuple) and len(str(pg[0]).partition("-")[0]) > 5
    return ours == "err:22008" and ("iy" in call or "y,yyy" in call or weeks)


def same_number(a, b):
    """Tavana's numeric has ten digits behind the point, whatever the template says."""
    def plain(v):
        return v.rstrip("0").rstrip(".") if v and "." in v else v
    return plain(a) == plain(b)


class Pair:
    def __init__(self, postgres, tavana):
        self.wires = [Wire(postgres), Wire(tavana)]

    def ask_all(self, statements):
        """Of each statement and server its row, or the SQLSTATE of its error."""
        answers = []
        for w in self.wires:
            out = []
            for i in range(0, len(statements), PIPELINE):
                part = statements[i:i + PIPELINE]
                w.send(*(Q(s) for s in part))
                for _ in part:
                    notes = w.until_ready(1)
                    out.append(next((m if isinstance(m, tuple) else m for m in notes if isinstance(m, tuple) or m.startswith(("err:", "fatal:"))), "nothing"))
            answers.append(out)
        return list(zip(*answers))

    def compare(self, calls):
        """The calls that differ: (call, PostgreSQL's answer, Tavana's)."""
        groups = [calls[i:i + GROUP] for i in range(0, len(calls), GROUP)]
        alone, different = [], []
        for group, (pg, ours) in zip(groups, self.ask_all(["select " + ", ".join(g) for g in groups])):
            if isinstance(pg, tuple) and isinstance(ours, tuple):
                different += [(c, a, b) for c, a, b in zip(group, pg, ours) if a != b and not (c.startswith("to_number") and same_number(a, b))]
            else:
                alone += group
        for c, (pg, ours) in zip(alone, self.ask_all(["select " + c for c in alone])):
            if isinstance(pg, tuple) and isinstance(ours, tuple):
                pg, ours = pg[0], ours[0]
            if pg != ours and not is_known(c, pg, ours) and not (c.startswith("to_number") and same_number(pg, ours)):
                different.append((c, pg, ours))
        return different


def run(postgres, tavana, seed, calls, kinds=tuple(KINDS)):
    """Each kind gets as many calls; a zone each."""
    r, different = random.Random(seed), []
    pair = Pair(postgres, tavana)
    zone = r.choice(ZONES)
    for w in pair.wires:
        w.ask(Q(f"set timezone = '{zone}'"))
    for kind in kinds:
        different += pair.compare([KINDS[kind](r) for _ in range(calls // len(kinds))])
    for w in pair.wires:
        w.close()
    return different


def c_text(text):
    return '"' + "".join(c if c not in '\\"' else "\\" + c for c in text) + '"'


def sample_call(r):
    """A call in C and in SQL, its template, and how SQL shows its result."""
    kind = r.choice(["TIMESTAMP", "TIMESTAMPTZ", "DATE", "INTERVAL", "INT4", "INT8", "FLOAT8", "NUMERIC", "to_date", "to_timestamp", "to_number"])
    if kind in ("TIMESTAMP", "TIMESTAMPTZ"):
        micros = days(r) * 86400000000 + r.randrange(86400000000)
        return f"WHOLE(PG_{kind}, INT64_C({micros}))", f"({kind} 'epoch' + {micros // 3600000000} * interval '1 hour' + {micros % 3600000000} * interval '1 us')", date_template(r), "{}"
    if kind == "DATE":
        n = days(r)
        return f"WHOLE(PG_DATE, {n})", f"(date '1970-01-01' + ({n}))", date_template(r), "{}"
    if kind == "INTERVAL":
        m, d, us = r.randrange(-50, 50), r.randrange(-50, 50), r.randrange(-90000000000, 90000000000)
        return f"SPAN({m}, {d}, INT64_C({us}))", f"interval '{m} months {d} days {us} microseconds'", date_template(r, INTERVAL_PATTERNS), "{}"
    if kind in ("INT4", "INT8"):
        n = r.choice([r.randrange(-20, 20), r.randrange(-5000, 5000), r.randrange(-2**31, 2**31)])
        return f"WHOLE(PG_{kind}, INT64_C({n}))", f"({n})::{kind}", number_template(r), "{}"
    if kind == "FLOAT8":
        text = r.choice(["0.5", "-0.1", "1e10", f"{r.uniform(-1000, 1000):.4f}", f"{r.uniform(-1, 1):.6f}"])
        return f"REAL({text})", f"({text})::float8", number_template(r), "{}"
    if kind == "NUMERIC":
        n = r.choice([r.randrange(-10**11, 10**11), r.randrange(-10**17, 10**17), 0])
        return f"NUMERIC(INT64_C({n}))", f"({n} / 10000000000.0)::numeric(38,10)", number_template(r), "{}"
    if kind == "to_number":
        return f"TEXT({c_text(number_written(r))})", None, number_template(r), "(({}) * 10000000000)::numeric(60,0)"
    template = r.choice(SENSIBLE) if r.random() < 0.7 else date_template(r, PARSED)
    return f"TEXT({c_text(written(r, template))})", None, template, "({}) - date '1970-01-01'" if kind == "to_date" else "(extract(epoch from {}) * 1000000)::bigint"


def print_sample(postgres, seed, calls):
    r = random.Random(seed)
    print("/* Made by tests/e2e/formats.py --sample: answers of PostgreSQL 15 in Europe/Berlin. clang-format off */")
    with Wire(postgres) as w:
        w.ask(Q("set timezone = 'Europe/Berlin'"))
        for _ in range(calls):
            c, sql, template, shown = sample_call(r)
            function = "to_char" if sql else "to_number" if "numeric" in shown else "to_date" if "1970" in shown else "to_timestamp"
            value = sql or quote(c[6:-2].replace('\\"', '"').replace("\\\\", "\\"))
            (answer, *_) = [m for m in w.ask(Q("select (" + shown.format(f"{function}({value}, {quote(template)})") + ")::text")) if isinstance(m, tuple) or m.startswith("err")]
            text = answer[4:] if isinstance(answer, str) else answer[0]
            print(f'{{"{function}", {c}, {c_text(template)}, {"NULL" if text is None else c_text(text)}}},')


def main():
    p = argparse.ArgumentParser()
    p.add_argument("postgres", type=int)
    p.add_argument("tavana", type=int)
    p.add_argument("--calls", type=int, default=50000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--kind", default=",".join(KINDS))
    p.add_argument("--show", type=int, default=40)
    p.add_argument("--sample", type=int)
    a = p.parse_args()
    if a.sample:
        print_sample(("127.0.0.1", a.postgres), a.seed, a.sample)
        return 0
    different = run(("127.0.0.1", a.postgres), ("127.0.0.1", a.tavana), a.seed, a.calls, a.kind.split(","))
    for call, pg, ours in different[:a.show]:
        print(f"{call}\n    PostgreSQL {pg!r}\n    Tavana     {ours!r}")
    print(f"{a.calls} calls, {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
