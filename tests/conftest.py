"""Fixtures that every room may use."""

import os
import sys
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, settings

from patrolgeo import HexGrid

# a loaded machine must not fail a test, and the same tests are tried every time
settings.register_profile("patrolgeo", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patrolgeo")

sys.path.insert(0, str(Path(__file__).parent))  # makers of inputs that several tests share


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data are absent: {folder} (set PATROLGEO_DATA)")
    return folder


@pytest.fixture(scope="session")
def hex_panel():
    """Makes panels of seeded Poisson counts around one cell: a few hot cells, most of them quiet."""

    def make(periods: int = 24, rings: int = 4, freq: str = "7D", seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        cells = pd.Index(sorted(h3.grid_disk("892a100d2c3ffff", rings)), name="cell")
        rate = rng.gamma(0.3, 1.0, len(cells))
        index = pd.date_range("2024-01-01", periods=periods, freq=freq, name="period")
        return pd.DataFrame(rng.poisson(rate, (periods, len(cells))).astype(float), index=index, columns=cells)

    return make


@pytest.fixture(scope="session")
def grid():
    area = gpd.GeoSeries([shapely.box(107.0, 23.0, 107.06, 23.05)], crs="EPSG:4326")
    return HexGrid.from_area(area, 8)


@pytest.fixture
def cells(grid):
    n = len(grid)
    rng = np.random.default_rng(1)
    risk = rng.gamma(0.3, 1.0, n)
    return grid.to_gdf().assign(
        risk=risk,
        risk_low=risk / 2,
        risk_high=risk * 2,
        hotspot=risk > np.quantile(risk, 0.9),
        workload=risk / risk.sum(),
        population=rng.poisson(40, n),
        incidents=np.where(np.arange(n) == 0, 0, rng.poisson(5, n)),
        area=np.where(grid.lonlat[:, 0] < 107.03, "west", "east"),
        patrollable=np.arange(n) != 1,
    )


@pytest.fixture
def areas(cells):
    return cells[["area", "geometry"]].dissolve("area").assign(workload=[0.4, 0.6], worst_minutes=[12.0, 17.5])


@pytest.fixture
def sites(grid):
    return gpd.GeoDataFrame({"kind": ["checkpoint"] * 2, "covered": [0.3, 0.2]}, geometry=grid.centroids[:2].values)
