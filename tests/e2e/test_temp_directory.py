"""Where the engine spills: each process has a directory of its own there, and leaves nothing behind."""

import mmap
import os
import signal
import threading

import pytest

from conftest import ROOT, WORKERS, Server
from measure import wait_for
from wire import Q

pytestmark = pytest.mark.skipif(WORKERS > 0, reason="starts its own servers")

ROWS = 2_000_000
SPILLS = (f"select count(*), sum(n) from (select i n, md5(i::varchar) h, lag(i) over (order by md5(i::varchar)) b"
          f" from range({ROWS}) t(i)) where h >= '' and (b is null or b >= 0)")
OPTIONS = ("--memory-limit", "150MB", "--threads", "2", "--restart", "off")


def spilled(directory):
    return [f"{d}/{f}" for d, _, files in os.walk(directory) for f in files]


def test_servers_share_a_directory(tmp_path):
    """The engine calls its files the same in every process; two that wrote into each other's died (SIGSEGV)."""
    with Server(*OPTIONS, "--temp-directory", str(tmp_path)) as a, Server(*OPTIONS, "--temp-directory", str(tmp_path)) as b:
        answers = {}

        def ask(s):
            with s.wire(timeout=300) as w:
                answers[s] = [w.ask(Q(SPILLS)) for _ in range(2)]

        threads = [threading.Thread(target=ask, args=(s,)) for s in (a, b)]
        for t in threads:
            t.start()
        wait_for(lambda: len({os.path.dirname(f) for f in spilled(tmp_path)}) == 2, 60)
        for t in threads:
            t.join()
        right = [(str(ROWS), str(ROWS * (ROWS - 1) // 2)), 'cc"SELECT 1"', "Z:I"]
        for s in (a, b):
            assert [answer[-3:] for answer in answers[s]] == [right, right]
    assert os.listdir(tmp_path) == []


def test_what_a_killed_server_left_is_removed(tmp_path):
    with Server(*OPTIONS, "--temp-directory", str(tmp_path)) as living:
        killed = Server(*OPTIONS, "--temp-directory", str(tmp_path)).__enter__()
        w = killed.wire()
        w.send(Q(SPILLS))
        wait_for(lambda: spilled(tmp_path), 60)
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait()
        assert spilled(tmp_path)
        with Server(*OPTIONS, "--temp-directory", str(tmp_path)):
            assert not spilled(tmp_path)
            assert len(os.listdir(tmp_path)) == 2
        with living.wire(timeout=300) as w:
            assert w.ask(Q(SPILLS))[-2:] == ['cc"SELECT 1"', "Z:I"]
    assert os.listdir(tmp_path) == []


def test_a_directory_that_cannot_be(tmp_path, make_server):
    with pytest.raises(AssertionError, match="could not open directory"):
        make_server("--temp-directory", str(tmp_path / "no" / "such"))


CIPHER = ROOT / ".deps/extensions/httpfs.duckdb_extension"
SECRETS = f"create temp table t as select i, md5(i::varchar) || 'a-secret-of-somebody' || md5((i + 1)::varchar) s from range({ROWS * 2}) t(i)"


def holds(file, what):
    with open(file, "rb") as f:
        return os.path.getsize(file) > 0 and mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ).find(what) >= 0


@pytest.mark.parametrize("encrypted", ["off", "on"])
def test_encryption_of_what_is_spilled(tmp_path, encrypted):
    """Rows that the engine has put on the disk can be read there, or cannot; the answer is the same."""
    with Server(*OPTIONS, "--temp-directory", str(tmp_path), "--extensions", str(CIPHER), "--spill-encryption", encrypted) as s, s.wire(timeout=300) as w:
        assert w.ask(Q(SECRETS))[-1] == "Z:I"
        assert w.ask(Q("select count(distinct s), min(length(s)) from t"))[1:-1] == [(str(ROWS * 2), "84"), 'cc"SELECT 1"']
        files = spilled(tmp_path)
        assert files and any(holds(f, b"a-secret-of-somebody") for f in files) == (encrypted == "off"), files
        assert w.ask(Q("reset temp_file_encryption"))[-2:] == ["err:55P02", "Z:I"], "it holds for all sessions"


def test_encryption_without_a_cipher(tmp_path, make_server):
    with pytest.raises(AssertionError, match="spill_encryption.*httpfs"):
        make_server("--temp-directory", str(tmp_path), "--spill-encryption", "on")
