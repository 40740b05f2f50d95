"""The same bytes after ten kills, in processes, and on a Dask cluster; real processes, so these run in `make check`."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from study_town import WITH_OWN, same_bytes, write_study_town


def study(path, out, *more):
    return [sys.executable, "-m", "patrolgeo", "study", str(path), "--out", str(out), *more]


def run(words):
    subprocess.run(words, check=True, capture_output=True, timeout=600)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    path = write_study_town(tmp_path_factory.mktemp("town"), study=WITH_OWN)
    run(study(path, path.parent / "done", "--bundle"))
    return path


@pytest.mark.check
def test_ten_kills_leave_the_same_bytes(town, tmp_path):
    rng, out = random.Random(0), tmp_path / "out"
    began = time.monotonic()
    run(study(town, tmp_path / "timed"))
    whole = time.monotonic() - began
    for _ in range(10):
        with subprocess.Popen(study(town, out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as killed:
            try:
                killed.wait(rng.uniform(0.3, 1.0) * whole)
            except subprocess.TimeoutExpired:
                os.kill(killed.pid, signal.SIGKILL)
    run(study(town, out))
    same_bytes(town.parent / "done", out)
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.check
def test_processes_give_the_same_bytes(town, tmp_path):
    run(study(town, tmp_path / "out", "--workers", "2"))
    same_bytes(town.parent / "done", tmp_path / "out")


@pytest.mark.check
def test_a_dask_cluster_gives_the_same_bytes(town, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, processes=True
    ) as cluster:
        run(study(town, tmp_path / "out", "--dask", cluster.scheduler_address))
    same_bytes(town.parent / "done", tmp_path / "out")


@pytest.mark.check
def test_the_command_verifies_and_runs_a_bundle_elsewhere(town, tmp_path):
    run([sys.executable, "-m", "patrolgeo", "study", "--verify", str(town.parent / "done"), "--run-code"])
    run(study(town.parent / "done" / "bundle.zip", tmp_path / "out", "--run-code"))
    same_bytes(town.parent / "done", tmp_path / "out")
