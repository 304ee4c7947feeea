"""Random sessions on PostgreSQL and Tavana side by side; differential.py has them, and runs any number."""

import random

from conftest import FULL, SANITIZED, WORKERS
from differential import Pair, run_sessions

SESSIONS = 10000 if FULL else 150 if SANITIZED else 400


def test_random_sessions(server, postgres):
    """Half of them the same in each run, half new ones."""
    pair = Pair(postgres, server)
    first = random.SystemRandom().randrange(1 << 40)
    differences, kinds = {}, None
    for start in (1, first):
        print(f"seeds {start} to {start + SESSIONS // 2 - 1}")
        found, kinds = run_sessions(pair, range(start, start + SESSIONS // 2), print, differences_max=3, returns=WORKERS < 2)  # a shared catalog has none
        differences |= found
    assert not differences, "\n".join(f"seed {seed}:\n{text}" for seed, text in differences.items())
    words = " ".join(kinds)
    for kind in ("fetch backward", "move absolute", "fetch last", "declare scroll with hold", "declare default", "message E",
                 "several statements", "write", "error", "pg_cursors"):
        assert kind in words, f"{kind} never occurred"
