"""Expressions mean what they mean to PostgreSQL: value, type, name and SQLSTATE of each are asked of both."""

import sys
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "trial"))
import expressions  # noqa: E402

pytestmark = pytest.mark.needs_pg

COUNT, SEED = 4000, 20
SHARE = 0.97  # of the generator's expressions that are the same: it may only rise

# Operators and functions, by themselves, whose answers may be silently others; docs/sql.md says how and why.
SILENT = {
    "*", "+", "-", "->", "->>", "::oid", "<", "<@", "=", "@", "@>", "^", "aggregate array_agg(x order by k desc, x)", "aggregate avg(distinct x)",
    "aggregate covar_pop(x, k)", "aggregate max(x) filter (where k > 1)", "aggregate min(x)", "array in", "array numeric", "array_agg", "case",
    "case of three", "case of two", "case with a literal", "cast bool", "cast bytea", "cast date", "cast float4", "cast float8", "cast int2",
    "cast int4", "cast int4[]", "cast int8", "cast interval", "cast json", "cast jsonb", "cast numeric", "cast text", "cast text[]", "cast time",
    "cast timestamp", "cast timestamptz", "cast uuid", "coalesce", "coalesce of three", "coalesce of two", "extract julian", "field julian of timestamp",
    "field julian of timestamptz", "float to numeric", "frame avg(x)", "frame first_value(x)", "greatest", "greatest of two", "grouped avg(x)",
    "grouped stddev(x)", "json in", "json_agg(x)", "json_object_agg(k, x)", "jsonb_agg(x)", "jsonb_object_agg(k, x)", "least", "log", "max", "min",
    "nullif of two", "numeric round", "percentile_cont", "power", "regexp substring", "regexp_match of", "regexp_replace", "regexp_replace all",
    "regexp_replace one", "regexp_split", "regexp_split_to_array", "regexp_split_to_table", "round", "row", "text array in", "to_number", "trunc",
    "union", "upper", "window avg(x)", "window first_value(x)", "window type avg(x)", "window type first_value(x)", "||"}

