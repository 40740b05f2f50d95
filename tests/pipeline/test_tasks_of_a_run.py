"""From routes to tasks to what was delivered: the sheet that a run writes comes back whole, in both languages."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    HexGrid,
    compare_delivery,
    design_routes,
    patrol_dose,
    read_patrols,
    read_reports,
    read_shifts,
    read_tasks,
    task_shares,
    write_tasks,
)
from patrolgeo.pipeline.results import Ground, Place, Routes
from patrolgeo.pipeline.tasks import route_tasks


def issued(shifts=None):
    """Return the grid and the tasks of three days of two units among ten cells; the areas are named after letters."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(119, 31, 119.06, 31.05)], crs=4326)
    grid = HexGrid.from_area(area, 8)
    cells = grid.cells[:10]
    minutes = pd.DataFrame(7.0 * (1 - np.eye(10)), cells, cells)
    plan = design_routes(
        pd.Series(np.arange(10.0), cells), minutes, 2, 60, 12, base=cells[0], effort=0.001, random_state=1
    )
    spots = gpd.GeoDataFrame(geometry=grid.centroids[cells])
    drawn = tuple(plan.draw(day, 3) for day in pd.date_range("2025-01-06", periods=3))
    tables = {} if shifts is None else {"shifts": shifts}
    routes = Routes(plan, drawn, None, spots, None, {})
    of_cell = pd.Series(np.where(np.arange(len(grid.cells)) % 2, "odd", "even"), grid.cells)
    ground = Ground.__new__(Ground)
    object.__setattr__(ground, "grid", grid)
    return grid, drawn, of_cell, route_tasks(routes, Place(tables, {}), ground, of_cell)


@pytest.fixture(scope="module")
def tasks():
    shifts = read_shifts(pd.DataFrame({"name": ["first"], "start": ["00:00"], "end": ["00:20"]}))
    return issued(shifts)


def test_every_stop_is_one_task_at_its_cell_and_in_its_area(tasks):
    _, drawn, of_cell, table = tasks
    assert table["task"].is_unique
    assert len(table) == sum(len(plan.stops) for plan in drawn)
    assert (table["place"] == table["cell"]).all()
    assert (table["area"] == of_cell[table["cell"]].to_numpy()).all()
    begins = pd.concat([plan.stops["begins"] for plan in drawn])
    assert sorted(table["start"]) == sorted(begins.dt.floor("min"))
    assert (table["shift"].notna() == (table["start"].dt.hour * 60 + table["start"].dt.minute < 20)).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_driven_as_planned_comes_back_as_done(tasks, tmp_path, language):
    grid, _, _, table = tasks
    sheet = write_tasks(table, tmp_path / "tasks.csv", language=language)
    planned = read_tasks(sheet)
    assert planned["task"].tolist() == table["task"].tolist()
    log = planned.assign(end=planned["start"] + pd.to_timedelta(planned["minutes"], unit="min"))
    patrols = read_patrols(log[["unit", "start", "end", "lon", "lat"]], key="a key of the town")
    went = compare_delivery(planned[["cell", "minutes"]], patrol_dose(patrols, grid))
    assert went.total["done_share"] == pytest.approx(1.0)
    assert went.total["outside"] == pytest.approx(0.0, abs=1e-6)
    skipped = log[log["cell"] != log["cell"].iloc[0]]
    late = compare_delivery(
        planned[["cell", "minutes"]],
        patrol_dose(read_patrols(skipped[["unit", "start", "end", "lon", "lat"]], key="a key of the town"), grid),
    )
    assert late.total["done_share"] == pytest.approx(skipped["minutes"].sum() / planned["minutes"].sum())
    filled = planned[["task"]].assign(done=np.where(planned["cell"] == log["cell"].iloc[0], "no", "yes"))
    shares = task_shares(planned, read_reports(filled, planned), by=["area"])
    assert shares["done"].sum() == len(skipped)
