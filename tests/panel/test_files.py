"""Files: the same answer from a loop, processes and Dask, however the rows are split; killed workers lose nothing."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, HexGrid, MissingColumnError, MissingFileError, count_files, count_incidents
from patrolgeo.panel import files as files_module


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(2)
    n = 6000
    return pd.DataFrame(
        {
            "time": pd.Timestamp("2023-03-03") + pd.to_timedelta(rng.integers(0, 200 * 86400, n), unit="s"),
            "category": rng.choice(["theft", "fraud", "other"], n),
            "lon": rng.uniform(119.88, 119.98, n),
            "lat": rng.uniform(31.68, 31.77, n),
        }
    )


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326"), 9)


def write(folder, rows, n_files):
    folder.mkdir(exist_ok=True)
    for i in range(n_files):
        rows[i::n_files].to_parquet(folder / f"part-{i:02d}.parquet")
    return folder


def in_memory(rows, grid, **how):
    points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs="EPSG:4326")
    return count_incidents(points, grid, **how)


@pytest.mark.parametrize("freq", ["W", "shift", "MS"])
def test_files_give_what_memory_gives_however_they_are_split(tmp_path, rows, grid, freq):
    expected = in_memory(rows, grid, freq=freq)
    for n_files in (1, 7):
        panel = count_files(write(tmp_path / f"{n_files}", rows, n_files), grid, freq)
        pd.testing.assert_frame_equal(panel, expected)
        assert panel.attrs["outside"] == expected.attrs["outside"]


def test_small_batches_give_the_same(tmp_path, rows, grid, monkeypatch):
    monkeypatch.setattr(files_module, "ROWS", 100)
    pd.testing.assert_frame_equal(count_files(write(tmp_path, rows, 2), grid), in_memory(rows, grid, freq="W"))


def test_every_row_is_accounted_for(tmp_path, rows, grid):
    holes = rows.copy()
    holes.loc[:9, "time"] = pd.NaT
    holes.loc[10:29, "lon"] = np.nan
    panel = count_files(write(tmp_path, holes, 3), grid, category=["theft", "fraud"])
    told = panel.attrs
    assert told["read"] == len(rows)
    assert told["undated"] == 10
    assert panel.to_numpy().sum() + told["outside"] + told["unfinished"] + told["undated"] + told[
        "other_category"
    ] == len(rows)
    assert panel["theft"].shape == panel["fraud"].shape


def test_processes_give_the_same(tmp_path, rows, grid):
    with ProcessPoolExecutor(2) as pool:
        panel = count_files(write(tmp_path, rows, 5), grid, executor=pool)
    pd.testing.assert_frame_equal(panel, in_memory(rows, grid, freq="W"))


def test_an_interrupted_count_goes_on_from_finished_files(tmp_path, rows, grid, monkeypatch):
    folder, resume = write(tmp_path / "in", rows, 6), tmp_path / "sums"
    counted = []
    plain = files_module._sums

    def breaks_at_the_fourth(file, tally):
        counted.append(file)
        if len(counted) == 4:
            raise KeyboardInterrupt
        return plain(file, tally)

    monkeypatch.setattr(files_module, "_sums", breaks_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        count_files(folder, grid, resume=resume)
    assert len(list(resume.glob("*.npz"))) == 3
    panel = count_files(folder, grid, resume=resume)
    assert len(counted) == 4 + 3
    pd.testing.assert_frame_equal(panel, in_memory(rows, grid, freq="W"))
    assert not list(resume.iterdir())


def test_a_changed_file_is_counted_again(tmp_path, rows, grid, monkeypatch):
    folder, resume = write(tmp_path / "in", rows, 2), tmp_path / "sums"
    monkeypatch.setattr(files_module.Path, "unlink", lambda *_, **__: None)
    count_files(folder, grid, resume=resume)
    more = pd.concat([rows[1::2], rows[:1]])
    more.to_parquet(folder / "part-01.parquet")
    panel = count_files(folder, grid, resume=resume)
    assert panel.attrs["read"] == len(rows) + 1


def test_clear_messages_for_what_cannot_be_counted(tmp_path, rows, grid):
    with pytest.raises(MissingFileError):
        count_files(tmp_path / "nowhere", grid)
    with pytest.raises(DataError, match=r"no \.parquet file"):
        count_files(tmp_path, grid)
    rows.drop(columns="lat").to_parquet(tmp_path / "a.parquet")
    with pytest.raises(MissingColumnError, match="lat"):
        count_files(tmp_path, grid)
    rows.assign(time="yesterday").to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="holds no times"):
        count_files(tmp_path, grid)


def test_dask_gives_the_same_and_a_killed_worker_loses_nothing(tmp_path, rows, grid):
    distributed = pytest.importorskip("distributed")
    folder = write(tmp_path, rows, 8)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, processes=True
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        victim = next(iter(client.run(os.getpid).values()))
        killed = KillsAfterTheThird(client, victim)
        panel = count_files(folder, grid, executor=killed)
        assert killed.done
    pd.testing.assert_frame_equal(panel, in_memory(rows, grid, freq="W"))


class KillsAfterTheThird:
    """A client that kills a worker as soon as three files have been handed in and the first is counted."""

    def __init__(self, client, victim):
        self.client, self.victim, self.handed, self.done = client, victim, [], False

    def submit(self, task, *args):
        self.handed.append(self.client.submit(task, *args))
        if len(self.handed) == 3:
            self.handed[0].result()
            os.kill(self.victim, signal.SIGKILL)
            self.done = True
        return self.handed[-1]
