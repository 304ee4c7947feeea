"""DateStyle and IntervalStyle, out and in: both servers are asked the same."""

import pytest

from wire import B, D, E, P, Q, S, message

MOMENTS = ["2024-02-29 13:14:15.123456", "0044-03-15 01:02:03 BC", "1999-12-31 23:59:59.5", "9999-01-01 00:00:00", "infinity", "-infinity", "0001-01-01 00:00:00",
           "12345-06-07 00:00:00"]
INTERVALS = ["1 year 2 mons -3 days 4 hours", "-1 year -2 mons -3 days -4 hours -5.5 sec", "0", "1 day", "1.5 sec", "-1 sec", "-00:00:00.5", "1-2", "1 2:03:04", "-1 2:03:04",
             "1 mon -1 day", "14 mons", "2 days -00:00:01", "100:00:00.000001", "-1 day +02:03:00", "-1-2 +3 -4:05:06", "1 sec", "P1Y2M3DT4H5M6.7S", "-1 year 2 mons"]
DATES = ["01/02/03", "24/06/05", "13/02/2003", "2003/02/13", "1-2-3", "99-1-8", "1/8/1999", "01.02.2003", "1999-01-08", "Jan 5 24", "24-Jan-05", "5-Jan-24", "05-Jan-2024",
         "2024 Jan 5", "Jan-05-2024", "20240203", "240203", "1/8/1999 10:00", "01/02/03 04:05:06", "31/31/31", "99/99/99", "15/01/02 BC", "0/1/2", "08-Jan-99", "99-Jan-08",
         "01/02/03 04:05:06+02", "12345-06-00"]
OIDS = {"date": 1082, "timestamp": 1114, "timestamptz": 1184}


def same(server, postgres, *asked):
    answers = []
    for one in (server, postgres):
        with one.wire() as w:
            answers.append([[n for n in w.ask(*messages) if n != "T"] + [w.last_error.get("M") if w.last_error else None] for messages in asked])
    for messages, ours, theirs in zip(asked, *answers):
        assert ours == theirs, messages
    return answers[0]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "<+02>-02"])
@pytest.mark.parametrize("style", ["ISO, DMY", "SQL, MDY", "SQL, DMY", "SQL, YMD", "Postgres, MDY", "Postgres, DMY", "Postgres, YMD", "German, DMY", "German, MDY"])
def test_what_dates_look_like(server, postgres, style, zone):
    asked = [[Q(f"set timezone = '{zone}'")], [Q(f"set datestyle = '{style}'")], [Q("show datestyle")]]
    for moment in MOMENTS:
        day = moment if "inf" in moment else moment.split()[0] + (" BC" if "BC" in moment else "")
        for kind, text in (("date", day), ("timestamp", moment), ("timestamptz", moment)):
            value = f"'{text}'::{kind}"
            asked.append([Q(f"select {value}, ({value})::text, {value} || 'x', array[{value}, null], to_json({value}), format('%s', {value})")])
    asked.append([Q("select '10:11:12'::time, '10:11:12+02'::timetz, json_build_object('d', date '2024-01-02', 't', timestamp '2024-01-02 03:04:05'), '3 days'::interval")])
    asked.append([Q("copy (select date '2024-01-02', timestamp '2024-01-02 03:04:05.6', null::date) to stdout csv")])
    same(server, postgres, *asked)


@pytest.mark.parametrize("style", ["postgres", "postgres_verbose", "sql_standard", "iso_8601"])
def test_what_intervals_look_like_and_are_read_as(server, postgres, style):
    asked = [[Q(f"set intervalstyle = {style}")], [Q("show intervalstyle")]]
    for text in INTERVALS:
        asked += [[Q(f"select '{text}'::interval, ('{text}'::interval)::text, array['{text}'::interval], to_json('{text}'::interval)")],
                  [P("select $1", oids=[1186]), B(params=[text]), E(), S], [Q(f"select '{{\"{text}\"}}'::interval[]")]]
    same(server, postgres, *asked)


@pytest.mark.parametrize("style", ["ISO, MDY", "ISO, DMY", "ISO, YMD", "SQL, DMY", "German, DMY"])
def test_in_which_order_dates_are_read(server, postgres, style):
    asked = [[Q(f"set datestyle = '{style}'")], [Q("set timezone = 'Europe/Berlin'")]]
    for text in DATES:
        for kind, oid in OIDS.items():
            asked += [[Q(f"select '{text}'::{kind}")], [P("select $1", oids=[oid]), B(params=[text]), E(), S], [Q(f"select '{{\"{text}\"}}'::{kind}[]")]]
    asked += [[Q("create temp table t (a date, b timestamp)")], [Q("copy t from stdin"), message("d", b"04/05/06\t07-08-09 10:11:12\n"), message("c")],
              [Q("insert into t values (date '04/05/06', timestamp '07-08-09')")], [Q("select * from t")]]
    same(server, postgres, *asked)


