"""Functions of dates, times and intervals, each on PostgreSQL 15 and on Tavana: value and SQLSTATE have to be the same; of numbers the value,
since numeric has ten digits behind the point here."""

import contextlib
import random

import formats
from conftest import FULL
from formats import Pair
from wire import Q

MOMENTS = ["timestamp '2024-02-29 13:14:15.123456'", "timestamp '2000-12-31 23:59:59.5'", "timestamp '2001-01-01 00:00:00'", "timestamptz '2024-07-01 12:00:00.25+00'",
           "(timestamp '1970-01-01 00:00:00' - interval '750000 days')", "(timestamp '0001-01-01 00:00:00' - interval '400 days 3 hours')", "timestamptz '1999-12-31 23:30:00+00'"]
DATES = ["date '2024-12-30'", "(date '0001-01-01' - 800)", "date '2021-01-03'"]
SPANS = ["interval '3 years 14 months 40 days 30 hours 5.25 seconds'", "interval '-1 months -3 days -04:05:06.7'", "interval '0'", "interval '1299 years'"]
TIMES = ["time '13:14:15.6789'"]
UNITS = ("microseconds milliseconds second seconds minute hour day dow isodow doy week month quarter year isoyear decade century millennium epoch julian timezone timezone_hour "
         "timezone_minute foo msec y yr m h d c mil min mon decades us").split()
INFINITE = ["'infinity'::timestamp", "'-infinity'::timestamptz", "'infinity'::date"]
CALLS = [
    "make_date(2024, 2, 29)", "make_date(2023, 2, 29)", "make_date(-44, 3, 15)", "make_date(0, 1, 1)", "make_date(2024, 13, 1)", "make_date(99999999, 1, 1)",
    "make_time(23, 59, 59.5)", "make_time(12, 30, 60)", "make_time(25, 0, 0)", "make_time(1, 2, -3)", "make_timestamp(2024, 1, 31, 23, 59, 59.999999)",
    "make_timestamp(2024, 1, 32, 23, 59, 59)", "make_timestamp(-44, 1, 1, 24, 0, 0)", "make_timestamp(2024, 1, 1, 1, 60, 0)", "make_timestamptz(2024, 7, 1, 12, 0, 0)",
    "make_timestamptz(2024, 7, 1, 12, 0, 0, 'America/New_York')", "make_timestamptz(2024, 7, 1, 12, 0, 0, '02')", "make_timestamptz(2024, 7, 1, 12, 0, 0, '+02')",
    "make_timestamptz(2024, 7, 1, 12, 0, 0, '-05:30')", "make_timestamptz(2024, 7, 1, 12, 0, 0, 'Foo/Bar')",
    "make_timestamptz(2024, 3, 31, 2, 30, 0)", "make_timestamp(300000, 1, 1, 0, 0, 0)",
    "make_interval(1, 2, 3, 4, 5, 6, 7.5)", "make_interval()", "make_interval(1)", "make_interval(years => 1, days => 5)", "make_interval(secs => 0.1)",
    "justify_days(interval '35 days')", "justify_days(interval '1 mon -5 days')", "justify_hours(interval '27 hours -2 days')", "justify_interval(interval '1 mon -1 hour')",
    "justify_interval(interval '-1 mon 45 days 100 hours')", "justify_interval(interval '-1 day 1 hour')",
    "date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')", "date_bin('15 minutes', timestamp '1999-02-11 15:44:17', timestamp '2001-01-01')",
    "date_bin(interval '1 month', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')", "date_bin(interval '0 s', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')",
    "date_bin('1 day', timestamptz '2020-02-11 15:44:17+00', timestamptz '2001-01-01 00:00:00+00')", "date_bin('1 hour', timestamp '2000-12-31 23:00:00', timestamp '2001-01-01')",
    "isfinite(interval '1 day')", "isfinite('infinity'::timestamp)", "isfinite(date '2024-01-01')", "width_bucket(5.35, 0.024, 10.06, 5)", "width_bucket(5.35::float8, 10.06::float8, 0.024::float8, 5)",
    "width_bucket(11::float8, 0::float8, 10::float8, 5)", "width_bucket(10, 0, 10, 5)", "width_bucket(-0.1, 0, 10, 5)", "width_bucket(1, 1, 1, 5)", "width_bucket(1, 0, 10, 0)",
    "date_trunc('hour', timestamptz '2024-07-01 12:34:00+00', 'Asia/Kolkata')", "date_trunc('day', timestamptz '2024-07-01 12:34:00+00', 'Asia/Kolkata')",
    "extract(epoch from timestamp '2024-01-02 00:00:00' - timestamp '2024-01-01 00:00:00')", "extract('year' from date '2024-01-01')", "extract(\"month\" from date '2024-01-01')",
    "to_timestamp('infinity'::float8)", "to_timestamp('-infinity'::float8)", "to_timestamp(0)", "to_timestamp(-1.5)", "to_timestamp(1234567890.125)",
]


