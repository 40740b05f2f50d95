import os
import random
import sys
import zlib
from pathlib import Path

import pytest

import patrolgeo

sys.path.insert(0, str(Path(__file__).parent))
from examples import CALLS, EXAMPLES
from mutations import check_reading, mutate

RUNS = int(os.environ.get("PATROLGEO_FUZZ", "300")) // len(EXAMPLES)


@pytest.mark.parametrize("preset", EXAMPLES)
def test_broken_exports_give_accounted_rows_of_unchanged_values_or_a_clear_error(preset, tmp_path):
    encoding, text = EXAMPLES[preset]
    read = patrolgeo.read_calls if preset in CALLS else patrolgeo.read_incidents
    rng = random.Random(zlib.crc32(preset.encode()))
    path = tmp_path / "export.csv"
    path.write_bytes(text.encode(encoding))
    clean = text, read(path, preset=preset, return_ledger=True)[0]
    readable = 0
    for _ in range(RUNS):
        path.write_bytes(mutate(text.encode(encoding), encoding, rng))
        readable += check_reading(path, preset, read, patrolgeo.PatrolgeoError, clean)
    assert readable >= RUNS // 5, "most accidents should not make a file unreadable"