SAME = [
    "select avg(distinct x), avg(distinct x) filter (where x > 7) from (values (7), (7), (2147483647)) v(x)",
    "select avg(x) over (order by k, x) from (values (1, -1), (2, -1), (2, 0), (3, 42)) v(k, x) order by k, x",
    "select k / 7.0 as r from generate_series(1, 12) k order by k", "select k / 7.0 as r from generate_series(1, 12) k order by r desc", "select k / 7.0 as k from generate_series(1, 12) k order by k",
    "select k / 7.0 as r, k from generate_series(1, 12) k order by k desc nulls last, r limit 3",
    "select k / 3.0 from generate_series(9, 12) k order by \"?column?\"", "select k / 3.0 from generate_series(9, 12) k order by 1 desc",
    "select (1 = date '2020-01-01')", "select (date '2020-01-01' < 1)", "select 1::date", "select x from (values (1)) v(x) where x < date '2020-01-01'", "select array[1] = 1",
    "select time '12:00'::timestamptz", "select (-1)::timestamptz", "select (array['a'])::timestamptz", "select interval '1 day' * 1e10::float8", "select log(10, 10), log(2.0, 8)",
    "select ('2.50'::json)::uuid", "select ('\"s\"'::jsonb)::time", "select ('1'::json)::int", "select ('[1]'::jsonb)::int[]", "select (null::uuid)::int4, 1", "select (true)::int8", "select (null::interval)::oid",
    "select true::int, false::text, '1 day'::interval::time, null::interval::text, null::timestamp::date, '2020-01-01'::date::timestamp", "select ('2.5'::jsonb)::int, ('2.5'::json)::text, '3'::jsonb::numeric, ('[1]'::json)::jsonb",
    "select nullif(null::int4, 1.5), nullif(3::int4, 1.5), nullif(1, 1.0)",
    "select timestamptz '2024-03-10 02:30 America/New_York', '2024-07-01 00:00 europe/berlin'::timestamptz, timestamp '2024-01-01 00:00 Europe/Berlin'",
    "select x::timestamptz from (values ('2024-01-01 00:00 Europe/Berlin'), ('2024-07-01 00:00:00 America/New_York')) v(x)",
    "select timestamptz '2024-01-01 00:00 Nowhere/City'",
    "select round(0.5::float8), round(1.5::float8), round(2.5::float8), round(-2.5::float8), round(-0.5::float8), round(0.49999999999999994::float8)",
    "select round(x), round(x::numeric), round(x::numeric, 1), round('NaN'::float8) from (values (2.5::float8), (3.5), (null)) v(x)",
    "select round(x), count(*) from (values (2.5::float8), (3.5)) v(x) group by round(x) order by round(x)",
    "select null, null as a, (select null), null::int, null is null, null = 1, coalesce(null, 1)",
    "select null a, count(*) from (values (1), (2)) v(x) group by 1",
    "select null x union all select 1",
    "select 1 order by null",
    "select b'101'::int, cast(x'1F' as int), (b'101')::text, cast(b'1' || b'0' as text), bit_count(b'101'), get_bit(b'101', 1), b'101' = '101'",
    "select b'101'::bit(5)::text, cast(b'101' as varbit(2))::text, (b'101' & b'110')::text, x'aB'::text, x'ff' = b'11111111'",
    "select b'102'",
    "select x'1g'::int",
    r"""select '{"b":1,"a":2}'::jsonb""",
    r"""select '{"a":1}'::jsonb -> 'a'""",
    r"""select '{"a":{"b":2}}'::jsonb -> 'a' ->> 'b'""",
    "select '[1,2,3]'::jsonb -> -1",
    "select '[1,2,3]'::jsonb - 1",
    r"""select '{"a":1,"b":2}'::jsonb - 'a'""",
    r"""select '{"a":1,"b":2}'::jsonb @> '{"a":1}'""",
    r"""select '{"a":1,"b":2}'::jsonb <@ '{"a":1}'::jsonb""",
    r"""select '{"a":1}'::jsonb || '{"b":2}'::jsonb""",
    r"""select '{"a":1}'::jsonb || '{"b":2}'""",
    r"""select '{"a":{"b":1}}'::jsonb #- '{a,b}'""",
    r"""select '{"a":{"b":1}}'::jsonb #> '{a,b}'""",
    r"""select '{"a":{"b":1}}'::jsonb #>> array['a','b']""",
    r"""select '{"a":1}'::jsonb ? 'a'""",
    r"""select '{"a":1}'::jsonb ?| array['x','a']""",
    "select '1e3'::jsonb, '-0.0'::jsonb, '1.50'::jsonb, '1E-2'::jsonb, '123e-5'::jsonb, '-1.5e1'::jsonb",
    r"""select '"\u00e4\n\/"'::jsonb""",
    r"""select '{"a":1'::jsonb""",
    "select 5 - 'a'",
    "select 5 - '2'",
    r"""select '{"a":1}'::jsonb = '{"a": 1}'""",
    r"""select '{"a":1}'::jsonb::text""",
    r"""select '{"a":1}'::jsonb::json""",
    r"""select ('{"a":5}'::jsonb -> 'a')::int""",
    r"""select '{"a":1}'::json::jsonb""",
    r"""select ('{"b":1' || ',"a":2}')::jsonb""",
    r"""select * from jsonb_each('{"a":1,"b":"x"}'::jsonb)""",
    r"""select value from jsonb_array_elements('[1,{"a":2}]'::jsonb)""",
    r"""select '{"a": "x"}'::jsonb ->> 'a' || 'y'""",
    r"""select array['{"a":1}'::jsonb]""",
    "select sum(x), avg(x) from (values (1),(2)) v(x)",
    "select sum(x), avg(x) from (values (1::int8),(2)) v(x)",
    "select sum(x), avg(x) from (values (1.5),(2)) v(x)",
    "select sum(x), avg(x) from (values (1.5::float8),(2)) v(x)",
    "select sum(distinct x), avg(distinct x), count(distinct x) from (values (1),(2),(2)) v(x)",
    "select sum(x) filter (where x > 1), avg(x) filter (where x > 1) from (values (1),(2),(2)) v(x)",
    "select x, sum(x) from (values (1),(2),(3)) v(x) group by x having sum(x) > 1 order by sum(x) desc",
    "select sum(x)/2, sum(x)/count(*) from (values (1),(2)) v(x)",
    "select sum(x)/2, sum(x)/count(*) from (values (1::int8),(2)) v(x)",
    "select sum(x) from (values (1)) v(x) where false",
    "select avg(x) from (values (1)) v(x) where false",
    "select sum(sum(x)) over () from (values (1),(2)) v(x) group by x limit 1",
    "select string_agg(distinct x, ',') from (values ('b'),('a'),('b')) v(x)",
    "select array_agg(distinct x) from (values (3),(1),(3)) v(x)",
    "select json_agg(x order by x desc) from (values ('b'),('a')) v(x)",
    "select jsonb_agg(x) filter (where x > 1) from (values (1),(2)) v(x)",
    "select json_object_agg(x, y) from (values ('a',1),('b',2)) v(x,y)",
    "select jsonb_object_agg(x, y) from (values ('b',1),('a',2)) v(x,y)",
    "select json_build_object('a', 1, 'b', 'x', 'c', null), jsonb_build_object('b', 1.5, 'a', true)",
    "select json_build_array(1, 'x', 2.5), jsonb_build_array(1, 'x')",
    "select every(x) from (values (true)) v(x)",
    "select to_jsonb(1.50), to_jsonb('a'::text), to_json(timestamp '2000-01-01'), to_json(array[1,2]), to_jsonb(array[1,2]), to_json(1.0::float8)",
    r"""select jsonb_set('{"a":[1,2]}', '{a,0}', '5'), jsonb_set('{"a":1}', '{b}', '2'), jsonb_insert('[1,2]', '{1}', '9')""",
    r"""select jsonb_pretty('{"a":[1,{"b":2}],"c":{}}')""",
    "select jsonb_typeof('1'), json_typeof('{}'), jsonb_array_length('[1,2]')",
    r"""select jsonb_extract_path_text('{"a":{"b":2}}', 'a', 'b')""",
    r"""select jsonb_strip_nulls('{"a":null,"b":{"c":null}}')""",
    "select count(*) filter (where x > 1) from (values (1),(2)) v(x)",
    "select sum(x)::int, avg(x)::numeric(10,2), round(avg(x), 2) from (values (1),(2),(2)) v(x)",
    "select coalesce(sum(x), 0) from (values (1)) v(x)",
    "select sum(case when x > 1 then x else 0 end) from (values (1),(2)) v(x)",
    "select pg_catalog.sum(x) from (values (1),(2)) v(x)",
    "select array_agg(x order by x desc) from (values (1),(2)) v(x)",
    "select sum(x) as total from (values (1),(2)) v(x) order by total",
    r"""select ('\x00ff'::bytea)::text, (date '0101-01-01 BC')::text, (interval '1 month 2 days')::text, (timestamptz '2000-01-01')::text""",
    "select true::text, (1=1)::text, (select 1.0::float8)::text, (select true)::text, null::text, (null)::text",
    "select 'x' || 0::float8, 0::float8 || 'x', 'a' || 1.50, 1 || 'b', 'd ' || date '2000-01-01', true || 'x'",
    "select 'a' || 'b' || 'c', 'a' || null, null || 'a'",
    "select x || ' ' || y from (values (0::float8, 'b')) v(x,y)",
    r"""select j || '{"b":2}' from (values ('{"a":1}'::jsonb)) v(j)""",
    "select j || '[1]' from (values ('x')) v(j)",
    "select a || 2 from (values (array[1])) v(a)",
    "select x::text, count(*) from (values (1.5),(1.5)) v(x) group by x::text",
    "select x::text from (values (1.5::float8),(2)) v(x) order by x::text desc",
    "select concat('a', 0::float8, array[1,2], true, interval '1 day'), concat_ws(',', 1.0::float8, date '2000-01-01')",
    "select format('%s %s', 0::float8, array['a','b'])",
    "select array_to_string(array[0::float8, 1.5], ',')",
    "select array_to_string(null::int[], ','), array_to_string(array[1, null], null), array_to_string(array['{}', null]::json[], ',', '?')",
    "select relname, relname ~ '^(pg_class)$', not relname ~ '^(pg_type)$' from pg_class where relname ~ '^(pg_class)$' or relname ~ '^(pg_t.pe)$' order by 1",
    "select g, array_to_string(array(select i from generate_series(1, g) i where i > 1), '-') from generate_series(1, 3) g order by 1",
    "select upper((1.0::float8)::text), length((array[1,2])::text)",
    "select 'abc' || chr(65) || 'd'",
    "select 5::text || 'x', 5::int8::text",
    "select a.x::text from (values (0::float8)) a(x) where a.x::text = '0'",
    "select ((1::float8)::text)::name",
    "select 1.10::numeric::text, (1.10 + 1)::text, (2::numeric)::text, 1.5::numeric::text",
    "select count(*)::text, sum(x)::text from (values (1.5)) v(x)",
    "select cast(now() - now() as text)",
    "select '2020-01-01'::date::text || 'x'",
    "select coalesce(x::text, 'none') from (values (1.5::float8), (null)) v(x)",
    "select 'a' 'b' || 'c'",
    "select ('a' || 1)::text",
    "select E'a' || 1, 'it''s ' || 1",
    "select (1,null::int) < (1,2), (1,2) < (1,null), (1,2)=(null,2), (1,2)=(1,2), (2,1)>(1,null), (1,2) <> (1,null), row(1,2) <= row(1,2)",
    "select x, y from (values (1,2),(2,1),(2,3)) v(x,y) where (x,y) > (2,1) order by 1",
    "select (1,2,3) >= (1,2,4), (1,'a',date '2020-01-01') < (1,'a',date '2020-01-02')",
    "select array[1,2] || 3, 0 || array[1], null::int || array[1], array['a'] || 'b'::text, 'z'::text || array['a'], array[1] || null::int",
    "select array[1] || array[2,3], array['a','b'] || array['c']",
    r"""select 1 = any('{1,2}'), 'a' = any('{b,"a"}'), 3 = any('{1,2}'), x = any('{1,3}') from (values (3)) v(x)""",
    "select (time '12:34:56')::interval, (interval '25:00:01')::time, cast(interval '-1 hour' as time)",
    "select div(7.5, 2), div(-7, 2), gcd(12, 18), lcm(4, 6), mod(7, 3), mod(7.5, 2), sign(-1.5), sign(2), sign(-2.5::float8), gcd(0,0)",
    "select exp(1::float8), power(2::float8, 3), degrees(0.1::float8), radians(180::float8)",
    "select exp(1000::float8)",
    "select scale(1.50), min_scale(1.50), trim_scale(1.50), num_nulls(1, null, 'a'), num_nonnulls(1, null)",
    "select extract(second from timestamp '2000-01-01 00:00:01.5'), extract(epoch from interval '1 day'), extract(epoch from date '2000-01-01'), extract(minute from time '10:11:12'), extract('epoch' from timestamptz '2000-01-01')",
    "select extract(year from null::timestamp), date_part('year', null::date), 1 / null::int, null::numeric % 2",
    "select array['a b', null, 'c']::text, (array[1.5,2])[1], array(select 1)::text, array[array[1,2]]::text",
    "select count(*) from (values (1,2)) v(x,y) where (x, y) in ((1,2))",
    "select (select 1, 2) = (1, 2)",
    "select ('a','b') = ('a','b') and not (1,2) = (3,4)",
    "select extract(year from date '2024-02-29'), extract(year from date '0101-01-01 BC'), extract(month from timestamp '1999-12-31 23:59:59'), extract(dow from date '2024-02-25'), extract(isodow from date '2024-02-25'), extract(doy from timestamp '2024-12-31'), extract(hour from timestamp '2000-01-01 13:00'), date_part('year', null::timestamp), extract(quarter from date '2000-05-01')",
    "select extract(hour from date '2000-01-01')",
    "select extract(year from interval '3 years'), extract(hour from interval '36 hours'), extract(year from timestamptz '2000-01-01'), extract(minute from time '10:11:12'), date_part('hour', date '2000-01-01'), extract(day from interval '3 days'), date_part('month', interval '14 months')",
    "select extract(month from 'infinity'::timestamp), date_part('year', '-infinity'::date), date_part('day', 'infinity'::timestamp)",
    "select extract(year from (select date '2000-01-01')), extract(week from date '2005-01-01'), extract(week from date '0005-01-01 BC')",
    "select extract(year from d), date_part('day', d) from (values (date '2000-02-03'), (null)) v(d)",
    "select (date '2000-01-01', date '2000-02-01') overlaps (date '2000-01-15', date '2000-03-01'), (date '2000-01-01', date '2000-01-02') overlaps (date '2000-01-02', date '2000-01-03'), (null::date, date '2000-01-02') overlaps (date '2000-01-02', date '2000-01-03')",
    "select substring('foobar' from 'o.b'), substring('foobar' from 'o(.)b'), substring('abc', 'z'), substring('foobar' from 2 for 3), substring('foobar' from 2)",
    r"""select regexp_replace('abc', 'b', '<\&>'), regexp_replace(E'a\nb', 'a.b', 'x'), regexp_replace('aXbX', 'x', '-', 'gi'), regexp_replace('abc', '(b)(c)', '\2\1')""",
    "select 'a' ~ '('",
    "select regexp_replace('a', '(', '')",
    r"""select '"s"'::jsonb -> 0, '"s"'::jsonb ->> 0, '5'::jsonb -> 1, '{"a":1}'::jsonb -> 0""",
    "select g from generate_series(date '2024-01-31', date '2024-03-01', '1 month') g",
    "select g from generate_series('2024-01-31'::date, '2024-02-02'::date, interval '1 day') g",
    "select u from unnest(array[[1,2],[3,4]]) u",
    "select u from unnest('{{1,2},{3,4}}'::int[]) u",
    "select 5::oid, '7'::oid, 5::oid = 5",
    r"""select ('äöü')::bytea, ('\x6162')::bytea, x::bytea from (values ('abc')) v(x)""",
    r"""select '\x6162'::bytea::bytea, x::bytea from (values ('\x00'::bytea)) v(x)""",
    "select (array[1,2,3])[-1], (array[1,2,3])[1], array[-1], array[array[-1]]",
    "select pg_typeof(1), pg_typeof('a'::text), pg_typeof(1.5), pg_typeof(array[1]), pg_typeof(now()), pg_typeof('{}'::jsonb), pg_typeof(1::float8)::text, pg_typeof(date '2000-01-01')",
    "select 2 between symmetric 3 and 1, 2 not between symmetric 3 and 1, 1 + 1 between symmetric 4 / 2 and 1 and true, x between symmetric y + 1 and y - 1 or false from (values (1,1)) v(x,y)",
    "select 2 between symmetric 3 and 1 and 5 between 4 and 6 and not 7 between symmetric 1 and 2",
    "select case when 1 between symmetric 2 and 0 and 1 = 1 then 'a' end || 'b'",
    "select 1.0/3, (1.0/3)/2, 10/3.0, 20000/3.0, 0/2.5, 1.0/1.0, -7/2.0, 100::numeric(38,10)/7, 7/2, 7::smallint/2::bigint, 1.5::real/2, 7/2.0::float8",
    "select x/3.0 q from (values (10),(20000),(0)) v(x) order by q desc",
    "select avg(x), avg(y), avg(z) from (values (1, -7.25, 1::bigint), (2, 0.0, 5)) v(x, y, z)",
    "select (select avg(x) from (values (1), (1)) v(x)), g, avg(x) from (values (1, 2), (1, 3), (2, 0)) v(g, x) group by g order by avg(x)",
    "select 1.0/0",
    "select sqrt(2.0), sqrt(0.0), sqrt(12345.678), exp(1.5), exp(-2.25), ln(0.001), ln(12345.678), log(100.01), log(2.0, 64.0), power(2.0, 5), 2.0 ^ 0.5, sqrt(2), exp(1)",
    "select sqrt(-1.0)",
    "select ln(0.0)",
    "select 1.5::real + 1, 1 - 0.1::real, 0.1::real * 3::bigint, (1.5::float4 + 0.1::float4) * 7, 0.1::real + 0.1, pg_typeof(1.5::real * 2::real)",
    "select 9223372036854775807 * 42::smallint",
    "select 1e10, 1e-5, 1.5e3, 12.34e-1, 1e5 + 1, 1e-5 * 1e-5, 1e10::float8, 1e10/3",
    "select 1e16::float8::numeric, 1.005::float8::numeric(10,2), 0.285::float8::numeric(10,2), (-2.5)::float8::numeric(5,0), 0.1::real::numeric, 16777217::real::numeric",
    "select 999.995::float8::numeric(5,2)",
    "select null::int8 - 1.5, trunc(null::numeric), null::text || 7, cast(null as date), null::int[], null::jsonb, null::bytea, null::interval",
    "select sum(x) from (values (0.0), (null::numeric)) v(x)",
    r"select '日本語' ~ '\w+$', 'äöü' ~ '^[[:alpha:]]+$', 'x' ~ any(array['^\w']), 'äb' similar to '[[:alpha:]]+', E'a\nb' ~ '(?n)a.b', 'a]b' ~ '[]]', 'a.b' ~ '***=.'",
    r"select regexp_replace('abcabc', 'a|ab', '-'), substring('äb1' from '[[:alpha:]]+'), regexp_match('a-b', '(\w)-(\w)'), regexp_split_to_array('a1b22c', '\d+')",
    r"select 'a' ~ '\q'",
    "select -1 << 2, 1 >> -1, 1 << 31, 1::bigint << 40, 7 >> 1, 1 << 33",
    "select '42' + 7, 7 - '3'",
    "select '' + 7",
    "select 1 || 7",
    "select to_json('a')",
    "select sind(30), cosd(60), tand(45), sind(-30), cosd(180), tand(135), cot(0), normalize('äb'), extract(milliseconds from interval '1.5 s')",
    "select acosh(0)",
    "select time '10:00' - time '09:30', (time '10:00' - time '11:00') > interval '0'",
    r"""select '1.5'::jsonb::int, '-2.5'::jsonb::int, '7'::jsonb::numeric, '1e2'::jsonb::float8, 'true'::jsonb::bool, ('{"a":12345678901}'::jsonb->'a')::bigint""",
    r"""select '"x"'::jsonb::int""",
    r"""select '{"a":1}'::jsonb::numeric""",
    "select '99999999999'::jsonb::int",
    "select 1 is distinct from length('abc'), upper(trim(both 'x' from lower('XaX'))), extract(year from date_trunc('year', timestamp '2000-05-05'))",
    "select a is distinct from b, length('abc') from (values (1,2)) v(a,b)",
    "select '1e999999999'::jsonb",
    r"""select '{"a":1}'::jsonb - 'a' = '{}', '[1,2]'::jsonb - 0, '{"a":[1]}'::jsonb #- '{a,0}'""",
    r"""select jsonb_set('{"a":1}', '{b,c}', '2'), jsonb_set('{"a":{}}', '{a,b}', '2', false), jsonb_insert('{"a":[0,1]}', '{a,1}', '9', true)""",
    "select x::text::int + 1 from (values (1::int8)) v(x)",
    r"""select ('\x6162')::bytea""",
    "select sum(x), avg(x), sum(distinct x), sum(x) filter (where x > interval '1 hour'), sum(y), round(avg(y), 3), round(avg(distinct y), 3) from (values (interval '1 day', 2), ('2 hours', 3), (null, 2)) v(x, y)",
    "select k, sum(x) over (partition by k order by x), avg(x) over (order by x) from (values (1, interval '1 day'), (1, '2 hours'), (2, '1 mon')) v(k, x) order by k, x",
    "select sum(x) over (), sum(x) filter (where x > interval '1 hour') over (), avg(x) over () from (values (interval '1 day'), ('1 minute'), ('2 days')) v(x)",
    "select sum(x) over (partition by k order by x rows between 3 preceding and 1 following), sum(x) over (partition by k) from (select interval '1 day' * i x, i % 7 k from generate_series(1, 5000) i) s order by 1 limit 3",
    "select k, sum(distinct x), avg(x), sum(n), round(avg(n), 3), sum(n::numeric) from (select interval '1 day' * (i % 5) x, i % 3 k, i n from generate_series(1, 5000) i) s group by k order by k",
    "select avg(x), sum(x), sum(x) filter (where false) from (select interval '1 day' x where false) s",
    "select sum(x + interval '1 hour') over w from (values (1, interval '1 day'), (2, '1 minute'), (3, '2 days')) v(k, x) window w as (order by k)",
    "select sum(f), sum(x), sum(s) from (values (1.5::float8, interval '1 day', 2::smallint), (2, '1 minute', 3)) v(f, x, s)",
    "select avg(b - a) from (values (timestamp '2024-01-05', timestamp '2024-01-07')) v(a, b)",
    "select sum(x) from (values (interval '178000000 years'), ('178000000 years')) v(x)",
    "select sum(x) from (values (null::interval)) v(x)",
    "select date '2024-01-01' - date '2023-01-01', null::date - date '2023-01-01', date '2024-01-05' - 1 - date '2024-01-01', (current_date - date '2024-01-01') > 3",
    "select date '2024-01-05' - x, date '2024-01-05' - y, date '2024-01-05' - z, timestamp '2024-01-05' - date '2024-01-01' from (values (3, interval '1 day', timestamp '2024-01-01')) v(x, y, z)",
    "select date '2024-01-05' - '2024-01-01'",
    "select date '2024-01-05' - 'x'",
    "select 2 not between symmetric (x::float8)::text::int and 3, 'a' between symmetric (1::float8)::text and 'x' from (values (1)) v(x)",
    "select 1 < date '2024-01-01'",
    "select 1 % 1.5, 1.5 / 1, 9223372036854775807 / 1.5, mod(7.5, 2), mod(7, 3), 7 % 3::bigint, 7::smallint % 3::smallint, 7::smallint % 3, -7.5 % 2, 0.001 % 12345.678",
    "select (select 5 % 1.5), (select avg(x) from (values (1.5), (2.25)) v(x)), (select avg(x) from (values (0.0), (0.0)) v(x)), (select avg(x) from (values (null::numeric)) v(x))",
    "select avg(x), avg(y), avg(z), avg(w) from (values (1, 2::bigint, 1.5::float8, 12345.678), (2, 3, 2, 0.001)) v(x, y, z, w)",
    "select 1.5 % 0",
    "select variance(x), stddev(x), var_pop(x), stddev_pop(x), var_samp(x), stddev_samp(x) from (values (7), (1), (1), (null)) v(x)",
    "select variance(x), stddev(x) from (values (1.5), (2.25), (100.01)) v(x)",
    "select variance(x), stddev_pop(x) from (values (1.5), (1.5)) v(x)",
    "select variance(x), stddev(y), var_pop(x) from (values (1.5::float8, 1.5::real), (0.1, 0.1), (-2.25, -2.25)) v(x, y)",
    "select stddev(x), var_pop(x), var_pop(null::int) from (values (1)) v(x)",
    "select stddev(x) over (), stddev(x) filter (where x > 1) over () from (values (1), (7), (2)) v(x)",
    "select stddev(x) over (), variance(x) over (partition by x > 0) from (values (1), (7), (2)) v(x)",
    "select stddev(x) from (values (1.5), (2), (null)) v(x) where x < 0",
    "select stddev(distinct x) from (values (1::bigint), (7), (7), (2)) v(x)",
    "select variance(x), stddev(x) from generate_series(1, 10000) x",
    "select stddev(x) from (values (interval '1 day')) v(x)",
    "select x % 2, x / 3 from (values (1.5), (3.5)) v(x) order by 1",
    "select x % 2, count(*) from (values (1.5), (3.5)) v(x) group by 1",
    "select 10.5 % 3 union all select 2.5",
    "select row(null, null) is null, row(1, null) is null, row(1, null) is not null, (null, 1) is not null, row(1, 2) is not null",
    "select round(1), ceil(1), floor(2::int2), trunc(3::int8), ceiling(1.5::real), round(2.5::real), trunc(-1.5::real), sign(2)",
    "select round(2.5), round(-2.5), trunc(-2.7), ceil(-2.5), floor(-2.5), ceil(2.1), round(null::numeric), round(1e20::numeric)",
    "select round(2.5::float8), round(3.5::float8), round('NaN'::float8), ceil('-Infinity'::float8), floor(x) from (values (-0.5::float8), (null)) v(x)",
    "select round(7, 2), trunc(7.5, 3), round(1.555, 1), round(x, 0), trunc(x, 2) from (values (12.345), (1)) v(x)",
    "select round(1.5::numeric(10,4), 6)",
    "select nullif(1, 1.0), nullif(1.5, 2::float8), nullif(1::int2, 2), nullif(2, 2), nullif('a', 'b'), nullif(1.50, 2.125)",
    "select 1.5::bool",
    "select 2::int8::bool",
    "select x::bool from (values (1.5)) v(x)",
    "select 1::bool, 0::int::bool, 't'::bool, 'no'::text::bool, x::bool from (values (7), (0)) v(x)",
    "select x::numeric from (values ('1_000')) v(x)",
    "select x::numeric, cast(x as numeric(6,1)) from (values ('1e2'), (' 42 '), (null)) v(x)",
    "select 70000::smallint = 1::smallint",
    "select 3000000000::int",
    r"select 'a'::bytea || '\x00', '\x01' || 'b'::bytea, 'a'::bytea || 'b'::bytea",
    "select 0.1::real = 0.1, 0.1 = 0.1::real, 0.1::real < 0.1, 1.5::real = 1.5, 0.1::real = 0.1::real, 0.1::float4 <> 0.1::float8",
    "select coalesce(1::int2, 1), greatest(1::int2, 2), least(1::int2, 7), coalesce(null::int8, 1), coalesce(x, 0) from (values (1::int2)) v(x)",
    "select upper('ä')::bytea, ('a' || 'b')::bytea",
    "select date '2024-01-05' - x from (values (1.5::float8)) v(x)",
    "select (array[1,2,3])[-1:3], (array[1,2,3])[1:-1], (array[1,2,3])[0:2], (array[1,2,3])[-5:-1], (array[1,2,3])[:-1], (array[1,2,3])[-2:]",
    "select (array['a','b'])::name, (0::float8)::name, date '0101-01-01 BC'::name, 'abc'::name, repeat('x', 100)::name, (true)::name",
    "select 7::jsonb",
    "select (date '2024-01-01')::jsonb",
    "select (array[1])::json",
    "select (1)::bytea",
    "select 1.5::oid",
    "select x::jsonb, x::json, (x || '')::bytea, x::oid from (values ('1'), (null)) v(x)",
    "select ('{\"a\":1}'::json)::jsonb, ('1'::jsonb)::json, null::jsonb, to_jsonb(7)::jsonb, ('[1]'::jsonb -> 0)::int",
    "select ('  pad ')::\"char\", x::\"char\" from (values ('xy'), (' y')) v(x)",
    "select varchar(3) 'abcdef', char(3) 'abcdef', timestamp(0) '2024-01-01 10:00:00.7'",
    "select ('{\"a\": {\"b\": 5}}'::jsonb)['a'], ('{\"a\": {\"b\": 5}}'::jsonb)['a']['b'], x['a'] from (values ('{\"a\":1}'::jsonb)) v(x)",
    "select 'J2451187'::date, 'J2451187'::timestamp, 'J2451187'::timestamptz, '2024.060'::date, '2024.060'::timestamp, 'j0'::date, 'J99999999'::date",
    "select x::date, x::timestamp from (values ('J2451187'), ('2024.060'), ('2024-01-01'), ('epoch')) v(x)",
    "select '2024.400'::date",
    "select regexp_instr('foobar', 'o(.)b'), regexp_instr('abc', 'z'), regexp_instr('äbc', 'b'), regexp_instr(null, 'x'), regexp_instr('Xa', '(?i)A')",
    r"select trim(both '\x00'::bytea from '\x0001ff00'::bytea), ltrim('\x0001'::bytea, '\x00'::bytea), rtrim('\x0100'::bytea, '\x00'::bytea), btrim('\x00'::bytea, '\x00')",
    "select array_fill('a', array[2])",
    "select nullif(0, 100.01), nullif(7, null::numeric), nullif(-3, 2.5), nullif(1.5::float4, 0::float8), case when true then 1::int2 else 0 end",
    "select x from (values (1), ('a' || 'b')) v(x)",
    "select case when true then 1 else x end from (values ('a' || 'b')) v(x)",
    "",
]
JSON = [
    "create table jj (id int, j jsonb)",
    r"""insert into jj values (1, '{"b": 1, "a": [1,2]}'), (2, '{"b":2}'), (3, null)""",
    "select * from jj order by id",
    r"""select j->'b', j->>'b', j @> '{"b":1}', j ? 'a' from jj order by id""",
    "select id from jj where j->>'b' = '2'",
    r"""update jj set j = j || '{"c":3}' where id = 2""",
    "select j from jj where id = 2",
    "update jj set j = j - 'c' where id = 2",
    "select j from jj where id = 2",
    "select atttypid, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'jj'::regclass and attnum > 0 order by attnum",
    "select data_type, udt_name from information_schema.columns where table_name = 'jj' order by ordinal_position",
    "select sum((j->>'b')::int) from jj",
    "select jsonb_object_keys(j) from jj where id = 1",
    "drop table jj",
]
# What is cast to is what a parameter is taken for.
PARAMETERS = [
    ("select %s::smallint + 1", (2,)), ("select (%s::int, %s::int) < (1, 3)", (1, 2)), ("select 'a' || %s::float8::text", (1.0,)),
    ("select %s::jsonb -> 'a'", ('{"a": [1]}',)), ("select %s::jsonb @> %s::jsonb", ('{"a": 1}', "{}")), ("select array[1] || %s::int", (2,)),
    ("select %s::numeric, cast(%s as numeric), %s::numeric::text", (Decimal("1234.00088883231"), "0.123456789012345678", "2.50")),
    ("select sum(%s::numeric * x), round(%s::numeric, 3) from (values (1), (2)) v(x)", (Decimal("0.1234567890123"), Decimal("2.123456789012"))),
    ("select %s::numeric[]", ([Decimal("1.123456789012"), Decimal("2.123456789012")],)), ("select %s::numeric, %s::numeric", (7, None)),
    ("select sum(x + %s::int) from (values (1), (2)) v(x)", (1,)), ("select %s::float8::text", (2.0,)), ("select jsonb_build_object('k', %s::int)", (1,)),
]


