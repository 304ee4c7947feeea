"""The bench measures what it says: a small run of it, without PostgreSQL."""

import json
import os
import subprocess
import sys

import pytest

from conftest import BINARY, ROOT, SANITIZED


@pytest.mark.skipif(SANITIZED, reason="its other programs are those of the release build")
def test_a_small_run(tmp_path):
    database = tmp_path / "sample.duckdb"
    subprocess.run([ROOT / "tools/sample", database], check=True, env={**os.environ, "SAMPLE_SCALE": "0.01"})
    out = subprocess.run([sys.executable, ROOT / "bench/run.py", "--quick", "--no-plots", "--only", "rows,kinds,first,tls,fair,memory", "--postgres", "",
                          "--binary", BINARY, "--database", database, "--out", tmp_path / "out"], check=True, capture_output=True, text=True).stdout
    assert (tmp_path / "out/summary.md").read_text() == out
    figures = json.loads((tmp_path / "out/run.json").read_text())["figures"]
    rows = figures["rows"]
    assert set(rows["lineitem text simple"]) == {"tavana", "bytes alone", "scan in process", "scan and encode"}
    counts = {server: taken[0]["rows"] for server, taken in rows["lineitem binary extended"].items()}
    assert set(counts.values()) == {60175}  # of scale 0.01
    for how in ("portal", "cursor"):
        assert rows[f"lineitem text {how}"]["tavana"][0]["rows"] == 60175
    assert rows["lineitem text simple"]["tavana"][0]["bytes"] == rows["lineitem text simple"]["bytes alone"][0]["bytes"]
    assert figures["kinds"]["50 KB strings text"]["tavana"][0]["bytes"] > 10000 * 49984
    assert figures["memory"]["16 streams"]["tavana"][0]["rows"] == 6000000
    assert figures["first"]["table scan"]["tavana"][0]["first_row_ms"] > 0 and figures["fair"]["point query"]["tavana"][0]["loaded_us"] > 0
    assert "lineitem, text: of scan and encode without sending" in out
    out = subprocess.run([sys.executable, ROOT / "bench/run.py", "--quick", "--no-plots", "--only", "first", "--processes", "2", "--postgres", "",
                          "--binary", BINARY, "--before", BINARY, "--database", database, "--out", tmp_path / "out"], check=True, capture_output=True, text=True).stdout
    assert "| first: table scan, tavana | first_row_ms | " in out
    taken = json.loads((tmp_path / "out/run.json").read_text())["figures"]["first"]["table scan"]
    assert {name: len(rounds) for name, rounds in taken.items()} == {"in process": 20, "before": 20, "tavana": 20}  # ten of each process
