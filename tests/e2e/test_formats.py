"""Random calls of the formatting functions on PostgreSQL 15 and Tavana; formats.py makes them, and runs any number."""

import random

import pytest

import formats
from conftest import FULL, SANITIZED

CALLS = 30000 if FULL else 1000 if SANITIZED else 2500


@pytest.mark.parametrize("kind", formats.KINDS)
def test_random_calls(server, postgres, kind):
    """Half of them the same in each run, half new ones."""
    first = random.SystemRandom().randrange(1 << 40)
    for seed in (1, first):
        print(f"seed {seed}")
        different = formats.run(postgres.address, server.address, seed, CALLS // 2, [kind])
        assert not different, "\n".join(f"{call}: PostgreSQL {pg!r}, Tavana {ours!r}" for call, pg, ours in different[:10])


def test_overloads_and_types(server):
    """Which one the engine takes for a number, and that none loses digits. Expected values are PostgreSQL 15's."""
    with server.wire() as w:
        def one(sql):
            return w.raw_rows(f"select {sql}")[0][0].decode()

        def code(sql):
            return [m[4:] for m in w.ask(formats.Q("select " + sql)) if str(m).startswith("err:")]
        assert one("to_char(1.5, '9.99')") == " 1.50"
        assert one("to_char(1234567890123456789012345678.0123456789, '9999999999999999999999999999.9999999999')") == " 1234567890123456789012345678.0123456789"
        assert one("to_char(sum(x), '99999999999999999999') from (values (9223372036854775807::bigint), (9223372036854775800::bigint)) v(x)") == " 18446744073709551607"
        assert one("to_char(7::smallint, 'FM999th')") == "7th"
        assert one("to_char(time '13:04', 'HH12:MI pm')") == "01:04 pm"
        assert code("to_char(interval '1 day', 'Month')") == ["22007"]
        assert code("to_char(1, '9PR9')") == ["42601"]
        assert code("to_char(2147483648, 'RN')") == ["22003"]
        assert one("to_timestamp('2022-01-01 00:00:00.0', 'YYYY-MM-DD HH24:MI:SS.US')") == "2022-01-01 00:00:00+00"
        assert one("to_timestamp(0)") == "1970-01-01 00:00:00+00"
        assert one("to_date('05 Dec 2000', 'DD Mon YYYY')") == "2000-12-05"
        assert one("to_number('12,454.8-', '99G999D9S') = -12454.8") == "t"
        assert code("to_number('1.234567890125', '9.999999999999')") == ["22003"]  # of ten digits, no silent rounding
        for sql, state in (("to_date('2024-13-01', 'YYYY-MM-DD')", "22008"), ("to_date('x', 'YYYY')", "22007"), ("to_timestamp('12', 'TZ')", "0A000"),
                          ("to_timestamp('1 +16', 'D TZH')", "22009"), ("to_number('x', '9')", "22P02"), ("to_number('1', 'RN')", "0A000")):
            assert code(sql) == [state]
