"""Posts put by hand: what is no cell is said before anything is counted. A whole run is in tests/app/test_own_files."""

from types import SimpleNamespace

import geopandas as gpd
import pytest
import shapely

from county_plan import county_text
from patrolgeo import DataError, HexGrid, run_plan
from patrolgeo.pipeline.sites import _by_hand

SITES = "[sites]                  # optional\n"


def test_what_is_no_cell_is_said_before_anything_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("patrolgeo.pipeline.plan.count", None)
    text = county_text()
    assert SITES in text
    (tmp_path / "plan.toml").write_text(text.replace(SITES, f'{SITES}by_hand = ["8840288c4dffff"]\n'), "utf-8")
    with pytest.raises(DataError, match=r"sites\.by_hand: '8840288c4dffff' is not a cell .* mean '8840288c4dfffff'"):
        run_plan(tmp_path / "plan.toml", tmp_path / "out")


def test_a_post_by_hand_stands_where_one_may_stand():
    grid = HexGrid.from_area(gpd.GeoDataFrame(geometry=[shapely.box(119.9, 31.7, 119.96, 31.75)], crs=4326), 8)
    ground, cells = SimpleNamespace(grid=grid), list(grid.cells[:2])
    spots = gpd.GeoDataFrame(
        {"name": ["School"], "kind": ["school"]}, geometry=grid.centroids.iloc[:1].to_numpy(), index=cells[:1],
        crs=grid.centroids.crs,
    )  # fmt: skip
    middles = grid.centroids.iloc[:2].to_crs(4326).to_numpy()
    barred = gpd.GeoDataFrame(geometry=shapely.buffer(middles, 1e-4), crs=4326)
    plan = SimpleNamespace(path="plan.toml", consultation=None)
    assert _by_hand(plan, cells[::-1], spots, ground, None)["kind"].tolist() == ["cell", "school"]
    assert _by_hand(plan, cells[:1], spots, ground, barred)["kind"].tolist() == ["school"]
    refused = SimpleNamespace(path="plan.toml", consultation=SimpleNamespace(refused=cells[1:]))
    for wish, left_out in ((plan, barred), (refused, None)):
        with pytest.raises(DataError, match=rf"in '{cells[1]}' no post may stand"):
            _by_hand(wish, cells, spots, ground, left_out)
