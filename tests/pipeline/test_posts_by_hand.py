"""Posts put by hand: what is no cell is said before anything is counted. A whole run is in tests/app/test_own_files."""

import pytest

from county_plan import county_text
from patrolgeo import DataError, run_plan

SITES = "[sites]                  # optional\n"


def test_what_is_no_cell_is_said_before_anything_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("patrolgeo.pipeline.plan.count", None)
    text = county_text()
    assert SITES in text
    (tmp_path / "plan.toml").write_text(text.replace(SITES, f'{SITES}by_hand = ["8840288c4dffff"]\n'), "utf-8")
    with pytest.raises(DataError, match=r"sites\.by_hand: '8840288c4dffff' is not a cell .* mean '8840288c4dfffff'"):
        run_plan(tmp_path / "plan.toml", tmp_path / "out")
