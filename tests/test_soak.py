"""A short soak: a few kills, stops at system calls, broken files and bad plans lose nothing (`make soak`: all)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[1] / "benchmarks" / "soak.py"


@pytest.mark.check
@pytest.mark.skipif(sys.platform != "linux", reason="signals as Linux has them")
@pytest.mark.parametrize(
    ("part", "size"), [("kills", 0.03), ("starts", 0.03), ("forced", 0.06), ("files", 0.01), ("plans", 0.05)]
)
def test_a_short_soak_loses_nothing(tmp_path, part, size):
    command = [sys.executable, SOAK, "--part", part, "--size", str(size), "--results", tmp_path / "soak.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert json.loads((tmp_path / "soak.json").read_text())[part]["found"]
