"""Hotspot statistics: CPU seconds beside the peers, calibration of the p-values, a county without and with excesses.

    python benchmarks/hotspots.py [speed] [calibration] [county]
    python benchmarks/hotspots.py getis_ord knox        single jobs of speed, beside the others of an earlier run

Writes benchmarks/results/hotspots.json. CPU seconds are of one thread, kernels warm, side by side in one run; only
ratios carry over to other machines. Peers (extra `peers`) that are not installed are left out, with a message.
"""

import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree
from tqdm.auto import tqdm

from hotspots_calibration import CONTINUOUS, COUNTS, count_calibration, uniformity
from patrolgeo import GetisOrd, HexGrid, LocalMoran, interpolate, knox, read_area, read_population
from patrolgeo.hotspots._kernel_sum import binned_sum, kernel_sum

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "benchmarks" / "results" / "hotspots.json"
COUNTY = ROOT / "data" / "samples" / "county"


def cpu(call):
    """Return CPU seconds and the answer."""
    start = time.process_time()
    answer = call()
    return time.process_time() - start, answer


def peer(name):
    try:
        return __import__(name)
    except ImportError:
        print(f"{name} is not installed (pip install -e '.[peers]'): left out")
        return None


# speed


def hexagons(n, size=200.0):
    side = int(np.sqrt(n))
    i, j = (a.ravel() for a in np.meshgrid(np.arange(side), np.arange(side)))
    return np.c_[(i + 0.5 * (j % 2)) * size, j * size * np.sqrt(3) / 2]


def clustered(rng, n, extent, clusters=400, spread=600.0):
    centres, share = rng.random((clusters, 2)) * extent, rng.dirichlet(np.full(clusters, 0.5))
    points = centres[rng.choice(clusters, n, p=share)] + rng.normal(0, spread, (n, 2))
    even = rng.random(n) < 0.2
    points[even] = rng.random((even.sum(), 2)) * extent
    return points.clip(0, extent)


def density_speed(n_points=1_000_000, n_cells=100_000, bandwidth=300.0, looked_at=150):
    from sklearn.neighbors import KernelDensity

    rng, at = np.random.default_rng(0), hexagons(n_cells)
    xy = clustered(rng, n_points, at.max(axis=0) * 0.98)
    mass = np.ones(n_points)
    for warm in (kernel_sum, binned_sum):
        warm(at[:9], xy[:9], mass[:9], bandwidth)
    exact_s, exact = cpu(lambda: kernel_sum(at, xy, mass, bandwidth))
    binned_s, binned = cpu(lambda: binned_sum(at, xy, mass, bandwidth))
    some = np.linspace(0, len(at) - 1, looked_at).astype(int)
    result, truth = {}, None
    for name, options in (("default", {}), ("rtol_1e-4", {"algorithm": "kd_tree", "rtol": 1e-4})):
        fit_s, model = cpu(lambda o=options: KernelDensity(bandwidth=bandwidth, **o).fit(xy))
        read_s, log_density = cpu(lambda m=model: m.score_samples(at[some]))
        peer_s = fit_s + read_s * len(at) / looked_at
        ratios = {"exact_ratio": peer_s / exact_s, "binned_ratio": peer_s / binned_s}
        result[f"sklearn_{name}"] = {"seconds": peer_s, "cells_timed": looked_at, **ratios}
        truth = np.exp(log_density) * n_points if truth is None else truth
    return result | {
        "cells": len(at), "points": n_points, "exact_s": exact_s, "binned_s": binned_s,
        "exact_error_of_peak": np.abs(exact[some] - truth).max() / exact.max(),
        "binned_error_of_peak": np.abs(binned - exact).max() / exact.max(),
    }  # fmt: skip


def neighbours(xy):
    pairs = cKDTree(xy).query_pairs(215.0, output_type="ndarray")
    one_way = sparse.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(xy), len(xy)))
    return (one_way + one_way.T).tocsr()


def counts_on(xy, rng):
    points = clustered(rng, 3 * len(xy), xy.max(axis=0) * 0.98)
    values = np.bincount(cKDTree(xy).query(points)[1], minlength=len(xy)).astype(float)
    labels = pd.Index([f"c{i:06d}" for i in range(len(xy))], name="cell")
    return pd.DataFrame(values[None], index=pd.to_datetime(["2024-01-01"]), columns=labels)


def to_pysal(weights):
    import libpysal

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return libpysal.weights.WSP(weights).to_W(silence_warnings=True)


def getis_speed(n_cells=100_000):
    xy, rng = hexagons(n_cells), np.random.default_rng(1)
    weights, panel = neighbours(xy), counts_on(xy, rng)
    people = pd.Series(rng.gamma(1, 100, len(xy)), index=panel.columns)
    model, default = (GetisOrd(connectivity=weights, null=null) for null in ("raw", "expected"))
    ours = min(cpu(lambda: model.fit(panel))[0] for _ in range(9))
    expected = min(cpu(lambda: default.fit(panel, people))[0] for _ in range(9))
    result = {"cells": len(xy), "raw_s": ours, "expected_null_s": expected}
    if esda := peer("esda"):
        pysal, values = to_pysal(weights), panel.to_numpy()[0]
        runs = [cpu(lambda: esda.G_Local(values, pysal, transform="B", star=True, permutations=0)) for _ in range(3)]
        theirs, found = min(r[0] for r in runs), runs[0][1]
        same = float(np.abs(found.Zs - model.statistic_).max())
        result |= {"esda_s": theirs, "ratio": theirs / ours, "largest_difference": same}
    return result


