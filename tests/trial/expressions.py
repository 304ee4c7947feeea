"""A generator of expressions: each is asked of Tavana and of a PostgreSQL 15 beside it, and value, column name, type and
SQLSTATE have to be the same.

    tests/trial/expressions.py PORT POSTGRES_PORT [--count 100000] [--seed 1] [--show 20] [--only text] [--fields value,type,name]

Prints how many are the same, and the differences by their kind: the operator or function at the top of the expression, and
what differs. Differences that stay are listed in docs/sql.md with their reason."""

import argparse
import collections
import random

import psycopg
from psycopg import pq

LITERALS = {
    "int2": ["0::int2", "1::int2", "(-7)::int2", "32767::int2"],
    "int4": ["0", "1", "-1", "7", "42", "2147483647", "(-2147483648)", "null::int4"],
    "int8": ["0::int8", "5::int8", "(-3)::int8", "9223372036854775807", "null::int8"],
    "numeric": ["0.0", "1.5", "-2.25", "100.01", "0.001", "12345.678", "null::numeric"],
    "float8": ["0::float8", "1.5::float8", "(-2.25)::float8", "1e10::float8", "0.1::float8", "null::float8"],
    "text": ["'abc'", "''", "'Hello World'", "'a_c'", "'a%b'", "'äöü'", "'  pad '", "'42'", "'x,y,z'", "null::text"],
    "bool": ["true", "false", "null::bool"],
    "date": ["date '2024-02-29'", "date '1999-12-31'", "date '0101-01-01 BC'", "date '2000-01-01'", "null::date"],
    "timestamp": ["timestamp '2024-02-29 12:34:56.789'", "timestamp '1999-12-31 23:59:59'", "timestamp '2000-01-01'", "null::timestamp"],
    "timestamptz": ["timestamptz '2024-02-29 12:34:56+02'", "timestamptz '2000-01-01 00:00:00+00'"],
    "time": ["time '12:34:56'", "time '00:00:00'", "time '23:59:59.5'"],
    "interval": ["interval '1 day'", "interval '1 month 2 days 03:04:05'", "interval '-1 year'", "interval '36:00:00'", "null::interval"],
    "bytea": [r"'\x0001ff'::bytea", r"'\x'::bytea", "'abc'::bytea"],
    "jsonb": ["""'{"a": 1, "b": [1, 2, {"c": "x"}]}'::jsonb""", "'[1, 2, 3]'::jsonb", "'null'::jsonb", "'\"s\"'::jsonb",
              """'{"bb": null,  "a": 2.50, "a": {"z":true}}'::jsonb""", "null::jsonb"],
    "json": ["""'{"a": 1, "b": [1, 2, {"c": "x"}]}'::json""", "'[1, \"two\", null]'::json", "'2.50'::json"],
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "null::uuid"],
    "float4": ["0::float4", "1.5::float4", "0.1::float4", "null::float4"],
    "int4[]": ["array[1, 2, 3]", "'{4,5}'::int4[]", "array[1, null]", "'{}'::int4[]"],
    "text[]": ["array['a', 'b']", "'{x,\"y z\"}'::text[]"],
}
NUMBERS = ["int2", "int4", "int8", "numeric", "float8"]
INTEGERS = ["int2", "int4", "int8"]


