"""What a public version shows of the cells does not tell what changed since the last one."""

import json

import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.release import public, public_cells
from patrolgeo.privacy.audit import check_release_tables

COUNTS = [0, 2, 9, 30, 4, 0, 12]


@pytest.fixture
def grid():
    return HexGrid.from_cells(sorted(h3.cell_to_children("88309c4de3fffff", 9)))


def cells_of(grid, counts):
    known = pd.DataFrame({"population": 100.0, "risk": 0.5, "hotspot": False, "incidents": counts}, index=grid.cells)
    return grid.to_gdf(known)


@pytest.mark.parametrize("cell", range(len(COUNTS)))
def test_two_releases_with_a_register_do_not_tell_of_one_more_incident(grid, cell, tmp_path):
    register = tmp_path / "new" / "releases.parquet"
    first = public_cells(cells_of(grid, COUNTS), grid, register)["incidents"]
    more = np.add(COUNTS, np.eye(len(COUNTS), dtype=int)[cell])
    second = public_cells(cells_of(grid, more), grid, register)["incidents"]
    pd.testing.assert_series_equal(first, second)
    assert first.notna().sum() == 3


def every_number(table, summary, ledgers):
    """All that a release tells, as text: whatever differs between two releases can be subtracted."""
    return table.drop(columns="geometry").to_json(), json.dumps(summary), json.dumps(ledgers)


def release(grid, counts, more, register, people=100.0):
    """A release whose every number moves with each incident, as those of a run do."""
    counts = np.add(counts, more)
    n = int(counts.sum()) + 400
    cells = cells_of(grid, counts).assign(risk=counts * 0.07 + counts.sum() / 1000, hotspot=counts > 29)
    cells["population"] = people
    summary = {
        "incidents": {"read": n + 20, "kept": n, "counted": n, "set_aside": {"bad_time": 3, "no_place": 12 + n % 3},
                      "first": "2024-01-01T03:00:00", "last": f"2024-12-30T0{n % 10}:00:00"},
        "hotspots": {"significant_cells": int((counts > 29).sum()), "alpha": 0.05},
        "risk": {"expected_incidents": n / 52, "hit_rate": {"0.05": {"value": counts.max() / n, "low": 0.1}}},
        "workload": {"parts": {"calls": n * 1.7}, "sensitivity": [{"population": n / 3}]},
        "areas": {"n": 2, "max_over_mean": 1 + n / 1e4, "by_area": []},
    }  # fmt: skip
    found = Findings(summary=summary, cells=cells, ledgers={"incidents": {"read": n + 20, "kept": n, "set_aside": {}}})
    told = public(found, grid, register)
    return every_number(told.cells, told.summary, told.ledgers), told


@pytest.mark.parametrize("cell", range(len(COUNTS)))
def test_five_releases_with_one_more_incident_each_tell_the_same_in_every_number(grid, cell, tmp_path):
    """The attacker subtracts every number of five releases: no number moves by less than the threshold."""
    seen = [
        release(grid, COUNTS, np.eye(len(COUNTS), dtype=int)[cell] * k, tmp_path / "r.parquet")[1] for k in range(5)
    ]
    for told in seen[1:]:
        for name in ("incidents", "risk", "population", "hotspot", "unit"):
            pd.testing.assert_series_equal(told.cells[name], seen[0].cells[name])
        for a, b in zip(numbers_in(told.summary), numbers_in(seen[0].summary), strict=True):
            anew = told.summary["incidents"]["counted"] != seen[0].summary["incidents"]["counted"]
            assert a == b or abs(a - b) >= 5 or (anew and not float(a).is_integer()), (a, b)
        assert told.ledgers == seen[0].ledgers or abs(
            told.ledgers["incidents"]["kept"] - seen[0].ledgers["incidents"]["kept"]) >= 5  # fmt: skip
    assert check_release_tables([told.cells for told in seen], [told.summary for told in seen]) == []


def numbers_in(part):
    if isinstance(part, dict | list):
        return [n for value in (part.values() if isinstance(part, dict) else part) for n in numbers_in(value)]
    return [part] if isinstance(part, int | float) else []


def test_without_a_register_five_releases_tell_of_each_incident(grid):
    """The same five releases without the register are broken by the audit, so the test above can fail."""
    seen = [release(grid, COUNTS, np.eye(len(COUNTS), dtype=int)[3] * k, None)[1] for k in range(5)]
    found = check_release_tables([told.cells for told in seen], [told.summary for told in seen])
    assert any("changed by 1" in line for line in found)


def test_the_audit_bounds_a_count_that_only_hides_behind_a_total(grid):
    cells = cells_of(grid, COUNTS).assign(unit=grid.cells, withheld=False)
    cells["incidents"] = [np.nan, 2, 9, 30, 4, 0, 12]
    lines = check_release_tables([cells], [{"incidents": {"counted": sum(COUNTS)}}])
    assert any("is told" in line for line in lines)  # 2 and 4 are small
    cells["incidents"] = [0, np.nan, 9, 30, 4.0 + 4, 0, 12]
    lines = check_release_tables([cells], [{"incidents": {"counted": 61}}])
    assert any("lies between 2 and 2" in line for line in lines)


def test_people_who_come_or_go_do_not_show(grid, tmp_path):
    first = release(grid, COUNTS, 0, tmp_path / "r.parquet")[1].cells["population"]
    second = release(grid, COUNTS, 0, tmp_path / "r.parquet", people=101.0)[1].cells["population"]
    pd.testing.assert_series_equal(first, second)


def test_without_a_register_the_same_two_releases_tell_it(grid):
    """The pair above is broken without the register, so the test above can fail."""
    more = np.add(COUNTS, np.eye(len(COUNTS), dtype=int)[2])
    first, second = (public_cells(cells_of(grid, counts), grid)["incidents"] for counts in (COUNTS, more))
    assert (second - first).max() == 1


def test_a_change_that_is_large_enough_is_told(grid, tmp_path):
    public_cells(cells_of(grid, COUNTS), grid, tmp_path / "r.parquet")
    more = np.add(COUNTS, [0, 0, 0, 20, 0, 0, 0])
    assert public_cells(cells_of(grid, more), grid, tmp_path / "r.parquet")["incidents"].iloc[3] == 50
