"""Hot spots are small, ranked, and made of significant cells with an excess of their own."""

import re
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo
from patrolgeo import HexGrid, count_incidents, join_hot_spots
from patrolgeo.errors import AlignmentError, DataError


@pytest.fixture
def busy():
    rng = np.random.default_rng(3)
    grid = HexGrid.from_cells(h3.grid_disk("8a2a100d2c37fff", 12))
    observed = pd.Series(rng.poisson(rng.gamma(0.4, 10, len(grid))).astype(float), index=grid.cells)
    expected = pd.Series(observed.mean(), index=grid.cells)
    return grid, observed > 8, observed, expected


def test_spots_and_wider_ground_are_the_significant_cells_and_no_others(busy):
    grid, hot, observed, expected = busy
    spots = join_hot_spots(hot, observed, expected, grid)
    assert ((spots.of_cell > 0) | spots.wider).equals(hot.rename(None))
    assert (observed > expected)[spots.of_cell > 0].all()


def test_the_numbers_of_a_spot_are_the_sums_of_its_cells_and_the_excess_falls_with_rank(busy):
    grid, hot, observed, expected = busy
    spots = join_hot_spots(hot, observed, expected, grid)
    for number, row in spots.table.iterrows():
        inside = spots.of_cell == number
        assert row["incidents"] == observed[inside].sum()
        assert row["excess"] == pytest.approx((observed - expected)[inside].sum())
        assert row["area_km2"] == pytest.approx(grid.area_km2[inside].sum())
    assert spots.table["excess"].is_monotonic_decreasing


def test_a_spot_of_several_cells_is_connected_and_within_its_size(busy):
    grid, hot, observed, expected = busy
    spots = join_hot_spots(hot, observed, expected, grid, max_km2=0.07)
    assert (spots.table["cells"] > 1).any()
    assert (spots.table["area_km2"] <= 0.07).all()
    assert (spots.table.geometry.geom_type == "Polygon").all()


def test_a_cell_larger_than_the_size_is_a_spot_by_itself(busy):
    grid, hot, observed, expected = busy
    assert (join_hot_spots(hot, observed, expected, grid, max_km2=1e-6).table["cells"] == 1).all()


def test_the_order_of_the_cells_does_not_matter(busy):
    grid, hot, observed, expected = busy
    shuffled = [s.sample(frac=1, random_state=k) for k, s in enumerate((hot, observed, expected))]
    assert join_hot_spots(*shuffled, grid).of_cell.equals(join_hot_spots(hot, observed, expected, grid).of_cell)


def test_so_many_spots_as_asked_and_the_rest_is_wider_ground(busy):
    grid, hot, observed, expected = busy
    some, every = (join_hot_spots(hot, observed, expected, grid, most=n) for n in (3, None))
    assert len(some) == 3
    assert some.table["excess"].tolist() == every.table["excess"].tolist()[:3]
    assert some.wider.sum() > every.wider.sum()


def test_nothing_significant_gives_no_spot(busy):
    grid, hot, observed, expected = busy
    spots = join_hot_spots(hot & False, observed, expected, grid)
    assert len(spots) == 0
    assert not spots.wider.any()


def test_bad_input_is_refused_in_words(busy):
    grid, hot, observed, expected = busy
    with pytest.raises(AlignmentError, match="observed lacks"):
        join_hot_spots(hot, observed.iloc[1:], expected, grid)
    with pytest.raises(DataError, match="expected must hold"):
        join_hot_spots(hot, observed, -expected, grid)
    with pytest.raises(DataError, match="most"):
        join_hot_spots(hot, observed, expected, grid, most=-1)


def test_a_spot_starts_only_where_it_may(busy):
    grid, hot, observed, expected = busy
    seeds = observed > 30
    spots = join_hot_spots(hot, observed, expected, grid, seeds=seeds, max_km2=1e-6)
    assert set(spots.of_cell.index[spots.of_cell > 0]) == set(seeds.index[seeds & hot])


def test_the_lines_of_the_page_find_the_planted_spot_and_count_each_incident_once(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "hotspots.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(hot = .*?)```", page, re.DOTALL).group(1)
    rng = np.random.default_rng(5)
    grid = HexGrid.from_cells(h3.grid_disk("892a100d2c3ffff", 6))
    cells = np.r_[rng.choice(grid.cells, 400), np.repeat("892a100d2c3ffff", 60)]
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in cells]).T
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 364 * 24, len(cells)), unit="h")
    incidents = gpd.GeoDataFrame(
        {"time": times, "category": "theft"}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326"
    )
    names = ("GetisOrd", "describe_spots", "map_cells", "map_plan", "save_html")
    known = {name: getattr(patrolgeo, name) for name in names}
    known |= {
        "grid": grid, "incidents": incidents, "panel": count_incidents(incidents, grid, "W", until="2024-12-31"),
        "residents": pd.Series(100.0, grid.cells), "join_hot_spots": join_hot_spots,
    }  # fmt: skip
    monkeypatch.chdir(tmp_path)
    exec(code, known)
    first = known["ranked"].iloc[0]
    assert (known["spots"].of_cell["892a100d2c3ffff"], first["kinds"]) == (1, "theft 100 %")
    assert first["incidents"] == (known["of_incident"] == 1).sum() >= 60
    assert (tmp_path / "spots.html").exists()
