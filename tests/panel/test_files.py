"""Files: the same answer from a loop, processes and Dask, however the rows are split; killed workers lose nothing."""

import contextlib
import os
import signal
from concurrent.futures import ProcessPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, HexGrid, MissingColumnError, MissingFileError, count_files, count_incidents
from patrolgeo.errors import WorkerError
from patrolgeo.execution import run_all
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


@pytest.mark.check
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


def test_a_file_that_shrinks_or_goes_while_it_is_counted_is_named(tmp_path, rows, grid, monkeypatch):
    plain = files_module._sums
    for change in (rows[:5].to_parquet, lambda path: path.unlink()):
        folder = write(tmp_path / "in", rows, 3)

        def counts_while_it_changes(file, tally, change=change):
            sums = plain(file, tally)
            if file.endswith("part-01.parquet"):
                change(files_module.Path(file))
            return sums

        monkeypatch.setattr(files_module, "_sums", counts_while_it_changes)
        with pytest.raises(DataError, match=r"part-01\.parquet was (changed|deleted) while it was counted"):
            count_files(folder, grid)


def test_a_damaged_file_is_named_with_one_sentence(tmp_path, rows, grid):
    """A Parquet file cut at any of 40 places, or with bytes overwritten, is counted or refused by name."""
    whole = (write(tmp_path / "in", rows[:400], 1) / "part-00.parquet").read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "in" / "part-00.parquet"
    for cut in np.linspace(0, len(whole) - 1, 40).astype(int):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"part-00\.parquet is damaged"):
            count_files(path, grid)
    for _ in range(40):
        raw = np.frombuffer(whole, np.uint8).copy()
        raw[rng.integers(len(raw), size=20)] = rng.integers(0, 256, 20)
        path.write_bytes(raw.tobytes())
        with contextlib.suppress(DataError, MissingColumnError):
            count_files(path, grid)


def test_sums_that_were_altered_or_cut_are_counted_again(tmp_path, rows, grid, monkeypatch, caplog):
    folder, resume = write(tmp_path / "in", rows, 2), tmp_path / "sums"
    expected = in_memory(rows, grid, freq="W")
    monkeypatch.setattr(files_module.Path, "unlink", lambda *_, **__: None)
    count_files(folder, grid, resume=resume)
    first, second = sorted(resume.glob("*.npz"))
    first.write_bytes(first.read_bytes()[:200])
    with np.load(second) as saved:
        arrays = dict(saved)
    np.savez(second, **{**arrays, "counts": arrays["counts"] + 1})
    pd.testing.assert_frame_equal(count_files(folder, grid, resume=resume), expected)
    assert sum("counted again" in record.getMessage() for record in caplog.records) == 2


@pytest.mark.check
@pytest.mark.filterwarnings("ignore")
def test_one_dask_client_used_ten_times_gives_the_same_each_time(tmp_path, rows, grid):
    distributed = pytest.importorskip("distributed")
    folder, expected = write(tmp_path / "in", rows, 6), in_memory(rows, grid, freq="W")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        for _ in range(10):
            pd.testing.assert_frame_equal(count_files(folder, grid, executor=client), expected)


def _dies(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_item_of_a_worker_that_dies_is_named():
    with ProcessPoolExecutor(1) as pool, pytest.raises(WorkerError, match=r"while counting: a\.parquet"):
        list(run_all(_dies, [("a.parquet", None)], executor=pool, what="counting"))
