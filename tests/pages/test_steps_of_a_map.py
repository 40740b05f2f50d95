"""The slider of the map: what it shows is what was counted, on one scale; cells of few people and public pages not."""

import re

import numpy as np
import pandas as pd
import pytest

from page_data import data_of, layer_of, numbers, values, written
from patrolgeo import HexGrid
from patrolgeo.pages.plan_page import steps
from patrolgeo.pages.plan_page.layers import withheld_cells
from patrolgeo.pipeline.recent import recent_counts

DAYS = [("2024-10-07", "2024-11-03"), ("2024-11-04", "2024-12-01"), ("2024-12-02", "2024-12-29")]


@pytest.fixture
def counts(cells):
    rng = np.random.default_rng(2)
    index = pd.MultiIndex.from_tuples(DAYS, names=["first", "last"])
    return pd.DataFrame(rng.poisson(0.4, (3, len(cells))) * 1.0, index, cells.index)


def unpacked(layer, count):
    """The counts of every step, as the script of the page reads them."""
    told, rows = iter(values(layer["counts"], 10**6)), []
    for step in layer["steps"]:
        at, row = -1, np.zeros(count)
        for gap in numbers(step["cells"], "u1"):
            at += int(gap)
            if gap < 255:
                at += 1
                row[at] = next(told)
        rows.append(row)
    return np.array(rows)


def test_every_step_travels_as_it_was_counted_but_for_cells_of_few_people(tmp_path, cells, counts):
    layer = layer_of(written(tmp_path, cells=cells, counts=counts), "steps")
    few = withheld_cells(cells)
    assert 0 < few.sum() < len(cells)
    expected = np.where(few, 0, counts.to_numpy())
    assert (unpacked(layer, len(cells)) == expected).all()
    assert [(step["first"], step["last"]) for step in layer["steps"]] == DAYS
    assert [step["sum"] for step in layer["steps"]] == expected.sum(axis=1).tolist()


def test_gaps_longer_than_a_byte_are_packed():
    row = np.zeros(2000)
    row[[0, 255, 256, 766, 1999]] = 1.0
    at, found = -1, []
    for gap in steps._gaps(row):
        at += gap
        if gap < 255:
            at += 1
            found.append(at)
    assert found == [0, 255, 256, 766, 1999]


def test_the_scale_is_one_for_all_steps_and_named(tmp_path, cells, counts):
    page = written(tmp_path, cells=cells, counts=counts)
    layer = layer_of(page, "steps")
    legend = re.search(r'value="steps".*?</ul>\s*<div class="legend">.*?</div>', page, re.DOTALL)[0]
    texts = re.findall(r"</span>([^<]+)</li>", legend)
    assert len(layer["colours"]) == len(layer["edges"]) + 2
    assert texts[0] == "none"
    assert texts[len(layer["edges"]) + 1].startswith(f"{layer['edges'][-1]:.0f} and more")
    assert "not risk" in legend
    busier = counts.mul(1)
    busier.iloc[0] = 0  # another first step moves no edge that the others do not move
    assert layer_of(written(tmp_path, cells=cells, counts=busier), "steps")["colours"][0] == layer["colours"][0]


def test_a_public_page_and_a_single_step_have_no_slider(tmp_path, cells, counts):
    for how in ({"counts": counts, "audience": "public"}, {"counts": counts.iloc[:1]}, {}):
        page = written(tmp_path, cells=cells, **how)
        assert "steps" not in [layer["key"] for layer in data_of(page)["layers"]]
        assert 'class="steps"' not in page


def test_of_a_large_map_the_newest_steps_are_kept_and_the_page_says_so(tmp_path, cells, counts, monkeypatch):
    size = [4 / 3 * (len(steps._gaps(row)) + np.count_nonzero(row)) for row in counts.to_numpy()]
    monkeypatch.setattr(steps, "ROOM", size[1] + size[2] + 1)
    page = written(tmp_path, cells=cells.assign(population=1000), counts=counts)
    assert [step["last"] for step in layer_of(page, "steps")["steps"]] == [last for _, last in DAYS[1:]]
    assert "The newest 2 of 3 steps" in page
    monkeypatch.setattr(steps, "ROOM", size[2] + 1)
    assert 'class="steps"' not in written(tmp_path, cells=cells.assign(population=1000), counts=counts)


@pytest.mark.parametrize(
    ("freq", "n", "first", "last", "of"),
    [("7D", 104, "2024-12-02", "2024-12-29", 24), ("28D", 30, "2024-12-02", "2024-12-29", 24),
     ("1D", 60, "2024-12-02", "2024-12-29", 2), ("7D", 3, None, None, 0), ("MS", 5, "2024-12-01", "2024-12-31", 5),
     ("YS", 2, "2024-01-01", "2024-12-31", 2)],
)  # fmt: skip
def test_steps_are_whole_periods_of_four_weeks_and_more_counted_back_from_the_end(freq, n, first, last, of):
    end = pd.Timestamp("2024-12-30" if freq.endswith("D") else "2025-01-01")
    index = pd.date_range(end=end, periods=n + 1, freq=freq, name="period")[:-1]
    panel = pd.DataFrame(np.arange(2.0 * n).reshape(n, 2), index, ["a", "b"])
    told = recent_counts(panel)
    assert len(told) == of
    if of:
        assert told.index[-1] == (first, last)
        together = {"7D": 4, "1D": 28}.get(freq, 1)
        assert told.iloc[-1].tolist() == panel.iloc[-together:].sum().tolist()
        assert told.to_numpy().sum() == panel.iloc[-of * together :].to_numpy().sum()
        assert told.index.get_level_values("first").is_monotonic_increasing


def test_counts_of_other_cells_are_none(tmp_path, cells, counts):
    other = counts.set_axis(HexGrid.from_cells(cells.index).cells[::-1], axis=1)
    layer = layer_of(written(tmp_path, cells=cells.assign(population=1000), counts=other), "steps")
    assert (unpacked(layer, len(cells)) == other[cells.index].to_numpy()).all()  # by label, not by place