def rules():
    """(name, result, argument types, pattern) of everything that can stand at the top of an expression."""
    r = []

    def op(symbol, result, left, right):
        r.append((symbol, result, (left, right), "({} " + symbol + " {})"))

    def fn(name, result, *args):
        r.append((name, result, args, name + "(" + ", ".join(["{}"] * len(args)) + ")"))

    def form(name, result, pattern, *args):
        r.append((name, result, args, pattern))

    for a in NUMBERS:
        for b in NUMBERS:
            wide = NUMBERS[max(NUMBERS.index(a), NUMBERS.index(b))]
            for s in "+-*/":
                op(s, wide, a, b)
            if "float8" not in (a, b):
                op("%", wide, a, b)
            for s in ("=", "<>", "<", ">="):
                op(s, "bool", a, b)
    for t in ("float8", "numeric"):
        op("^", t, t, t)
        for f in ("abs", "ceil", "floor", "sign", "sqrt", "exp", "ln", "round", "trunc"):
            fn(f, t, t)
        fn("power", t, t, t)
        fn("log", t, t)
        fn("mod", "numeric", "numeric", "numeric")
    for t in INTEGERS:
        fn("abs", t, t)
        form("-", t, "(- {})", t)
        op("&", t, t, t)
        op("|", t, t, t)
        op("#", t, t, t)
    fn("round", "numeric", "numeric", "int4")
    fn("trunc", "numeric", "numeric", "int4")
    fn("mod", "int4", "int4", "int4")
    fn("div", "numeric", "numeric", "numeric")
    fn("gcd", "int4", "int4", "int4")
    fn("lcm", "int4", "int4", "int4")
    for f in ("sin", "cos", "atan", "degrees", "radians", "cbrt"):
        fn(f, "float8", "float8")
    fn("width_bucket", "int4", "float8", "float8", "float8", "int4")
    for t in ("int4", "text", "numeric", "date", "timestamp", "bool"):
        fn("coalesce", t, t, t)
        fn("nullif", t, t, t)
        fn("greatest", t, t, t)
        fn("least", t, t, t)
        form("case", t, "case when {} then {} else {} end", "bool", t, t)
        form("is null", "bool", "({} is null)", t)
        form("is distinct", "bool", "({} is distinct from {})", t, t)
        form("between", "bool", "({} between {} and {})", t, t, t)
        form("in", "bool", "({} in ({}, {}))", t, t, t)
    op("and", "bool", "bool", "bool")
    op("or", "bool", "bool", "bool")
    form("not", "bool", "(not {})", "bool")
    form("is true", "bool", "({} is true)", "bool")
    op("||", "text", "text", "text")
    op("||", "text", "text", "int4")
    for s in ("=", "<", "like", "ilike", "~", "~*", "!~", "similar to"):
        op(s, "bool", "text", "text")
    for f in ("lower", "upper", "initcap", "reverse", "trim", "ltrim", "rtrim", "btrim", "md5", "quote_ident", "quote_literal"):
        fn(f, "text", "text")
    for f in ("length", "char_length", "octet_length", "bit_length", "ascii"):
        fn(f, "int4", "text")
    for f in ("left", "right", "repeat"):
        fn(f, "text", "text", "small")
    fn("lpad", "text", "text", "small", "text")
    fn("rpad", "text", "text", "small")
    fn("replace", "text", "text", "text", "text")
    fn("translate", "text", "text", "text", "text")
    fn("split_part", "text", "text", "text", "small")
    fn("strpos", "int4", "text", "text")
    fn("starts_with", "bool", "text", "text")
    fn("concat", "text", "text", "int4", "text")
    fn("concat_ws", "text", "text", "text", "text")
    fn("substr", "text", "text", "small", "small")
    fn("chr", "text", "small")
    fn("to_hex", "text", "int4")
    fn("string_to_array", "text[]", "text", "text")
    fn("array_to_string", "text", "text[]", "text")
    fn("regexp_replace", "text", "text", "text", "text")
    fn("format", "text", "text", "text")
    form("substring", "text", "substring({} from {} for {})", "text", "small", "small")
    form("position", "int4", "position({} in {})", "text", "text")
    form("overlay", "text", "overlay({} placing {} from {})", "text", "text", "small")
    form("trim both", "text", "trim(both {} from {})", "text", "text")
    for t in ("date", "timestamp", "timestamptz", "interval"):
        for s in ("=", "<", ">="):
            op(s, "bool", t, t)
    op("-", "int4", "date", "date")
    op("+", "date", "date", "small")
    op("-", "date", "date", "small")
    op("+", "timestamp", "date", "interval")
    op("+", "timestamp", "timestamp", "interval")
    op("-", "timestamp", "timestamp", "interval")
    op("-", "interval", "timestamp", "timestamp")
    op("+", "interval", "interval", "interval")
    op("*", "interval", "interval", "small")
    op("/", "interval", "interval", "small")
    op("+", "timestamp", "date", "time")
    for f in ("year", "quarter", "month", "week", "day", "dow", "isodow", "doy", "hour", "minute", "second", "epoch", "century", "isoyear"):
        form("extract " + f, "numeric", "extract(" + f + " from {})", "timestamp")
        form("date_part " + f, "float8", "date_part('" + f + "', {})", "timestamp")
        form("date_trunc", "timestamp", "date_trunc('" + (f if f not in ("dow", "isodow", "doy", "epoch", "isoyear") else "day") + "', {})", "timestamp")
    form("extract", "numeric", "extract(epoch from {})", "interval")
    fn("age", "interval", "timestamp", "timestamp")
    for f in ("justify_days", "justify_hours", "justify_interval"):
        fn(f, "interval", "interval")
    fn("make_date", "date", "small", "small", "small")
    fn("isfinite", "bool", "date")
    for template in ("'YYYY-MM-DD HH24:MI:SS'", "'Day, DD Mon YYYY'", "'Q IW ID'"):
        form("to_char", "text", "to_char({}, " + template + ")", "timestamp")
    for template in ("'999D99'", "'FM0000.0'", "'9,999'"):
        form("to_char", "text", "to_char({}, " + template + ")", "numeric")
    form("at time zone", "timestamptz", "({} at time zone 'Europe/Berlin')", "timestamp")
    casts = {"int4": ["text", "int8", "numeric", "float8", "int2", "bool", "oid"], "text": ["int4", "numeric", "bool", "varchar(3)", "char(4)", "name", "bytea"],
             "numeric": ["int4", "text", "numeric(6,2)", "float8"], "float8": ["int4", "text", "numeric", "real"], "bool": ["int4", "text"],
             "date": ["text", "timestamp", "timestamptz"], "timestamp": ["date", "text", "time", "timestamp(0)"], "interval": ["text", "time"],
             "time": ["text", "interval"], "jsonb": ["text", "json"], "int4[]": ["text", "int8[]"], "bytea": ["text"]}
    for source, targets in casts.items():
        for target in targets:
            form("::" + target, target if target in LITERALS else "other", "({})::" + target, source)
    op("||", "bytea", "bytea", "bytea")
    fn("encode", "text", "bytea", "codec")
    fn("length", "int4", "bytea")
    for s, t in (("->", "jsonb"), ("->>", "text")):
        op(s, t, "jsonb", "key")
        op(s, t, "jsonb", "small")
    op("#>>", "text", "jsonb", "path")
    op("?", "bool", "jsonb", "key")
    op("@>", "bool", "jsonb", "jsonb")
    fn("jsonb_typeof", "text", "jsonb")
    fn("jsonb_array_length", "int4", "jsonb")
    op("||", "int4[]", "int4[]", "int4[]")
    op("&&", "bool", "int4[]", "int4[]")
    op("@>", "bool", "int4[]", "int4[]")
    op("=", "bool", "int4[]", "int4[]")
    fn("array_length", "int4", "int4[]", "one")
    fn("cardinality", "int4", "int4[]")
    fn("array_append", "int4[]", "int4[]", "int4")
    fn("array_position", "int4", "int4[]", "int4")
    form("any", "bool", "({} = any({}))", "int4", "int4[]")
    form("[]", "int4", "({})[{}]", "int4[]", "small")
    form("row", "other", "row({}, {})", "int4", "text")
    more_rules(op, fn, form)
    return r


AGGREGATES = {
    "int2": {"sum": "int8", "avg": "numeric", "min": "int2", "max": "int2"},
    "int4": {"sum": "int8", "avg": "numeric", "min": "int4", "max": "int4", "bit_and": "int4", "bit_or": "int4", "stddev": "numeric", "variance": "numeric"},
    "int8": {"sum": "numeric", "avg": "numeric", "min": "int8", "max": "int8"},
    "numeric": {"sum": "numeric", "avg": "numeric", "min": "numeric", "max": "numeric"},
    "float8": {"sum": "float8", "avg": "float8", "min": "float8", "max": "float8", "stddev": "float8"},
    "interval": {"sum": "interval", "avg": "interval", "min": "interval", "max": "interval"},
    "date": {"min": "date", "max": "date"}, "timestamp": {"min": "timestamp", "max": "timestamp"},
    "text": {"min": "text", "max": "text"}, "bool": {"bool_and": "bool", "bool_or": "bool", "every": "bool"},
}