@pytest.fixture
def both(server, postgres):
    with psycopg.connect(server.dsn(), autocommit=True) as ours, psycopg.connect(postgres.dsn(), autocommit=True) as theirs:
        yield ours, theirs


def answer(conn, sql, parameters=None):
    """Names, types and rows as text, or the SQLSTATE."""
    try:
        with conn.cursor() as c:
            c.execute(sql, parameters)
            if not c.description:
                return c.statusmessage
            return [(d.name, d.type_code) for d in c.description], [tuple(map(str, r)) for r in c.fetchall()]
    except psycopg.Error as e:
        return e.sqlstate


@pytest.mark.parametrize("sql", SAME)
def test_same(sql, both):
    ours, theirs = both
    assert answer(ours, sql) == answer(theirs, sql)


@pytest.mark.parametrize("sql, parameters", PARAMETERS)
def test_parameters(sql, parameters, both):
    ours, theirs = both
    assert answer(ours, sql, parameters) == answer(theirs, sql, parameters)


# Their types' modifiers are compared, too.
DECLARED = [
    "select 'x'::varchar(5), 'abc'::varchar(2), cast('abc' as char(2)), 'x'::varchar, 'x'::bpchar, char(3) 'x', 'x'::\"char\", 'x'::char(5)",
    "select x::varchar(3) a, cast(x as character varying(2)) as b, x::char(6), (x)::char from (values ('abcd'), (null)) v(x) order by 1",
    "select timestamp(3) '2024-01-01', '2024-01-01'::timestamp(0), time(2) '10:00', '1'::interval(3), '101'::bit(3), '10'::varbit(4)",
    "select upper('x'::varchar(5)), 'x'::varchar(5) || 'y', ('x'::char(3))::text, 'a'::text, 1 /*:1043,9*/, 'a' /*:23,-1*/",
    "select x::varchar(2), count(*) from (values ('abc'), ('abd')) v(x) group by x::varchar(2)",
    "select ('pg_' || 'class')::regclass, 'pg_type'::regclass, x::regclass, 1259::regclass from (values ('pg_class')) v(x)",
    "select ('int' || '4')::regtype, ('pg_' || 'catalog')::regnamespace, 'pg_catalog'::regnamespace",
    "select x::regclass from (values ('pg_class'), ('pg_attribute')) v(x) where x::regclass = 'pg_class'::regclass",
    "select * from unnest(array[1,2], array['a','b']) with ordinality",
    "select * from unnest(array[1,2], array['a','b'], array[true])",
    "select * from unnest(array[1,2], array['a','b']) u",
    "select * from unnest(array[1,2], array['a','b']) u(a, b)",
    "select count(*) from (select * from unnest(array[1,2], array['a','b'])) u",
]


