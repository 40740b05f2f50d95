"""A billion rows counted on a Dask cluster, a batch of files at a time, with two workers killed (a part of soak.py).

Rows stand at the centres of cells, so that what has to be counted is known without the library. Files are written,
counted and deleted batch by batch: the disk holds two of them.
"""

import os
import resource
import signal
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import h3
import numpy as np
import pandas as pd

from patrolgeo import HexGrid, count_files

ROWS_OF_A_FILE, FILES_OF_A_BATCH, WORKERS = 10_000_000, 2, 2
CELLS, WEEKS = 15_000, 208
FIRST = np.datetime64("2020-01-06", "s")  # a Monday


def billion(_, n: int) -> Counter:
    """Count `n` rows; return batches that were counted otherwise than written, kills, seconds and peaks in MB."""
    import dask
    from dask.distributed import Client, LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": 10})  # ours, and starts that a busy machine gives up
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(31.7, 119.9, 9), 71))[:CELLS]
    files = max(1, round(n / ROWS_OF_A_FILE))
    found, seconds, grid = Counter(), [], HexGrid.from_cells(cells)
    writer = ProcessPoolExecutor(1, get_context("spawn"))  # what writing takes is not counted
    with (
        writer,
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, processes=True) as cluster,
        Client(cluster) as client,
    ):
        for first in range(0, files, FILES_OF_A_BATCH):
            some = range(first, min(first + FILES_OF_A_BATCH, files))
            with tempfile.TemporaryDirectory() as folder:
                held = [writer.submit(write, folder, grid, number, n // files) for number in some]
                written = sum(one.result() for one in held)
                killer = threading.Thread(target=kill_all, args=([*client.run(os.getpid).values()], found))
                if not first:
                    killer.start()
                began = cpu_seconds(client)
                panel = count_files(folder, grid, executor=client, partial=True)
                seconds.append((cpu_seconds(client) - began) / (n // files * len(some)) * 1e9)
                del held
            if not first:
                killer.join()
            found["counted otherwise"] += not np.array_equal(panel.to_numpy().ravel(), written)
            found["rows"] += n // files * len(some)
            peak = max(client.run(peak_mb, on_error="ignore").values(), default=0)
            found["peak_mb"] = max(peak_mb(), peak, found["peak_mb"])
            print(f"{found['rows']:,} rows, {seconds[-1]:.0f} s a billion, peak {peak_mb()}, {peak} MB", flush=True)
    seconds = seconds[1:] or seconds  # what killed workers spent is not known
    found["cpu_seconds_a_billion"], found["and_at_the_end"] = round(np.median(seconds)), round(seconds[-1])
    return found


def cpu_seconds(client) -> float:
    """Return the CPU seconds that this process and the workers have spent."""
    return time.process_time() + sum(client.run(time.process_time, on_error="ignore").values())


def kill_all(workers: list[int], found: Counter) -> None:
    """Kill the workers at work, one after the other; Dask starts others in their place."""
    for worker in workers:
        time.sleep(3)
        os.kill(worker, signal.SIGKILL)
        found["workers killed"] += 1


def peak_mb() -> int:
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def write(folder: str, grid: HexGrid, number: int, rows: int) -> np.ndarray:
    """Write a file of rows at the centres of cells; return how many fall in each week and cell."""
    rng = np.random.default_rng(number)
    cell, second = rng.integers(0, len(grid), rows), rng.integers(0, WEEKS * 7 * 86_400, rows)
    cell[:WEEKS], second[:WEEKS] = 0, np.arange(WEEKS) * 7 * 86_400  # no week is empty
    second[WEEKS] = WEEKS * 7 * 86_400 - 1
    lon, lat = grid.lonlat[cell].T
    table = {"time": FIRST + second.astype("timedelta64[s]"), "lon": lon, "lat": lat}
    pd.DataFrame(table).to_parquet(Path(folder, f"{number:04d}.parquet"))
    return np.bincount(second // (7 * 86_400) * len(grid) + cell, minlength=WEEKS * len(grid))