def more_rules(op, fn, form):
    """Aggregates, arrays, json, dates, regular expressions, comparisons of rows, CASE, subqueries."""
    rows = " from (values ({}), ({}), ({})) v(x))"
    for t, functions in AGGREGATES.items():
        for f, result in functions.items():
            form(f, result, "(select " + f + "(x)" + rows, t, t, t)
        form("count", "int8", "(select count(x)" + rows, t, t, t)
        form("count distinct", "int8", "(select count(distinct x)" + rows, t, t, t)
        form("array_agg", "other", "(select array_agg(x order by x)" + rows, t, t, t)
        form("in subquery", "bool", "({} in (select x" + rows + ")", t, t, t, t)
    form("count filter", "int8", "(select count(*) filter (where x > 1)" + rows, "int4", "int4", "int4")
    form("sum distinct", "int8", "(select sum(distinct x)" + rows, "int4", "int4", "int4")
    form("string_agg", "text", "(select string_agg(x, ',' order by x desc)" + rows, "text", "text", "text")
    form("string_agg distinct", "text", "(select string_agg(distinct x, ',')" + rows, "text", "text", "text")
    form("json_agg", "other", "(select json_agg(x)" + rows, "int4", "int4", "int4")
    form("jsonb_agg", "jsonb", "(select jsonb_agg(x order by x)" + rows, "text", "text", "text")
    form("sum over", "other", "(select sum(x) over (order by x)" + rows[:-1] + " limit 1)", "int4", "int4", "int4")
    form("percentile_cont", "float8", "(select percentile_cont(0.5) within group (order by x)" + rows, "float8", "float8", "float8")
    for t in ("int4", "text", "timestamp", "interval"):
        for s in ("=", "<", ">=", "<>"):
            form("row " + s, "bool", "(({}, {}) " + s + " ({}, {}))", t, "int4", t, "int4")
        form("case of", t, "case {} when {} then {} else {} end", "int4", "int4", t, t)
        form("case when", t, "case when {} then {} end", "bool", t)
        form("not in", "bool", "({} not in ({}, {}))", t, t, t)
        form("not between", "bool", "({} not between symmetric {} and {})", t, t, t)
        form("is not distinct", "bool", "({} is not distinct from {})", t, t)
        form("all", "bool", "({} <> all(array[{}, {}]))", t, t, t)
        form("pg_typeof", "text", "pg_typeof({})::text", t)
    # dates
    for f, t in (("date", "date"), ("timestamptz", "timestamptz"), ("interval", "interval"), ("time", "time")):
        for part in ("year", "month", "day", "hour", "second", "epoch", "dow"):
            if (f == "date" and part in ("hour", "second")) or (f == "time" and part in ("year", "month", "day", "dow")) or (f, part) == ("interval", "dow"):
                continue
            form("extract of " + f, "numeric", "extract(" + part + " from {})", t)
            form("date_part of " + f, "float8", "date_part('" + part + "', {})", t)
    op("-", "timestamptz", "timestamptz", "interval")
    op("-", "interval", "timestamptz", "timestamptz")
    op("-", "interval", "time", "time")
    op("+", "time", "time", "interval")
    op("-", "interval", "interval", "interval")
    op("*", "interval", "interval", "float8")
    op("/", "interval", "interval", "float8")
    form("-", "interval", "(- {})", "interval")
    fn("make_interval", "interval", "small", "small", "small", "small")
    fn("make_timestamp", "timestamp", "year", "small", "small", "small", "small", "float8")
    fn("make_time", "time", "small", "small", "float8")
    fn("isfinite", "bool", "timestamp")
    form("date_trunc tz", "timestamptz", "date_trunc('hour', {})", "timestamptz")
    form("date_trunc interval", "interval", "date_trunc('hour', {})", "interval")
    form("date_bin", "timestamp", "date_bin('15 minutes', {}, timestamp '2001-01-01')", "timestamp")
    form("overlaps", "bool", "(({}, {}) overlaps ({}, {}))", "date", "date", "date", "date")
    form("generate_series date", "timestamptz", "(select max(g) from generate_series({}, date '2024-03-01', '1 month') g)", "somedate")
    form("at time zone", "timestamp", "({} at time zone 'America/New_York')", "timestamptz")
    form("to_char interval", "text", "to_char({}, 'HH24:MI:SS')", "interval")
    form("to_char tz", "text", "to_char({}, 'YYYY-MM-DD HH24:MI:SS TZ')", "timestamptz")
    form("to_char int", "text", "to_char({}, '9,999,999S')", "int4")
    form("to_char float", "text", "to_char({}, '9.99EEEE')", "float8")
    form("to_date", "date", "to_date({}, 'YYYY-MM-DD')", "datetext")
    form("to_timestamp", "timestamptz", "to_timestamp({}, 'YYYY-MM-DD HH24:MI')", "datetext")
    form("to_timestamp", "timestamptz", "to_timestamp({})", "float8")
    form("to_number", "numeric", "to_number({}, '99999D99')", "numbertext")
    form("text::date", "date", "{}::date", "datetext")
    form("text::timestamp", "timestamp", "{}::timestamp", "datetext")
    form("text::numeric", "numeric", "{}::numeric", "numbertext")
    form("text::int4", "int4", "{}::int4", "numbertext")
    form("text::float8", "float8", "{}::float8", "numbertext")
    # arrays
    for t in ("int4", "text"):
        a = t + "[]"
        form("slice", a, "({})[1:2]", a)
        form("slice from", a, "({})[2:]", a)
        form("slice to", a, "({})[:1]", a)
        fn("array_append", a, a, t)
        fn("array_prepend", a, t, a)
        fn("array_cat", a, a, a)
        fn("array_remove", a, a, t)
        fn("array_replace", a, a, t, t)
        fn("array_positions", "int4[]", a, t)
        fn("array_upper", "int4", a, "one")
        fn("array_lower", "int4", a, "one")
        fn("array_ndims", "int4", a)
        fn("array_dims", "text", a)
        fn("array_to_string", "text", a, "separator", "separator")
        fn("to_json", "json", a)
        op("||", a, a, t)
        op("||", a, t, a)
        op("<@", "bool", a, a)
        op("<", "bool", a, a)
        op("=", "bool", a, a)
        form("<> all", "bool", "({} <> all({}))", t, a)
        form("unnest", t, "(select max(u) from unnest({}) u)", a)
        form("::text", "text", "({})::text", a)
        form("array subquery", a, "array(select x from (values ({}), ({})) v(x))", t, t)
    form("unnest of two", "int4", "(select sum(u)::int4 from unnest(array[[1,2],[3,{}]]) u)", "int4")
    form("array of arrays", "other", "array[{}, {}]", "int4[]", "int4[]")
    form("any of text", "bool", "({} = any('{{1,2,42}}'))", "int4")
    # json
    for j in ("json", "jsonb"):
        op("->", j, j, "key")
        op("->", j, j, "small")
        op("->>", "text", j, "key")
        op("->>", "text", j, "small")
        op("#>", j, j, "path")
        op("#>>", "text", j, "path")
        fn(j + "_typeof", "text", j)
        fn(j + "_array_length", "int4", j)
        fn(j + "_extract_path_text", "text", j, "key")
        form(j + "_build_object", j, j + "_build_object('k', {}, 'l', {})", "int4", "text")
        form(j + "_build_array", j, j + "_build_array({}, {})", "numeric", "text")
        fn("to_" + j, j, "text")
        fn("to_" + j, j, "numeric")
        fn("to_" + j, j, "timestamp")
        form(j + "_array_elements", "other", "(select count(*) from " + j + "_array_elements({}))", j)
        form(j + "_object_keys", "text", "(select max(k) from " + j + "_object_keys({}) k)", j)
        fn(j + "_strip_nulls", j, j)
        form("::" + j, j, "({})::" + j, "text")
    for s in ("@>", "<@", "=", "<>", "<"):
        op(s, "bool", "jsonb", "jsonb")
    op("||", "jsonb", "jsonb", "jsonb")
    op("-", "jsonb", "jsonb", "key")
    op("-", "jsonb", "jsonb", "small")
    op("#-", "jsonb", "jsonb", "path")
    form("?|", "bool", "({} ?| array['a', 'c'])", "jsonb")
    form("?&", "bool", "({} ?& array['a', 'b'])", "jsonb")
    form("jsonb_set", "jsonb", "jsonb_set({}, {}, {})", "jsonb", "path", "jsonb")
    form("jsonb_insert", "jsonb", "jsonb_insert({}, {}, {})", "jsonb", "path", "jsonb")
    fn("jsonb_pretty", "text", "jsonb")
    form("row_to_json", "json", "row_to_json(v) from (values ({}, {})) v(a, b)", "int4", "text")
    for t in ("int4", "numeric", "bool", "text"):
        form("jsonb::" + t, t, "({})::" + t, "jsonb")
    # regular expressions
    fn("regexp_replace", "text", "text", "pattern", "replacement")
    fn("regexp_replace", "text", "text", "pattern", "replacement", "flags")
    fn("regexp_match", "text[]", "text", "pattern")
    fn("regexp_split_to_array", "text[]", "text", "pattern")
    form("regexp_matches", "other", "(select count(*) from regexp_matches({}, {}, 'g'))", "text", "pattern")
    form("regexp_split_to_table", "text", "(select max(p) from regexp_split_to_table({}, {}) p)", "text", "pattern")
    form("substring from", "text", "substring({} from {})", "text", "pattern")
    for s in ("~", "~*", "!~"):
        op(s, "bool", "text", "pattern")
    for s in ("like", "not like", "ilike"):
        op(s, "bool", "text", "likepattern")
    # text and numbers
    fn("concat", "text", "bool", "date", "float8")
    fn("format", "text", "formattext", "text", "int4")
    fn("substr", "text", "text", "small")
    fn("md5", "text", "bytea")
    form("trim leading", "text", "trim(leading 'a' from {})", "text")
    fn("string_to_array", "text[]", "text", "separator", "text")
    fn("cbrt", "float8", "float8")
    fn("scale", "int4", "numeric")
    fn("trim_scale", "numeric", "numeric")
    fn("min_scale", "int4", "numeric")
    fn("sign", "float8", "float8")
    fn("atan2", "float8", "float8", "float8")
    fn("pi", "float8")
    fn("mod", "int8", "int8", "int4")
    fn("num_nulls", "int4", "int4", "text")
    fn("get_byte", "int4", "bytea", "one")
    fn("sha256", "bytea", "bytea")
    fn("decode", "bytea", "hextext", "hex")
    fn("substring", "bytea", "bytea", "small", "small")
    for s in ("=", "<", ">="):
        op(s, "bool", "bytea", "bytea")
        op(s, "bool", "uuid", "uuid")
        op(s, "bool", "float4", "float8")
        op(s, "bool", "time", "time")
        op(s, "bool", "bool", "bool")
    for s in "+-*/":
        op(s, "float4", "float4", "float4")
        op(s, "float8", "float4", "int4")
    for s in ("<<", ">>"):
        op(s, "int4", "int4", "small")
    form("~", "int4", "(~ {})", "int4")
    form("|/", "float8", "(|/ {})", "float8")
    form("@", "numeric", "(@ {})", "numeric")
    further_rules(op, fn, form)
    wider_rules(op, fn, form)
    # what no operator takes
    op("+", "other", "text", "int4")
    op("=", "other", "int4", "date")
    op("||", "other", "int4", "int4")
    op("-", "other", "date", "text")
    fn("length", "other", "int4")
    fn("nosuchfunction", "other", "int4")


