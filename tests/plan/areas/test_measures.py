"""What a division is worth in shape: worked out by hand on squares, and the same however the cells are ordered."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import compare_areas, design_areas, measure_areas, unit_graph

KM = 1 / 111.19492  # of latitude, in degrees, on the sphere; near the equator also of longitude


@pytest.fixture(scope="module")
def squares():
    """Four by two squares of a kilometre at the equator."""
    boxes = [shapely.box(i * KM, j * KM, (i + 1) * KM, (j + 1) * KM) for j in range(2) for i in range(4)]
    return gpd.GeoDataFrame(index=list("abcdefgh"), geometry=boxes, crs="EPSG:4326")


def halves(squares):
    return pd.Series(["west", "west", "east", "east"] * 2, index=squares.index)


def test_shapes_of_two_squares_are_those_of_the_textbook(squares):
    work = pd.Series(1.0, index=squares.index)
    measures = measure_areas(halves(squares), work, unit_graph(squares), squares.geometry)
    assert measures.shapes["area_km2"].to_numpy() == pytest.approx([4, 4], rel=0.01)
    assert measures.shapes["perimeter_km"].to_numpy() == pytest.approx([8, 8], rel=0.01)
    assert measures.polsby_popper == pytest.approx(np.pi / 4, rel=0.01)
    assert measures.border_km == pytest.approx(2, rel=0.01)
    assert measures.inertia == pytest.approx(0.5, rel=0.01)  # every middle lies half a kilometre off in x and in y
    assert measures.heaviest_unit == pytest.approx(1 / 4)


def test_without_outlines_nothing_is_said_of_shapes(squares):
    work = pd.Series(1.0, index=squares.index)
    measures = measure_areas(halves(squares), work, unit_graph(squares))
    assert "polsby_popper" not in measures.summary()
    assert "inertia" in measures.summary()


def test_the_plan_carries_every_measure_and_so_does_the_comparison(squares):
    work = pd.Series(1.0, index=squares.index)
    plan = design_areas(work, None, 2, units=squares, nest_in=halves(squares), random_state=0)
    told = {"heaviest_unit", "inertia", "polsby_popper", "border_km", "mean_travel_minutes", "worst_travel_minutes",
            "max_over_mean", "bound", "gap", "status", "bound_holds_for", "units_moved", "units_by_hand"}  # fmt: skip
    assert told <= set(plan.summary())
    rows = pd.Series(["south"] * 4 + ["north"] * 4, index=squares.index)
    table = compare_areas(plan, measure_areas(rows, work, unit_graph(squares), squares.geometry))
    assert table.loc["border_km", "change"] == pytest.approx(-2, rel=0.01)
    assert table.loc["polsby_popper", "change"] == pytest.approx(np.pi / 4 - 16 * np.pi / 100, rel=0.01)


def test_a_change_by_hand_tells_what_it_breaks(squares):
    plan = design_areas(pd.Series(1.0, index=squares.index), None, 2, units=squares, nest_in=halves(squares))
    before, other = plan.labels["a"], plan.labels["d"]
    changed = plan.reassign({"a": other})
    assert changed.by_hand == {"a": (before, other)}
    assert any("no longer in one piece" in note for note in changed.notes)
    assert any("1.250 of the mean, beyond the wanted 1.020" in note for note in changed.notes)
    back = changed.reassign({"a": before})
    assert back.labels.equals(plan.labels)
    assert back.by_hand == {}