def wire_answer(conn, sql, binary):
    r = conn.pgconn.exec_params(sql.encode(), [], result_format=int(binary))
    assert r.status == psycopg.pq.ExecStatus.TUPLES_OK, r.error_message
    rows = [[r.get_value(i, j) for j in range(r.nfields)] for i in range(r.ntuples)]
    return [(r.fname(j), r.ftype(j), r.fmod(j)) for j in range(r.nfields)], rows


def test_declared(both):
    for sql in DECLARED:
        ours, theirs = (wire_answer(conn, sql, False) for conn in both)
        assert ours == theirs, sql
    ours, theirs = (wire_answer(conn, "select 'pg_class'::regclass, ('pg_' || 'type')::regclass, 'pg_catalog'::regnamespace, 'abc'::varchar(2), 'x'::char(3), "
                                      "'x'::\"char\"", True) for conn in both)
    assert (ours[0], ours[1][0][3:]) == (theirs[0], theirs[1][0][3:])
    assert [len(v) for v in ours[1][0][:3]] == [4, 4, 4]
    for conn in both:
        conn.execute('create schema sales; create table sales."Mixed Case" (a int)')
    named = [wire_answer(conn, "select format('%I.%I', 'sales', 'Mixed Case')::regclass", False) for conn in both]
    for conn in both:
        conn.execute("drop schema sales cascade")
    assert named[0] == named[1] == ([(b"format", 2205, -1)], [[b'sales."Mixed Case"']])


