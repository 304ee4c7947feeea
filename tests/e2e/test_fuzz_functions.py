"""fuzz_functions.py for a while; longer with FUZZ_SECONDS, other calls with another FUZZ_SEED."""

import os

import pytest

import fuzz_functions
from conftest import SANITIZED, WORKERS

SECONDS = int(os.environ.get("FUZZ_SECONDS", 8))
SEED = int(os.environ.get("FUZZ_SEED", 1))


@pytest.mark.skipif(WORKERS > 0 or SANITIZED, reason="of the engine, which is the same there, and not instrumented")
@pytest.mark.timeout(SECONDS + 300)
def test_no_function_ends_the_process():
    found, slowest, calls = fuzz_functions.fuzz(SECONDS, SEED, print)
    assert not found and calls > 50
    assert slowest < 5