def test_a_style_counts_from_the_next_statement_on(server, postgres):
    """Prepared statements, cursors, rollback, set_config, one message with both."""
    asked = [[P("select date '2024-05-06', $1::date::text", name="s", oids=[1082]), B(statement="s", params=["1/2/3"]), E(), S],
             [Q("set datestyle = german")], [B(statement="s", params=["1/2/3"]), E(), S], [Q("begin")], [Q("set local datestyle = sql")], [Q("select date '2024-05-06'")],
             [Q("declare c cursor for select date '2024-05-06' + i from generate_series(0, 3) i")], [Q("fetch 1 c")], [Q("rollback")], [Q("select date '2024-05-06'")],
             [Q("set datestyle = 'Postgres'; select date '2024-05-06'; reset datestyle; select date '2024-05-06'")],
             [Q("select set_config('intervalstyle', 'iso_8601', false)")], [Q("select interval '1 day'")], [Q("create temp view v as select date '01/02/03' as d, '05/06/07'::date as e")],
             [Q("set datestyle = dmy")], [Q("select * from v")], [Q("select '05/06/07'::date")], [Q("set datestyle = ymd")], [Q("select '05/06/07'::date")], [Q("discard all")],
             [Q("set datestyle = 'PostgreSQL, Europe'")], [Q("show datestyle")], [Q("set datestyle = noneuropean")], [Q("show datestyle")], [Q("reset datestyle")],
             [Q("select '05/06/07'::date, interval '1 day'")], [Q("select max(d), min(d)::text from (values (date '2024-01-02')) v(d)")]]
    same(server, postgres, *asked)


def test_values_of_the_setting(server, postgres):
    values = ["german", "sql, mdy", "dmy", "iso", "default", "dmy, default", "german, mdy", "mdy, german", "", "iso, sql", "us, euro", "foo", "postg", "European", "NonEuro, Postgres"]
    asked = []
    for value in values:
        asked += [[Q(f"set datestyle = '{value}'")], [Q("show datestyle")]]
    same(server, postgres, *asked, [Q("set datestyle = ISO, DMY")], [Q("show datestyle")], [Q("set datestyle to default")], [Q("show datestyle")])


PARAMETERS = [("select $1::text", 1007, "{1,2}"), ("select $1::text", 199, '{"{\\"a\\": 1}"}'), ("select $1::text", 3807, '{"{\\"a\\": 1}"}'), ("select $1::text", 1082, "2024-01-02"),
              ("select $1::text || cast($1 as text)", 1184, "2024-01-02 03:04:05+02"), ("select $1::text", 1186, "1 day"), ("select $1::text", 16, "t"), ("select $1::text", 701, "1e20"),
              ("select $1::text", 17, "\\x00ff"), ("select $1::text", 1700, "1.50"), ("select $1::text", 1009, "{a,NULL}"), ("select $1::text", 25, "x"), ("select $1::text", 23, "7"),
              ("select $1, pg_typeof($1), -$1, abs($1), array[$1]", 21, "7"), ("select $1 * 1000, $1 + 1, 1000 * $1, $1 / 2, $1 = 70000, $1 in (1, 40000)", 21, "32767"),
              ("select sum($1), max($1)", 21, "7"), ("select generate_series(1, $1)", 21, "3"), ("select 1 limit $1", 21, "1"),
              ("select date '2024-01-01' + $1, interval '1 day' * $1", 21, "2"), ("select a * $1 from (values (30000)) v(a)", 21, "2")]


@pytest.mark.parametrize("style", ["ISO, MDY", "German, DMY"])
@pytest.mark.parametrize("sql, oid, value", PARAMETERS)
def test_the_text_and_the_type_of_a_parameter(sql, oid, value, style, server, postgres):
    answers = []
    for one in (server, postgres):
        with one.wire() as w:
            w.ask(Q(f"set datestyle = '{style}'"))
            answers.append((w.ask(P(sql, oids=[oid]), B(params=[value]), D(), E(), S), [c.oid for c in w.columns]))
    assert answers[0] == answers[1]