DESCRIBED = [
    "select n + $1, n * $2, n / $3, n % $4, $5 / n from described",
    "select i / $1, i % $2, i * $3, $4 - i from described",
    "select sum(i) / $1, sum(n) * $2 from described",
    "select t + $1, t - $2, z - $3, z + $4 from described",
    "select d - $1::date, d - interval '1 day', d > $2 from described",
    "select interval '1 day' * $1, interval '1 day' / $2, $3 * interval '1 day', $4 + interval '1 day'",
    "select t at time zone $1, $2 at time zone 'UTC' from described",
    "select abs($1), ceil($2), sign($3), round($4, 2), trunc($5, 1), mod($6, 2), mod(2.5, $7)",
    "select j @> $1, j <@ $2, j -> $3, j ->> $4, j ? $5 from described",
    "select now() - $1, age(now(), $2), justify_days($3)",
    "select coalesce(n, $1), greatest(i, $2), case when b = $3 then $4 else i end from described",
    "select nullif($1, 3), nullif(i, $2), n / nullif($3, 0) from described",
    "select i from described where t between $1 and $1 + interval '1 day'",
    "select j || $1, 'x' || $2, i || $3 from described",
    "select sqrt($1), power($2, 2), ln($3), exp($4)",
    "select * from generate_series($1::timestamp, $2, $3)",
]


