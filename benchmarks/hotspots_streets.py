"""Density along streets: spatstat's numbers on Chicago's streets, mass kept, CPU seconds at the size of a city.

    python benchmarks/hotspots_streets.py [chicago] [speed]

Writes benchmarks/results/hotspots_streets.json. No package for densities on networks installs here: PyPI's nkdv holds
libraries for Windows and macOS alone, pynkdv wants QGIS. Beside ours stand what analysts do without one: scikit-learn's
planar density (another answer) and the one-path-a-pair rule by scipy's Dijkstra, which forgets that junctions part the
kernel (timed on some of the incidents). Only ratios carry over to other machines.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo import RoadGraph, network_density

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "benchmarks" / "results" / "hotspots_streets.json"
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT.parent / "shared" / "data"))
METRES = "+proj=laea +lat_0=41.79 +lon_0=-87.6 +datum=WGS84 +units=m +no_defs"
FOOT = 0.3048


def cpu(call):
    """Return CPU seconds and the answer."""
    start = time.process_time()
    answer = call()
    return time.process_time() - start, answer


def graph_of(ends):
    lines = gpd.GeoSeries(shapely.linestrings(ends), crs=METRES)
    return RoadGraph.from_lines(lines, speed=30, split_crossings=False, snap=0.01)


def points(xy):
    return gpd.GeoSeries(shapely.points(xy), crs=METRES)


def mass(lixels):
    return float((lixels["density"] * lixels["length_m"]).sum())


def chicago():
    """Compare the density at edge middles with spatstat's."""
    names = ("vertices", "edges", "crimes", "spatstat_density_at_edge_middles")
    nodes, links, crimes, known = (pd.read_csv(DATA / "chicago_streets" / f"{name}.csv.gz") for name in names)
    xy = nodes[["x_ft", "y_ft"]].to_numpy() * FOOT
    ends = np.stack([xy[links["from"] - 1], xy[links["to"] - 1]], axis=1)
    roads, calls, middles = (
        graph_of(ends),
        points(crimes[["x_ft", "y_ft"]].to_numpy() * FOOT),
        points(ends.mean(axis=1)),
    )
    rows = {}
    for column in known.columns[1:]:
        method, feet = column.split("_")
        settings = {"graph": roads, "bandwidth": int(feet) * FOOT, "method": method}
        found = network_density(calls, **settings, at=middles).to_numpy() * FOOT
        lixels, theirs = network_density(calls, **settings), known[column].to_numpy()
        rows[column] = {
            "correlation": float(np.corrcoef(found, theirs)[0, 1]),
            "median_difference_of_largest": float(np.median(np.abs(found - theirs)) / theirs.max()),
            "mass_kept": mass(lixels) / len(calls),
        }
        print(column, {k: f"{v:.6g}" for k, v in rows[column].items()})
    return rows


def city(n_edges=100_000, n_points=100_000, block=100.0):
    """Return a town of blocks with uneven corners, some streets missing, and incidents on its streets."""
    rng, side = np.random.default_rng(0), 225
    corner = np.stack(np.meshgrid(np.arange(side) * block, np.arange(side) * block), -1)
    corner = corner + rng.normal(0, 12, corner.shape)
    across, along = (np.stack(p, -2).reshape(-1, 2, 2) for p in (
        (corner[:, :-1], corner[:, 1:]), (corner[:-1], corner[1:])))  # fmt: skip
    ends = rng.permutation(np.concatenate([across, along]))[:n_edges]
    street, share = rng.integers(0, len(ends), n_points), rng.random((n_points, 1))
    return graph_of(ends), points(ends[street, 0] * (1 - share) + ends[street, 1] * share)


def one_path_a_pair(roads, calls, bandwidth, some=500):
    """Return CPU seconds for the kernel of shortest paths from all incidents, scaled up from `some` of them."""
    near = roads.nearest(calls.iloc[:some])
    e = roads.edges
    lengths = sparse.csr_matrix((e["length_m"], (e["source"], e["target"])), shape=(len(roads.nodes),) * 2)
    start = e["source"].to_numpy()[near["piece"]]
    seconds, _ = cpu(lambda: csgraph.dijkstra(lengths, directed=False, indices=start, limit=bandwidth * np.sqrt(5)))
    return seconds * len(calls) / some


def speed():
    """Time 100,000 incidents on 100,000 road pieces."""
    from sklearn.neighbors import KernelDensity

    graph_s, (roads, calls) = cpu(city)
    rows = {"edges": len(roads.edges), "incidents": len(calls), "graph_seconds": graph_s}
    for bandwidth in (100.0, 200.0):
        ours_s, lixels = cpu(lambda b=bandwidth: network_density(calls, roads, b))
        middle = shapely.get_coordinates(lixels.geometry.to_crs(METRES).interpolate(0.5, normalized=True))
        some = np.linspace(0, len(middle) - 1, 2000).astype(int)
        xy = shapely.get_coordinates(calls.to_numpy())
        model = KernelDensity(kernel="epanechnikov", bandwidth=bandwidth * np.sqrt(5)).fit(xy)
        planar_s = cpu(lambda m=model, at=middle[some]: m.score_samples(at))[0] * len(middle) / len(some)
        paths_s = one_path_a_pair(roads, calls, bandwidth)
        rows[f"bandwidth_{bandwidth:.0f}"] = {
            "seconds": ours_s, "lixels": len(lixels), "mass_kept": mass(lixels) / len(calls),
            "sklearn_planar_ratio": planar_s / ours_s, "dijkstra_paths_ratio": paths_s / ours_s,
        }  # fmt: skip
        print(bandwidth, rows[f"bandwidth_{bandwidth:.0f}"])
    rows["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return rows


if __name__ == "__main__":
    parts = {"chicago": chicago, "speed": speed}
    wanted = sys.argv[1:] or list(parts)
    result = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for part in wanted:
        result[part] = parts[part]()
        TARGET.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
