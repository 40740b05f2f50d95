import geopandas as gpd
import numpy as np
import pytest
import shapely

from patrolgeo import HexGrid


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