@pytest.mark.parametrize("sql", DESCRIBED)
def test_types_of_parameters(sql, both):
    """Types that drivers take from the description, and send values in: a moment that is a date loses its time."""
    answers = []
    for connection in both:
        connection.execute("drop table if exists described; create table described (i int, n numeric(8,2), t timestamp, z timestamptz, d date, "
                           "j jsonb, b boolean)")
        prepared = connection.pgconn.prepare(b"", sql.encode())
        assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.error_message
        described = connection.pgconn.describe_prepared(b"")
        answers.append(([described.param_type(i) for i in range(described.nparams)], [described.ftype(i) for i in range(described.nfields)]))
        connection.execute("drop table described")
    assert answers[0] == answers[1]


def test_jsonb_column(both):
    ours, theirs = both
    for sql in JSON:
        assert answer(ours, sql) == answer(theirs, sql), sql


def test_digits_are_numerics(both):
    """In binary, in COPY, with parameters, and where a query's rows are kept."""
    sql = "select 1 % 1.5 a, -1.0/3 b, 9223372036854775807 / 1.5 c, 0 % 1.50 d, -100000.0001 % 33333 e"
    answers = []
    for conn in both:
        with conn.cursor(binary=True) as c:
            rows = [tuple(map(str, c.execute(sql).fetchone())), c.execute("select %s::numeric %% 1.5", ("7.25",)).fetchone()]
        with conn.cursor() as c, c.copy("copy (select 1 % 1.5, 10.0/4) to stdout") as copy:
            rows.append(b"".join(map(bytes, copy)))
        conn.execute("create temp table e_d as select 10.5 % 3 as x")
        conn.execute("create materialized view e_m as select 10.5 % 3 as x, 1.0/4 as y")
        rows.append(conn.execute("select x + 1, (select pg_typeof(x)::text from e_m), (select y * 2 > 0.4 from e_m) from e_d").fetchone())
        conn.execute("drop table e_d")
        conn.execute("drop materialized view e_m")
        answers.append(rows)
    assert answers[0] == answers[1]