def moran_speed():
    result = {}
    for n_cells in (10_000, 100_000):
        xy, rng = hexagons(n_cells), np.random.default_rng(2)
        weights, panel = neighbours(xy), counts_on(xy, rng)
        for name, early in (("early_stop", 20), ("all_permutations", None)):
            model = LocalMoran(connectivity=weights, null="raw", n_permutations=999, early_stop=early)
            model.fit(panel)
            result[f"{n_cells}_{name}_s"] = cpu(lambda m=model, p=panel: m.fit(p))[0]
        if n_cells == 10_000 and (esda := peer("esda")):
            pysal, values = to_pysal(weights), panel.to_numpy()[0]
            esda.Moran_Local(values, pysal, permutations=9, n_jobs=1)
            theirs, _ = cpu(lambda w=pysal, v=values, e=esda: e.Moran_Local(v, w, permutations=999, n_jobs=1))
            result |= {"10000_esda_s": theirs}
            result |= {f"10000_ratio_{k}": theirs / result[f"10000_{k}_s"] for k in ("early_stop", "all_permutations")}
    return result


def knox_case(n):
    rng, extent = np.random.default_rng(3), 25_000.0 if n <= 10_000 else 40_000.0
    return clustered(rng, n, np.array([extent, extent]), 800, 800.0), rng.integers(0, 730, n)


METRES, DAYS = [0, 0.1, 100, 200, 300, 400], [0, 7, 14, 21, 28]


def knox_speed(peer_permutations=9):
    xy, days = knox_case(10_000)
    knox(xy[:50], days[:50], METRES, DAYS, n_permutations=3)
    ours = min(cpu(lambda: knox(xy, days, METRES, DAYS, random_state=0))[0] for _ in range(3))
    result = {"events": 10_000, "bands": 20, "permutations": 999, "ours_s": ours}
    if pointpats := peer("pointpats"):
        times = days.reshape(-1, 1).astype(float)
        few, found = cpu(lambda: pointpats.Knox(xy, times, 399.999, 27.999, permutations=peer_permutations))
        theirs = few / peer_permutations * 999
        mine = knox(xy, days, [0, 399.999], [0, 27.999], n_permutations=0).observed[0, 0]
        result |= {
            "pointpats_one_band_s": theirs, "pointpats_permutations_timed": peer_permutations,
            "ratio": theirs / ours, "same_count": bool(found.statistic_ == mine),
        }  # fmt: skip
    large = subprocess.run([sys.executable, __file__, "knox-large"], check=True, capture_output=True, text=True)
    return result | {"large": json.loads(large.stdout)}


def knox_large(n=100_000):
    """In a process of its own, so that its memory is its own."""
    xy, days = knox_case(n)
    knox(xy[:50], days[:50], METRES, DAYS, n_permutations=3)
    seconds, found = cpu(lambda: knox(xy, days, METRES, DAYS, random_state=0))
    memory = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024  # of this process alone
    print(json.dumps({"events": n, "pairs_in_bands": found.observed.sum(), "seconds": seconds, "peak_mb": memory}))


# calibration


def calibration(runs=500):
    return {
        "runs": runs,
        "continuous_ks_p": {name: uniformity(draw, runs) for name, draw in tqdm(CONTINUOUS.items(), delay=2)},
        "counts": {name: count_calibration(draw, runs) for name, draw in tqdm(COUNTS.items(), delay=2)},
    }


# county


def weekly(rng, rate, weeks=104):
    """Return Poisson counts by week, the expected total of each cell given."""
    counts = rng.poisson(rate)
    table = np.zeros((weeks, len(rate)))
    cells = np.repeat(np.arange(len(rate)), counts)
    np.add.at(table, (rng.integers(0, weeks, len(cells)), cells), 1)
    return pd.DataFrame(table, index=pd.date_range("2023-01-02", periods=weeks, freq="7D"), columns=rate.index)


def county_power(resolution, draws=40, incidents=2500, excess=3.0, least=15.0):
    """Flag a county whose incidents follow its residents, then one with three times as many in a place."""
    area = read_area(COUNTY / "area.geojson")
    grid = HexGrid.from_area(area, resolution)
    people = interpolate(read_population(COUNTY / "villages.csv"), grid, "population")["population"]
    rate, ties, rng = incidents * people / people.sum(), grid.adjacency(), np.random.default_rng(4)
    model = GetisOrd(connectivity=ties)
    flagged = [int((model.fit_predict(weekly(rng, rate), people) != "not significant").sum()) for _ in range(draws)]
    around = pd.Series(ties @ rate.to_numpy(), index=grid.cells) + rate
    result = {"cells": len(grid), "draws": draws, "flagged_without_excess_mean": float(np.mean(flagged))}
    for kind, expected in (("cell", rate), ("cell_and_ring", around)):
        places, found = np.flatnonzero(expected >= least), []
        for _ in range(draws):
            at = int(rng.choice(places))
            planted = rate.copy()
            planted.iloc[np.r_[at, ties[[at]].indices] if kind == "cell_and_ring" else [at]] *= excess
            found.append(model.fit_predict(weekly(rng, planted), people).iloc[at] == "hot")
        result[kind] = {"places": len(places), "found": float(np.mean(found))}
    return result


SPEED = {"density": density_speed, "getis_ord": getis_speed, "local_moran": moran_speed, "knox": knox_speed}
PARTS = {
    "speed": lambda: {name: time_of() for name, time_of in SPEED.items()},
    "calibration": calibration,
    "county": lambda: {f"resolution_{r}": county_power(r) for r in (8, 9)},
}


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float | np.floating) else value


def main(wanted):
    results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in wanted or PARTS:
        if name in SPEED:
            results["speed"][name] = rounded(SPEED[name]())
        else:
            results[name] = rounded(PARTS[name]())
        print(json.dumps({name: results.get(name) or results["speed"][name]}, indent=2))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["knox-large"]:
        knox_large()
    else:
        main(sys.argv[1:])