def all_calls():
    calls = list(CALLS)
    for unit in UNITS:
        for value in MOMENTS + DATES + SPANS + TIMES:
            calls += [f"extract({unit} from {value})", f"date_part('{unit}', {value})"]
        calls += [f"date_trunc('{unit}', {value})" for value in MOMENTS + DATES + SPANS]
        calls += [f"date_part('{unit}', {value})" for value in INFINITE] + [f"date_trunc('{unit}', {value})" for value in INFINITE]
    calls += [f"age({a}, {b})" for a in MOMENTS + DATES for b in MOMENTS + DATES]
    return calls


def random_calls(r, n):
    for _ in range(n):
        value = formats.moment(r, r.choice(["timestamp", "timestamptz", "date"]))
        if r.random() < 0.2:
            value = f"interval '{r.randrange(-5000, 5000)} months {r.randrange(-400, 400)} days {r.randrange(-10**12, 10**12)} microseconds'"
        unit = r.choice(UNITS)
        yield r.choice([f"extract({unit} from {value})", f"date_part('{unit}', {value})", f"date_trunc('{unit}', {value})", f"date_trunc('{unit}', {value})"])
        other = formats.moment(r, r.choice(["timestamp", "timestamptz", "date"]))
        yield f"age({formats.moment(r, 'timestamp')}, {other})"
        yield f"date_bin(interval '{r.randrange(1, 40)} {r.choice(['days', 'minutes', 'seconds', 'hours'])}', {formats.moment(r, 'timestamp')}, {formats.moment(r, 'timestamp')})"


def same(a, b):
    if a != b and isinstance(a, tuple) and isinstance(b, tuple):
        with contextlib.suppress(TypeError, ValueError):
            return abs(float(a[0]) - float(b[0])) <= 1e-9 * max(1, abs(float(a[0])) / 1e6)
    return a == b


def test_functions(server, postgres):
    pair = Pair(postgres.address, server.address)
    for w in pair.wires:
        w.ask(Q("set timezone = 'Europe/Berlin'"))
    seed = random.SystemRandom().randrange(1 << 40)
    print(f"seed {seed}")
    calls = all_calls() + list(random_calls(random.Random(seed), 5000 if FULL else 300))
    different = [(c, a, b) for c, (a, b) in zip(calls, pair.ask_all(["select " + c for c in calls])) if not same(a, b)]
    assert not different, "\n".join(f"{c}: PostgreSQL {a!r}, Tavana {b!r}" for c, a, b in different[:30])
    for w in pair.wires:
        w.close()


def test_the_engine_meaning(server):
    """tavana.sql = duckdb has the engine's functions."""
    with server.wire() as w:
        w.ask(Q("set tavana.sql = duckdb"))
        assert w.ask(Q("select extract(second from timestamp '2024-01-01 00:00:09.5')"))[1] == ("9",)
        w.ask(Q("set tavana.sql = postgres"))
        assert w.ask(Q("select extract(second from timestamp '2024-01-01 00:00:09.5') = 9.5"))[1] == ("t",)