def test_in_views(both):
    for conn in both:
        conn.execute("create view e_v as select x::text as t, sum(y) as s, 'n ' || x as n from (values (1::float8, 2), (1, 3)) v(x, y) group by x")
        conn.execute("create table e_t as select sum(y) as s, avg(y) as a, '{\"b\":1}'::jsonb as j from (values (1), (2)) v(y)")
    ours, theirs = both
    for sql in ("select * from e_v", "select s, round(a, 3), j, j->'b' from e_t", "with c as (select * from e_v) select t || 'x', s + 1 from c"):
        assert answer(ours, sql) == answer(theirs, sql), sql
    for conn in both:
        conn.execute("drop view e_v")
        conn.execute("drop table e_t")


def test_binary_jsonb(both):
    for conn in both:
        with conn.cursor(binary=True) as c:
            assert c.execute("select '{\"b\":1,\"a\":[true,null]}'::jsonb").fetchone() == ({"a": [True, None], "b": 1},)
            assert c.execute("select array['1'::jsonb, '{}']").fetchone() == ([1, {}],)


def test_engine_meaning_stays(server):
    """What PostgreSQL's parser does not take, and tavana.sql = duckdb, is the engine's."""
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        assert conn.execute("from (values (1)) v(x) select sum(x), x::varchar group by all").description[0].type_code == 1700
        conn.execute("set tavana.sql = duckdb")
        assert conn.execute("select (1.0::double)::varchar, [1, 2]::varchar").fetchone() == ("1.0", "[1, 2]")
        assert conn.execute("select 1::smallint + 1").description[0].type_code == 21


def test_generated(both):
    same, found = expressions.run(*both, COUNT, SEED)
    kinds = sorted(((len(cases), *kind, cases[0][0]) for kind, cases in found.items()), reverse=True)
    assert same / COUNT >= SHARE, kinds[:40]


def test_nothing_is_silent_and_unlisted(both):
    _, found = expressions.run(*both, COUNT, SEED, depths=(1,))
    silent = {(name, what): cases[0] for (name, what), cases in found.items() if what in ("value", "type", "name") or what.startswith("taken")}
    assert {name for name, _ in silent} <= SILENT, {k: v for k, v in silent.items() if k[0] not in SILENT}
