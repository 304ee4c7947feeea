"""What several tests measure with."""

import time

MB = 1 << 20


def note(record_property, **numbers):
    """Numbers for the report of the run, and for the reader of its output (pytest -rP)."""
    for name, value in numbers.items():
        record_property(name, round(value, 3))
        print(f"{name} = {value:.3f}")


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
