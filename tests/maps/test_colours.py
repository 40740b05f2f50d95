import re
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import GetisOrd, map_cells, map_flows, map_plan, shared_bins
from patrolgeo.errors import CRSError, DataError
from patrolgeo.maps.colours import KNOWN_LABELS, MISSING, label_colours, scale_of


def fills(m) -> dict[str, str]:
    """The fill of every cell by the value it shows, read from the page."""
    layer = next(child for child in m._children.values() if hasattr(child, "style_function"))
    return {f["properties"]["cell"]: layer.style_function(f)["fillColor"] for f in layer.data["features"]}


def legend(m) -> list[str]:
    page = m.get_root().render()
    return re.findall(r"background:(#\w{6})\"></span> ([^<]*)</div>", page)


def test_signed_values_have_two_hues_that_part_at_zero(grid):
    change = pd.Series(np.linspace(-12, 1, len(grid)), grid.cells, name="change")
    change.iloc[3] = 0.0
    scale = scale_of(change)
    below, above = ({scale.colour(v) for v in change[part]} for part in (change < 0, change > 0))
    assert not below & above
    assert scale.colour(0.0) not in below | above
    assert len(below) >= 4
    assert set(fills(map_cells(change)).values()) == below | above | {scale.colour(0.0)}


@pytest.mark.parametrize("seed", range(5))
def test_mirrored_values_have_mirrored_colours_and_larger_ones_never_a_paler(seed):
    values = np.random.default_rng(seed).normal(0, 5, 200)
    scale, mirror = scale_of(values), scale_of(-values)
    np.testing.assert_allclose(scale.edges, -np.array(mirror.edges)[::-1], rtol=1e-6)
    half = len(scale.colours) // 2
    assert len(set(scale.colours)) == len(scale.colours) == 2 * half
    order = [scale.colours.index(scale.colour(v)) for v in np.sort(values)]
    assert order == sorted(order)


def test_shared_bins_give_one_colour_one_meaning(grid):
    rng = np.random.default_rng(2)
    one, two = (pd.Series(rng.gamma(0.3, size, len(grid)), grid.cells, name="risk") for size in (1, 4))
    bins = shared_bins(one, two)
    maps = [map_cells(values, bins=bins) for values in (one, two)]
    assert legend(maps[0]) == legend(maps[1])
    colours = {}
    for values, m in zip((one, two), maps, strict=True):
        for cell, colour in fills(m).items():
            colours.setdefault(colour, []).append(values[cell])
    ranges = sorted((min(v), max(v)) for v in colours.values())
    assert all(high < low for (_, high), (low, _) in pairwise(ranges))
    assert bins == shared_bins(pd.concat([one, two]))


def test_a_class_around_zero_is_neutral_and_many_classes_all_differ():
    scale = scale_of([-3.0, 0.0, 3.0], [-1, 1])
    assert scale.colours[1] == scale.zero == scale.colour(0.5)
    assert [text for _, text in scale.rows()] == ["< -1", "-1 – 1", "≥ 1"]
    assert len(set(scale_of([1.0], list(range(1, 12))).colours)) == 12


def test_labels_of_hotspots_are_mapped(grid, hex_panel):
    panel = hex_panel()
    labels = GetisOrd(null="raw").fit_predict(panel)
    m = map_cells(labels)
    drawn = fills(m)
    assert all(drawn[cell] == KNOWN_LABELS[label] for cell, label in labels.items())
    assert {text for _, text in legend(m)} == set(labels)
    assert set(fills(map_cells(labels == "hot")).values()) <= {KNOWN_LABELS["True"], KNOWN_LABELS["False"]}


def test_own_labels_differ_in_colour_and_missing_ones_are_grey(grid):
    names = pd.Series([f"area {i % 20}" for i in range(len(grid))], grid.cells, name="area", dtype=object)
    names.iloc[0] = None
    known = label_colours(names)
    assert len(set(known.values())) == 20
    m = map_cells(names)
    assert fills(m)[grid.cells[0]] == MISSING
    assert (MISSING, "?") in legend(m)


def test_what_cannot_be_drawn_is_a_sentence(grid, cells, sites):
    for empty in (cells.iloc[:0], pd.Series(dtype=float)):
        with pytest.raises(DataError, match="empty"):
            map_cells(empty, "risk" if isinstance(empty, pd.DataFrame) else None)
    nowhere = sites.set_crs(4326).set_axis(["gate", "mill"])
    nowhere.loc["mill", "geometry"] = None
    for given in ({"sites": nowhere}, {"areas": nowhere}):
        with pytest.raises(DataError, match=r"1 of 2 rows have no geometry .first: 'mill'."):
            map_plan(**given)
    with pytest.raises(DataError, match="sites is empty"):
        map_plan(sites=nowhere.iloc[:0])
    with pytest.raises(DataError, match="have no geometry"):
        map_cells(cells.assign(geometry=cells.geometry.where(cells["risk"] > 0.5)), "risk")
    with pytest.raises(DataError, match="infinite in 1 of"):
        map_cells(cells.assign(risk=np.where(np.arange(len(cells)) == 2, np.inf, 1.0)), "risk")
    with pytest.raises(DataError, match="must hold numbers, texts or truth values"):
        map_cells(cells.assign(risk=pd.Timestamp("2025-01-01")), "risk")
    for bins in ([], [2, 1], [1, 1], "ab", [1, np.nan], 3):
        with pytest.raises(DataError, match="bins="):
            map_cells(cells, "risk", bins=bins)
    with pytest.raises(DataError, match="holds labels"):
        map_cells(cells, "area", bins=[1])
    with pytest.raises(DataError, match="opacity"):
        map_cells(cells, "risk", opacity=7)
    with pytest.raises(CRSError):
        map_cells(cells.set_crs(None, allow_override=True), "risk")
    road = gpd.GeoSeries([shapely.LineString([(0, 0), (1, 0)]), None], index=["a", "b"], crs=4326)
    with pytest.raises(DataError, match="roads: 1 of 2"):
        map_flows(pd.Series({"a": 1.0}), road)
    with pytest.raises(DataError, match="all 0"):
        shared_bins(pd.Series([0.0, np.nan]))


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0, np.nan])
def test_one_value_everywhere_is_drawn(grid, value):
    m = map_cells(pd.Series(value, grid.cells, name="v"))
    assert len(set(fills(m).values())) == 1
    assert legend(m)