def further_rules(op, fn, form):
    """Set operations, windows, formats, the rest of the functions of texts, arrays, json and intervals."""
    # types of UNION, CASE, COALESCE, GREATEST over different types
    for a, b in (("int2", "int4"), ("int4", "int8"), ("int4", "numeric"), ("int8", "float8"), ("numeric", "float8"), ("float4", "float8"), ("date", "timestamp"),
                 ("timestamp", "timestamptz"), ("json", "json"), ("text", "text")):
        form("union", "other", "(select max(x::text) from (select {} union select {}) v(x))", a, b)
        form("union all type", "text", "(select pg_typeof(x)::text from (select {} union all select {}) v(x) limit 1)", a, b)
        if a not in ("json",):
            form("coalesce of two", "other", "coalesce({}, {})", a, b)
            form("greatest of two", "other", "greatest({}, {})", a, b)
            form("nullif of two", "other", "nullif({}, {})", a, b)
        form("case of two", "other", "case when {} then {} else {} end", "bool", a, b)
        form("case with a literal", "other", "case when {} then {} else '1' end", "bool", "int4")
    form("except", "int8", "(select count(*) from (select {} except select {}) v)", "int4", "int4")
    form("intersect", "int8", "(select count(*) from (values ({}), ({}) intersect all values ({})) v)", "text", "text", "text")
    # windows
    rows = " from (values (1, {}), (2, {}), (2, {}), (3, {})) v(k, x)"
    for call, result, t in (("row_number()", "int8", "int4"), ("rank()", "int8", "int4"), ("dense_rank()", "int8", "text"), ("lag(x)", "other", "int4"), ("lead(x, 2)", "other", "text"),
                            ("first_value(x)", "other", "numeric"), ("last_value(x)", "other", "int4"), ("nth_value(x, 2)", "other", "text"), ("ntile(2)", "int4", "int4"),
                            ("sum(x)", "other", "int4"), ("avg(x)", "other", "int4"), ("count(x)", "int8", "text"), ("max(x)", "other", "date"), ("percent_rank()", "float8", "int4"),
                            ("cume_dist()", "float8", "int4"), ("string_agg(x, ',')", "text", "text"), ("array_agg(x)", "other", "int4")):
        form("window " + call, result, "(select string_agg(w::text, ';') from (select " + call + " over (order by k, x) w" + rows + " order by k, x) s)", t, t, t, t)
        form("window type " + call, "other", "(select " + call + " over (order by k, x)" + rows + " order by k, x limit 1)", t, t, t, t)
        form("frame " + call, "other", "(select string_agg(w::text, ';') from (select " + call + " over (partition by k order by x rows between 1 preceding and current row) w" + rows + " order by k, x) s)", t, t, t, t)
    # formats of to_char, to_date, to_timestamp, to_number
    form("to_char date", "text", "to_char({}, {})", "timestamp", "datetemplate")
    form("to_char of date", "text", "to_char({}, {})", "date", "datetemplate")
    form("to_char interval", "text", "to_char({}, {})", "interval", "intervaltemplate")
    for t, name in (("numeric", "number"), ("int4", "int"), ("float8", "double")):
        form("to_char " + name, "text", "to_char({}, {})", t, "numbertemplate")
    form("to_date", "date", "to_date({})", "dateandtemplate")
    form("to_timestamp text", "timestamptz", "to_timestamp({})", "dateandtemplate")
    form("to_number", "numeric", "to_number({})", "numberandtemplate")
    # texts
    for f in ("lower", "upper", "initcap", "reverse", "ascii", "length", "md5"):
        fn(f, "int4" if f in ("ascii", "length") else "text", "widetext")
    fn("split_part", "text", "text", "separatortext", "notzero")
    fn("translate", "text", "text", "separatortext", "text")
    fn("lpad", "text", "text", "length", "separatortext")
    fn("rpad", "text", "text", "length", "separatortext")
    fn("left", "text", "widetext", "length")
    fn("right", "text", "widetext", "length")
    fn("repeat", "text", "text", "length")
    fn("substr", "text", "widetext", "length", "length")
    fn("strpos", "int4", "widetext", "separatortext")
    fn("btrim", "text", "text", "separatortext")
    fn("ltrim", "text", "text", "separatortext")
    fn("rtrim", "text", "text", "separatortext")
    fn("unistr", "text", "unicodetext")
    fn("normalize", "text", "widetext")
    fn("string_to_array", "text[]", "widetext", "separatortext")
    fn("starts_with", "bool", "widetext", "text")
    fn("concat_ws", "text", "separatortext", "text", "int4", "bool", "date")
    fn("format", "text", "formattext", "int4", "date")
    fn("quote_nullable", "text", "text")
    fn("quote_ident", "text", "nametext")
    fn("to_hex", "text", "int8")
    fn("chr", "text", "code")
    fn("encode", "text", "bytea", "codec")
    fn("decode", "bytea", "base64text", "base64")
    fn("convert_from", "text", "bytea", "encoding")
    fn("octet_length", "int4", "bytea")
    fn("set_byte", "bytea", "bytea", "one", "small")
    fn("get_bit", "int4", "bytea", "one")
    fn("bit_count", "int8", "bytea")
    form("regexp ~", "bool", "({} ~ {})", "widetext", "expression")
    form("regexp ~*", "bool", "({} ~* {})", "widetext", "expression")
    form("regexp substring", "text", "substring({} from {})", "widetext", "expression")
    form("regexp_replace all", "text", "regexp_replace({}, {}, '<\\&>', 'g')", "widetext", "expression")
    form("regexp_replace one", "text", "regexp_replace({}, {}, '-')", "widetext", "expression")
    form("regexp_match of", "other", "regexp_match({}, {})", "widetext", "expression")
    form("regexp_split", "other", "regexp_split_to_array({}, {})", "widetext", "expression")
    form("similar", "bool", "({} similar to {})", "widetext", "similarpattern")
    # numbers
    for f in ("ceiling", "floor", "round", "trunc", "sign", "abs"):
        fn(f, "float8", "edgefloat")
    for f in ("asin", "acos", "tan", "cot", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sind", "cosd", "tand"):
        fn(f, "float8", "float8")
    form("float text", "text", "({})::text", "edgefloat")
    form("float4 text", "text", "({})::float4::text", "edgefloat")
    form("float to int", "int4", "({})::int4", "edgefloat")
    form("float to int8", "int8", "({})::int8", "edgefloat")
    form("float to numeric", "numeric", "({})::numeric", "edgefloat")
    form("numeric to int", "int4", "({})::int4", "edgenumeric")
    form("numeric(5,2)", "numeric", "({})::numeric(5,2)", "edgenumeric")
    form("numeric round", "numeric", "round({}, {})", "edgenumeric", "small")
    form("numeric text", "text", "({})::text", "edgenumeric")
    fn("div", "numeric", "edgenumeric", "numeric")
    fn("mod", "numeric", "edgenumeric", "numeric")
    fn("log", "numeric", "positive", "positive")
    fn("power", "numeric", "positive", "small")
    fn("factorial", "numeric", "small")
    fn("width_bucket", "int4", "numeric", "numeric", "numeric", "one")
    for s in "+-*":
        op(s, "numeric", "edgenumeric", "edgenumeric")
    form("int2 cast", "int2", "({})::int2", "int4")
    # dates and intervals
    for f in ("millennium", "decade", "julian", "milliseconds", "microseconds"):
        form("extract " + f, "numeric", "extract(" + f + " from {})", "timestamp")
    for f in ("day", "hour", "minute", "second", "month", "year", "milliseconds", "epoch", "decade", "quarter"):
        form("extract of interval", "numeric", "extract(" + f + " from {})", "edgeinterval")
    form("interval text", "text", "({})::text", "edgeinterval")
    form("interval in", "interval", "{}", "edgeinterval")
    for s in "+-":
        op(s, "interval", "edgeinterval", "interval")
        op(s, "timestamp", "timestamp", "edgeinterval")
        op(s, "timestamp", "date", "edgeinterval")
    op("*", "interval", "edgeinterval", "float8")
    op("<", "bool", "edgeinterval", "interval")
    op("+", "timestamp", "time", "date")
    for f in ("justify_days", "justify_hours", "justify_interval"):
        fn(f, "interval", "edgeinterval")
    fn("age", "interval", "date", "date")
    fn("age", "interval", "timestamptz", "timestamptz")
    fn("make_timestamptz", "timestamptz", "year", "one", "one", "small", "small", "float8")
    form("date in", "date", "{}::date", "datetexts")
    form("timestamp in", "timestamp", "{}::timestamp", "datetexts")
    form("timestamptz in", "timestamptz", "{}::timestamptz", "datetexts")
    form("time in", "time", "{}::time", "timetexts")
    form("date_trunc tz", "timestamptz", "date_trunc('day', {}, 'Europe/Berlin')", "timestamptz")
    form("timestamptz at", "timestamp", "({} at time zone interval '-2 hours')", "timestamptz")
    # arrays
    a = "int4[]"
    form("array of two dimensions", "other", "array[[{}, {}], [{}, {}]]", "int4", "int4", "int4", "int4")
    form("array subscript 2", "int4", "(array[[1, {}], [3, 4]])[1][2]", "int4")
    form("array_fill", "other", "array_fill({}, array[2])", "int4")
    form("array_length 2", "int4", "array_length(array[[1, 2], [3, {}]], 2)", "int4")
    form("cardinality 2", "int4", "cardinality(array[[1, 2], [3, {}]])", "int4")
    fn("trim_array", a, a, "one")
    form("array in", "other", "({})::int4[]", "arraytexts")
    form("text array in", "other", "({})::text[]", "arraytexts")
    form("array_agg filter", "other", "(select array_agg(x order by x desc) filter (where x is not null) from (values ({}), ({})) v(x))", "int4", "int4")
    form("unnest ordinality", "text", "(select string_agg(n || '=' || coalesce(u::text, '-'), ',' order by n) from unnest({}) with ordinality t(u, n))", a)
    form("array ||", "other", "({} || {} || {})", a, "int4", a)
    form("array = any", "bool", "({} = any({}))", "text", "text[]")
    form("array < all", "bool", "({} < all({}))", "int4", a)
    form("array numeric", "other", "array[{}, {}]", "int4", "numeric")
    form("array in text", "text", "array[{}, {}]::text", "text", "text")
    # json
    for call in ("jsonb_object_agg(k, x)", "json_object_agg(k, x)", "jsonb_agg(x)", "json_agg(x)"):
        form(call, "other", "(select " + call + " from (values (1, {}), (2, {})) v(k, x))", "numeric", "numeric")
    form("jsonb each", "text", "(select string_agg(key || ':' || value::text, ',' order by key) from jsonb_each({}))", "jsonb")
    form("jsonb each text", "text", "(select string_agg(key || ':' || coalesce(value, '-'), ',' order by key) from jsonb_each_text({}))", "jsonb")
    form("jsonb elements", "text", "(select string_agg(value::text, ',') from jsonb_array_elements({}))", "jsonb")
    form("jsonb_concat", "jsonb", "({} || {} || '{{\"n\": 1}}')", "jsonb", "jsonb")
    form("to_jsonb row", "other", "to_jsonb(v) from (values ({}, {})) v(a, b)", "numeric", "date")
    form("to_jsonb", "jsonb", "to_jsonb({})", "float8")
    form("to_jsonb", "jsonb", "to_jsonb({})", "int4[]")
    form("to_jsonb", "jsonb", "to_jsonb({})", "timestamptz")
    form("to_json", "other", "to_json({})", "interval")
    form("jsonb = literal", "bool", "({} = '{{\"a\": 1}}')", "jsonb")
    form("jsonb @> literal", "bool", "({} @> '{{\"a\": 1}}')", "jsonb")
    form("jsonb text", "text", "({})::text", "jsonb")
    form("jsonb in", "jsonb", "{}::jsonb", "jsontexts")
    form("json in", "json", "{}::json", "jsontexts")
    fn("jsonb_pretty", "text", "jsonb")
    form("jsonb_path_query", "other", "(select count(*) from jsonb_path_query({}, '$.a'))", "jsonb")
    form("json_build", "other", "jsonb_build_object('a', {}, 'b', {}, 'c', {})", "float8", "bool", "text[]")
    # aggregates over groups
    groups = " from (values (1, {}), (1, {}), (2, {})) v(k, x) group by k) s)"
    for call, t in (("sum(x)", "int4"), ("avg(x)", "numeric"), ("count(distinct x)", "text"), ("max(x)", "text"), ("array_agg(x order by x)", "int4"), ("string_agg(x, '-' order by x)", "text"),
                    ("bool_and(x)", "bool"), ("min(x)", "timestamp"), ("stddev(x)", "float8"), ("var_pop(x)", "float8"), ("corr(x, k)", "float8"), ("mode() within group (order by x)", "int4"),
                    ("percentile_disc(0.5) within group (order by x)", "int4")):
        form("grouped " + call, "text", "(select string_agg(g::text, ';' order by k) from (select k, " + call + " g" + groups, t, t, t)


def wider_rules(op, fn, form):
    """Casts between all types, bytes, every field of dates, ranges, addresses, aggregates with all clauses, NULLs in lists."""
    for source in LITERALS:
        form("cast " + source, "other", "({})::{}", source, "casttype")
    # bytes
    for f in ("btrim", "ltrim", "rtrim"):
        form(f + " of bytes", "bytea", f + "({}, '\\x00'::bytea)", "bytea")
    form("overlay of bytes", "bytea", "overlay({} placing {} from {})", "bytea", "bytea", "one")
    form("position of bytes", "int4", "position({} in {})", "bytea", "bytea")
    form("trim of bytes", "bytea", "trim(both {} from {})", "bytea", "bytea")
    for f in ("sha224", "sha256", "sha384", "sha512", "md5"):
        form(f + " of bytes", "other", f + "({})", "bytea")
    form("substr of bytes", "bytea", "substr({}, {})", "bytea", "small")
    form("set_bit", "bytea", "set_bit({}, 1, 1)", "bytea")
    form("convert_to", "bytea", "convert_to({}, {})", "widetext", "encoding")
    form("bytes || literal", "bytea", "({}::bytea || '\\x01')", "bytea")
    form("bytes of text", "bytea", "({})::bytea", "widetext")
    # every field
    fields = ("century", "day", "decade", "dow", "doy", "epoch", "hour", "isodow", "isoyear", "julian", "microseconds", "millennium", "milliseconds", "minute", "month",
              "quarter", "second", "timezone", "timezone_hour", "timezone_minute", "week", "year")
    for f in fields:
        for t in ("date", "timestamp", "timestamptz", "time", "interval"):
            form("field " + f + " of " + t, "numeric", "extract(" + f + " from {})", t)
            form("date_part " + f + " of " + t, "float8", "date_part('" + f + "', {})", t)
    for f in ("microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium"):
        for t in ("timestamp", "timestamptz", "interval"):
            form("date_trunc " + t, t, "date_trunc('" + f + "', {})", t)
    # intervals and moments
    for s in ("=", "<", ">="):
        op(s, "bool", "date", "timestamp")
        op(s, "bool", "timestamp", "timestamptz")
        op(s, "bool", "date", "timestamptz")
    op("*", "interval", "float8", "interval")
    op("-", "timestamp", "timestamp", "edgeinterval")
    op("+", "timestamptz", "timestamptz", "edgeinterval")
    op("+", "timestamp", "interval", "timestamp")
    op("-", "time", "time", "interval")
    form("age of one", "bool", "(age({}) is null)", "timestamp")
    form("to_char of interval", "text", "to_char({}, {})", "edgeinterval", "intervaltemplate")
    # arrays
    for a, t in (("int4[]", "int4"), ("text[]", "text")):
        form("array any null", "bool", "({} = any({}))", t, a)
        form("array all null", "bool", "({} = all({}))", t, a)
        form("array_agg distinct", "other", "(select array_agg(distinct x order by x) from unnest({}) x)", a)
        form("array_positions of", "int4[]", "array_positions({}, {})", a, t)
        form("array_to_json", "json", "array_to_json({})", a)
        form("array slice", a, "({})[{}:{}]", a, "small", "small")
        form("array compare", "bool", "({} >= {})", a, a)
        form("array_fill of", "other", "array_fill({}, array[3])", t)
        form("array_position from", "int4", "array_position({}, {}, 2)", a, t)
    form("generate_subscripts", "other", "(select sum(i) from generate_subscripts({}, 1) i)", "int4[]")
    # lists with NULL
    for t in ("int4", "text", "date", "numeric"):
        form("in with null", "bool", "({} in ({}, null, {}))", t, t, t)
        form("not in with null", "bool", "({} not in ({}, null))", t, t)
        form("coalesce of three", t, "coalesce(null, {}, {})", t, t)
        form("case of three", t, "case when {} then {} when {} then {} end", "bool", t, "bool", t)
    # json
    for j in ("json", "jsonb"):
        form(j + " path", "text", "({} #>> '{{b,2,c}}')", j)
        form(j + "_each count", "int8", "(select count(*) from " + j + "_each('{{\"a\":1,\"b\":null}}'::" + j + "))")
        form(j + "_object", "other", j + "_object(array['a', {}, 'b', {}])", "text", "text")
    form("jsonb_set_lax", "other", "jsonb_set_lax({}, '{{a}}', {})", "jsonb", "jsonb")
    form("jsonb subscript", "other", "({})['a']", "jsonb")
    form("jsonb_exists", "bool", "({} ? 'a' and {} ?| array['b'])", "jsonb", "jsonb")
    # ranges
    for s in ("=", "<", "&&", "@>", "<@", "<<", ">>", "&<", "&>", "-|-"):
        op(s, "bool", "range", "range")
    for s in ("+", "*", "-"):
        op(s, "other", "range", "range")
    op("@>", "bool", "range", "int4")
    for f in ("lower", "upper", "isempty", "lower_inc", "upper_inc", "lower_inf", "upper_inf"):
        form(f + " of range", "other", f + "({})", "range")
    form("range_merge", "other", "range_merge({}, {})", "range", "range")
    form("int4range", "other", "int4range({}, {}, '[]')", "int4", "int4")
    form("daterange", "other", "daterange({}, {})", "date", "date")
    # addresses
    for s in ("=", "<", ">="):
        op(s, "bool", "address", "address")
    form("inet text", "text", "({})::text", "address")
    # regular expressions and texts
    form("regexp_count", "int4", "regexp_count({}, {})", "widetext", "pattern")
    form("regexp_like", "bool", "regexp_like({}, {})", "widetext", "pattern")
    form("regexp_instr", "int4", "regexp_instr({}, {})", "widetext", "pattern")
    form("regexp_substr", "text", "regexp_substr({}, {})", "widetext", "pattern")
    form("regexp_replace nth", "text", "regexp_replace({}, {}, 'X', 1, 2)", "widetext", "pattern")
    form("string_to_table", "other", "(select string_agg(t, '|') from string_to_table({}, {}) t)", "widetext", "separatortext")
    form("string_to_array null", "text[]", "string_to_array({}, {}, 'b')", "widetext", "separatortext")
    form("text compare", "bool", "({} collate \"C\" < {})", "widetext", "text")
    form("like escape", "bool", "({} like {} escape '#')", "widetext", "likepattern")
    form("concat_op", "text", "({} || {} || {})", "text", "int4", "text")
    # aggregates
    rows = " from (values (1, {}), (1, {}), (2, {})) v(k, x))"
    for t in ("int4", "numeric", "float8", "text", "date", "interval", "bool"):
        for call in ("count(distinct x) filter (where k = 1)", "max(x) filter (where k > 1)", "array_agg(x order by k desc, x)", "min(x)"):
            if t == "bool" and "m" in call[:3]:
                continue
            form("aggregate " + call, "other", "(select " + call + rows, t, t, t)
    for call, t in (("sum(x) filter (where k = 1)", "int4"), ("avg(distinct x)", "int4"), ("sum(distinct x)", "numeric"), ("string_agg(x, '-' order by k, x desc)", "text"),
                    ("string_agg(distinct x, '-' order by x)", "text"), ("bool_or(x) filter (where k = 1)", "bool"), ("bit_xor(x)", "int4"), ("regr_count(x, k)", "float8"),
                    ("covar_pop(x, k)", "float8"), ("jsonb_agg(x order by x)", "text"), ("jsonb_object_agg(k, x)", "text"), ("mode() within group (order by x)", "text"),
                    ("percentile_disc(0.5) within group (order by x)", "float8"), ("array_agg(x) filter (where x is not null)", "text"), ("range_agg(x)", "range")):
        form("aggregate " + call, "other", "(select " + call + rows, t, t, t)
    # windows
    windows = " from (values (1, {}), (2, {}), (2, {}), (3, {})) v(k, x)"
    for call, t in (("sum(x) over (order by k range between 1 preceding and current row)", "int4"), ("count(*) over (partition by k)", "text"), ("lag(x, 1, x) over (order by k, x)", "int4"),
                    ("sum(x) filter (where k > 1) over (order by k, x)", "int4"), ("max(x) over (order by k groups between 1 preceding and 1 following)", "date"),
                    ("min(x) over (order by k, x rows between unbounded preceding and 1 preceding)", "float8"), ("ntile(3) over (order by k, x)", "text"),
                    ("last_value(x) over (order by k, x rows between current row and unbounded following exclude current row)", "text")):
        form("over " + call, "other", "(select string_agg(coalesce(w::text, '-'), ';' order by k, w::text) from (select k, " + call + " w" + windows + ") s)", t, t, t, t)


SPECIAL = {"casttype": ["int2", "int4", "int8", "float4", "float8", "numeric", "numeric(6,2)", "text", "varchar(3)", "char(4)", "bool", "date", "timestamp", "timestamptz", "time",
                        "interval", "bytea", "json", "jsonb", "uuid", "int4[]", "text[]", "int4range", "inet", "name", "\"char\"", "oid"],
           "range": ["int4range(1, 5)", "'[2,7]'::int4range", "'empty'::int4range", "'(,3)'::int4range", "null::int4range", "int4range(5, 9)"],
           "address": ["'10.0.0.1'::inet", "'10.0.0.0/8'::inet", "'::1'::inet", "'192.168.1.5/24'::inet"],
           "small": ["0", "1", "2", "3", "5", "-1"], "key": ["'a'", "'b'"], "path": ["'{a}'", "'{b,2,c}'"], "one": ["1", "2"],
           "codec": ["'hex'", "'base64'", "'escape'"], "hex": ["'hex'"], "hextext": ["'00ff'", "'abc'", "''"], "year": ["2024", "1", "1999"],
           "somedate": ["date '2024-01-31'", "date '2023-12-01'"], "datetext": ["'2024-02-29'", "'1999-12-31 23:59'", "'2001-02-30'", "'x'", "' 2020-01-01 '"],
           "numbertext": ["'12.50'", "'-7'", "'1e3'", "' 42 '", "'x'", "''", "'NaN'"], "separator": ["','", "''", "'-'", "null"],
           "pattern": ["'a'", "'[a-z]+'", "'(b)(c)?'", "'^.'", "'o|l'", "'\\d+'", "'(a|ab)(c|bcd)*'", "'('", "''"], "replacement": ["'X'", "'[\\1]'", "'<\\&>'", "''"],
           "flags": ["'g'", "'i'", "'gi'", "'n'", "'q'"], "likepattern": ["'a%'", "'%o_%'", "'a\\_c'", "'%'", "''", "'abc\\'"],
           "dateandtemplate": ["'2024-02-29', 'YYYY-MM-DD'", "'29.02.24', 'DD.MM.YY'", "'Feb 3, 2001', 'Mon DD, YYYY'", "'3 March 1999', 'DD Month YYYY'", "'2001-060', 'YYYY-DDD'", '\'2004-W53-6\', \'IYYY-"W"IW-ID\'', "'20010203', 'YYYYMMDD'", "'99-1-1', 'YY-MM-DD'", "'2001-13-01', 'YYYY-MM-DD'", "'x', 'YYYY'", "'44-02-01 BC', 'YYYY-MM-DD BC'", "'2451187', 'J'"],
           "numberandtemplate": ["'1,234.50', '9,999.99'", "'-12', 'S99'", "'12-', '99S'", "'<7>', '9PR'", "'$5.5', 'L9.9'", "'12.345', '99.99'", "'x1', '99'", "'0042', '0000'"],
           "datetemplate": ["'HH12:MI:SS AM'", "'HH24 MI SS MS US'", "'YYYY-MM-DD BC'", "'Y,YYY YYY YY Y'", "'IYYY-IW-ID'", "'MONTH Month month'", "'MON Mon mon'", "'DAY Day day DY Dy dy'", "'DDD DD D J'", "'FMMonth FMDD, FMYYYY'", "'Q WW W CC'", "'RM rm'", "'DDth Mmth'", "'SSSS SSSSS'", '\'"text" YYYY\'', "'TMMonth'", "'FF1 FF3 FF6'", "'a.m. P.M.'"],
           "intervaltemplate": ["'HH24:MI:SS'", "'DD HH12 MI'", "'YYYY MM DD'", "'FMDD FMHH24'"],
           "numbertemplate": ["'999'", "'000'", "'S999.9'", "'999.99PR'", "'9,999.99'", "'FM999.999'", "'0999.990'", "'MI999'", "'999MI'", "'SG999'", "'$999'", "'L999'", "'9.9EEEE'", "'RN'", "'FMRN'", "'999th'", "'V99'", "'99V9'", "'G999D9'", "'.999'", "'fm999'"],
           "expression": ["'^a'", "'[[:alpha:]]+'", "'a|ab'", "'(a|b)*c'", "'\\s+'", "'\\mH'", "'o\\y'", "'(.)\\1'", "'a(?=b)'", "'x{2,3}'", "'[^a-z ]'", "'(?i)hello'", "'l+?'", "'(?:l|o)+'", "'$'", "'.*?o'", "'[a-z]{2}'", "'\\w+$'", "'(H)(.)'", "'\\.'"],
           "similarpattern": ["'%(b|d)%'", "'a_c'", "'[a-z]+'", "'a%'", "'_{3}'", "'(a|b)bc'"],
           "widetext": ["'Hello World'", "'äöüß ÄÖ'", "'foo.bar@example.com'", "'a\tb\nc'", "'日本語'", "'abcabc'", "''", "'hellloo'", "null::text"],
           "separatortext": ["','", "' '", "'ab'", "''", "'o'", "null::text"], "notzero": ["1", "2", "-1", "7"], "length": ["0", "1", "3", "-2", "12"], "code": ["65", "228", "8364", "0"],
           "unicodetext": ["'d\\0061t'", "'\\+000041'"], "nametext": ["'a'", "'A b'", "'select'", "'x\"y'", "''"], "base64text": ["'aGVsbG8='", "'a'", "''"], "base64": ["'base64'"],
           "encoding": ["'UTF8'", "'LATIN1'"], "positive": ["2.0", "10", "1.5", "100.25"],
           "edgefloat": ["1e15::float8", "1e16::float8", "123456789.125::float8", "1e-5::float8", "0.0001::float8", "'NaN'::float8", "'Infinity'::float8", "'-Infinity'::float8", "-0.0::float8", "2.5::float8", "-2.5::float8", "3.5::float8", "1e300::float8"],
           "edgenumeric": ["0.5", "1.5", "2.5", "-2.5", "99999.994", "1234567890.123456789", "0.00001", "-0.0", "12345678901234567890", "1e5", "1e-5", "2147483647.5", "999.995"],
           "edgeinterval": ["interval '1 year 2 mons -3 days'", "interval '-1 day 12:00'", "interval 'P1Y2M3DT4H5M6.7S'", "interval '1.5 days'", "interval '1.5 months'", "interval '25 hours 61 minutes'", "interval '-00:00:01'", "interval '0'", "interval '1 week 1 day'", "interval '100 years'", "interval '1.5 years'", "interval '2 decades'"],
           "datetexts": ["'2024-02-29'", "'20240229'", "'Feb 29 2024'", "'29-Feb-2024'", "'1/2/2024'", "'2024.060'", "'J2451187'", "'epoch'", "'infinity'", "'2024-02-30'", "'24-01-01'", "'2024-01-01 24:00:00'", "'2024-01-01T10:00:00Z'", "'2024-01-01 10:00:00+05:30'", "'2024-01-01 10:00 PM'", "'January 8, 1999'", "'1999-Jan-08'", "'0044-03-15 BC'"],
           "timetexts": ["'04:05:06.789'", "'04:05'", "'040506'", "'04:05 AM'", "'04:05 PM'", "'24:00:00'", "'25:00'", "'12:00 AM'", "'x'", "'04:05:60'"],
           "arraytexts": ["'{1,2}'", "'{}'", "'{1,NULL}'", "'{{1,2},{3,4}}'", "'{1,2'", "'{a,b}'", "' { 1 , 2 } '", "'[2:3]={1,2}'", "'{\"1\",2}'"],
           "jsontexts": ["'{}'", "'[1, 2]'", "'{\"a\":1,\"a\":2}'", "'1.0'", "'\"\\u00e4\"'", "'{a:1}'", "'tru'", "''", "'[1,]'", "' null '", "'1e2'", "'\"a\\nb\"'", "'-0'"],
           "formattext": ["'%s'", "'%I %L'", "'%2$s %1$s'", "'%%'", "'%-5s|'", "'%x'"]}


class Generator:
    def __init__(self, seed, only="", depths=(1, 1, 2)):
        self.depths = depths
        self.random = random.Random(seed)
        self.rules = [r for r in rules() if not only or only in r[0]]
        self.by_result = collections.defaultdict(list)
        for r in rules():
            self.by_result[r[1]].append(r)

    def of(self, kind, depth):
        if kind in SPECIAL:
            return self.random.choice(SPECIAL[kind])
        if depth <= 0 or not self.by_result[kind] or self.random.random() < 0.4:
            return self.random.choice(LITERALS[kind])
        return self.build(self.random.choice(self.by_result[kind]), depth)

    def build(self, rule, depth):
        return rule[3].format(*[self.of(a, depth - 1) for a in rule[2]])

    def next(self):
        rule = self.random.choice(self.rules)
        return rule[0], self.build(rule, self.random.choice(self.depths))


def ask(conn, sql):
    """(SQLSTATE) or (name, type, modifier, value)"""
    r = conn.pgconn.exec_(sql.encode())
    if r.status == pq.ExecStatus.TUPLES_OK:
        value = r.get_value(0, 0)
        return {"name": r.fname(0).decode(), "type": r.ftype(0), "value": None if value is None else value.decode(errors="replace")}
    return {"error": (r.error_field(pq.DiagnosticField.SQLSTATE) or b"?").decode(), "text": r.error_message.decode().split("\n")[0]}


def difference(a, b, fields=("value", "type", "name")):
    """What differs first, or None."""
    if "error" in a or "error" in b:
        if a.get("error") == b.get("error"):
            return None
        if "error" in a:
            return "code" if "error" in b else "refused " + a["error"]
        return "taken " + b["error"]
    for field in fields:
        if a[field] != b[field]:
            return field
    return None


def run(ours, theirs, count, seed, only="", fields=("value", "type", "name"), depths=(1, 1, 2)):
    """(same, {(rule, difference): [(sql, ours, theirs)]})"""
    g, same, found = Generator(seed, only, depths), 0, collections.defaultdict(list)
    for _ in range(count):
        name, expression = g.next()
        sql = "select " + expression
        a, b = ask(ours, sql), ask(theirs, sql)
        d = difference(a, b, fields)
        if d:
            found[name, d].append((sql, a, b))
        else:
            same += 1
    return same, found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("port", type=int)
    p.add_argument("postgres", type=int)
    p.add_argument("--count", type=int, default=100000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--show", type=int, default=20)
    p.add_argument("--only", default="")
    p.add_argument("--fields", default="value,type,name", help="what is compared, by comma")
    o = p.parse_args()
    with psycopg.connect(f"host=127.0.0.1 port={o.port} dbname=db user=tester", autocommit=True) as ours, \
         psycopg.connect(f"host=127.0.0.1 port={o.postgres} dbname=postgres user=tester", autocommit=True) as theirs:
        same, found = run(ours, theirs, o.count, o.seed, o.only, o.fields.split(","))
    print(f"{same} of {o.count} the same ({100 * same / o.count:.2f} %)")
    kinds = collections.Counter()
    for (name, d), cases in found.items():
        kinds[d] += len(cases)
    print(dict(kinds.most_common()))
    for (name, d), cases in sorted(found.items(), key=lambda x: -len(x[1]))[:o.show]:
        sql, a, b = min(cases, key=lambda c: len(c[0]))
        print(f"{len(cases):6} {name}: {d}: {sql}\n         here {a}\n         there {b}")


if __name__ == "__main__":
    main()
