"""Scans, clusters and classes of change: published answers, calibration, power, CPU seconds beside the peers.

    python benchmarks/hotspots_scan.py [answers] [speed] [calibration] [power]

Writes benchmarks/results/hotspots_scan.json. Answers need the folder of real data (PATROLGEO_DATA). CPU seconds are of
one thread, kernels warm; only ratios carry over to other machines.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from scipy import optimize, sparse, stats
from tqdm.auto import tqdm

from patrolgeo import (
    GetisOrd,
    HexGrid,
    classify_change,
    cluster_incidents,
    ripley_k,
    scan_statistic,
    space_time_hotspots,
    space_time_scan,
    trend_test,
)

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "benchmarks" / "results" / "hotspots_scan.json"
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT / ".." / "shared" / "data"))
MIDDLE = h3.latlng_to_cell(31.7, 119.9, 9)


def cpu(call):
    """Return CPU seconds and the answer."""
    start = time.process_time()
    answer = call()
    return time.process_time() - start, answer


# answers


def oracle(name, file="oracles2.json"):
    return json.loads((DATA / "oracles" / file).read_text())[name]


def new_york():
    table = pd.read_csv(DATA / "oracles" / "ny_leukaemia_281.csv").set_index("id")
    published = oracle("scan_ny_leukaemia_10pct", "oracles.json")["clusters"]
    result = {}
    for share in (0.05, 0.1, 0.2, 0.5):
        found = scan_statistic(table["cases"], table["population"], coords=table[["x", "y"]], max_share=share)
        result[f"window_{share:g}"] = {
            "llr": found.llr[:3].tolist(), "p": found.p_value[:3].tolist(),
            "gumbel_p": found.gumbel_p_value[:3].tolist(), "units": [len(m) for m in found.members[:3]],
        }  # fmt: skip
        if share == 0.1:
            errors = [abs(found.llr[k] - c["llr"]) for k, c in enumerate(published)]
            same = [sorted(c["ids"]) == found.members[k] for k, c in enumerate(published) if "ids" in c]
            result["satscan"] = {"largest_difference_of_llr": max(errors), "members_equal": all(same),
                                 "p": [c["p"] for c in published if "p" in c]}  # fmt: skip
    return result


def new_mexico():
    cases = pd.read_csv(DATA / "scan" / "new_mexico_cases.csv.gz")
    cases["year"] = pd.to_datetime(cases["year"].astype(str) + "-01-01")
    counts, people = (
        cases.pivot(index="year", columns="county", values=v).astype(float) for v in ("count", "population")
    )
    seats = pd.read_csv(DATA / "scan" / "new_mexico_counties.csv.gz").set_index("county")
    coords = gpd.GeoSeries.from_xy(seats["lon"], seats["lat"], index=seats.index, crs=4326)
    found = space_time_scan(counts, people, coords=coords)
    published = oracle("space_time_scan_new_mexico")["expected"]["clusters"][0]
    first = {
        "llr": found.llr[0], "counties": len(found.members[0]), "p": found.p_value[0], "published": published["llr"],
        "years": [str(found.start[0])[:4], str(found.end[0])[:4]],
        "members_equal": found.members[0] == published["members"],
    }  # fmt: skip
    baseline, late = baseline_of(counts, people), slice("1986", "1989")
    now = space_time_scan(
        counts[late], baseline[late], coords=coords, max_units=15, model="expectation", prospective=True
    )
    second = {"score": now.llr[0], "counties": now.members[0], "p": now.p_value[0],
              "published": oracle("expectation_scan_new_mexico")["expected"]["score"]}  # fmt: skip
    return {"space_time": first, "expectation": second}


def baseline_of(counts, people):
    """Return what a Poisson regression on the year, fitted on 1973 to 1985, expects."""
    years, early = counts.index.year.to_numpy() - 1980.0, counts.index < "1986"
    y, n = counts[early].to_numpy(), people[early].to_numpy()

    def loss(b):
        mean = n * np.exp(b[0] - 9 + b[1] * years[early])[:, None]
        return (mean - y * np.log(mean)).sum()

    best = optimize.minimize(
        loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-12, "maxiter": 9999}
    )
    return people.mul(np.exp(best.x[0] - 9 + best.x[1] * years), axis=0)


def boston():
    values = pd.read_csv(DATA / "boston_cube" / "values.csv.gz", dtype={0: str})
    values.columns = ["area", "year", "value"]
    panel = values.pivot(index="year", columns="area", values="value")
    panel.index = pd.to_datetime(panel.index.astype(str) + "-01-01")
    pairs = pd.read_csv(DATA / "boston_cube" / "adjacency.csv.gz", dtype=str)
    at = [panel.columns.get_indexer(pairs[c]) for c in pairs.columns]
    links = sparse.csr_matrix((np.ones(len(pairs)), at), shape=(168, 168))
    known, z = oracle("emerging_boston"), space_time_hotspots(panel, adjacency=links).statistic
    gi = max(np.abs(z[a] - numbers).max() for a, numbers in known["expected"]["gi_star_z"].items())
    trend = trend_test(z)
    p = max(abs(trend.loc[a, "p_value"] - n["p"]) for a, n in known["expected"]["mann_kendall_of_z"].items())
    ours = classify_change(panel, adjacency=links)["change"].value_counts().to_dict()
    return {
        "largest_difference_of_gi_star": gi, "largest_difference_of_mann_kendall_p": p, "our_classes": ours,
        "published_classes": known["published"]["classes"],
        "published_rules_on_permutations": published_rules(panel.to_numpy(), links),
    }  # fmt: skip


def published_rules(x, links, n_sim=99, level=0.01, runs=20):
    """Return the class counts by the package's own rules, 5 to 95 % of the runs: what differs from ours is there.

    Its Gi* holds self and neighbours, in this year and the one before, against the mean of this year; p is one-sided
    against as many values drawn from all years, not corrected, at 0.01; a sporadic spot need not be one in the last
    year.
    """
    rng, (n_years, n) = np.random.default_rng(0), x.shape
    near = [np.r_[i, links.indices[links.indptr[i] : links.indptr[i + 1]]] for i in range(n)]
    sums = np.array([[np.r_[x[t, m], x[t - 1, m] if t else []].mean() for m in near] for t in range(n_years)])
    size = np.array([[len(m) * (2 if t else 1) for m in near] for t in range(n_years)])
    middle, spread = x.mean(axis=1)[:, None], np.sqrt(x.var(axis=1)[:, None] * (n / size - 1) / (n - 1))
    z = (sums - middle) / spread
    trend, counts = trend_test(pd.DataFrame(z)), []
    for _ in tqdm(range(runs), delay=2):
        p = np.empty_like(z)
        for t, i in np.ndindex(n_years, n):
            drawn = x.ravel()[rng.integers(0, x.size, (n_sim, size[t, i]))].mean(axis=1)
            p[t, i] = (min((drawn <= sums[t, i]).sum(), (drawn >= sums[t, i]).sum()) + 1) / (n_sim + 1)
        kinds = [package_class(z[:, i], p[:, i] <= level, trend.iloc[i], level) for i in range(n)]
        counts.append(pd.Series(kinds).value_counts())
    table = pd.DataFrame(counts).fillna(0)
    return {name: [float(v) for v in table[name].quantile([0.05, 0.95])] for name in table}


def package_class(z, significant, trend, level):
    hot, cold = significant & (z > 0), significant & (z < 0)
    for word, mine, other, way in (("hotspot", hot, cold, 1), ("coldspot", cold, hot, -1)):
        if significant.sum() == 1 and mine[-1]:
            return f"new {word}"
        run = int(np.cumprod(significant[::-1]).sum())
        if mine[-1] and significant.sum() == run and mine.mean() < 0.9:
            return f"consecutive {word}"
        if mine.mean() >= 0.9:
            if trend["p_value"] > level:
                return f"persistent {word}"
            return f"{'intensifying' if np.sign(trend['s']) == way else 'diminishing'} {word}"
        if mine[-1] and other.any():
            return f"oscillating {word}"
        if mine.any() and not other.any():
            return f"sporadic {word}"
    return "no pattern detected"


def memphis():
    table = pd.read_parquet(DATA / "memphis" / "robberies_2019.parquet").rename(columns={"datetime": "time"})
    north = (table["lat"] - table["lat"].mean()) * 111319.49079
    east = (table["lon"] - table["lon"].mean()) * 111319.49079 * np.cos(np.radians(table["lat"].mean()))
    plane = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(east, north), crs="EPSG:32616")
    result = {}
    for words, expected in oracle("st_dbscan_memphis")["expected"].items():
        metres, days, fewest = (float(w.split()[0]) for w in words.split(", "))
        found = cluster_incidents(
            plane, method="st_dbscan", max_distance=metres, max_days=days, min_incidents=int(fewest)
        )
        sizes = found.labels[found.core].value_counts().tolist()[: len(expected["core_sizes"])]
        ours = {
            "clusters": len(found),
            "noise": int((found.labels < 0).sum()),
            "core": int(found.core.sum()),
            "core_sizes": sizes,
        }
        result[words] = {"equal": ours == expected, **{k: v for k, v in ours.items() if k != "core_sizes"}}
    return result


# speed


def hexagons(rings, rng):
    grid = HexGrid.from_cells(h3.grid_disk(MIDDLE, rings))
    return grid, pd.Series(rng.gamma(0.6, 100, len(grid)) + 0.1, index=grid.cells)


def spatial_speed():
    rng = np.random.default_rng(0)
    grid, people = hexagons(81, rng)
    cases = pd.Series(rng.multinomial(5000, people / people.sum()), index=grid.cells)
    result = {"cells": len(grid), "cases": 5000, "replicates": 999}
    options = {"circles_200": {"max_units": 200}, "rings_half": {"shape": "rings"}}
    for name, some in options.items():
        scan_statistic(cases.iloc[:60], people.iloc[:60], n_permutations=9, **some)
        result[f"{name}_s"] = cpu(lambda some=some: scan_statistic(cases, people, grid=grid, early_stop=None, **some))[
            0
        ]
    result["plain_loop_s"] = plain_scan(grid, cases, people, 200) * 1000
    result["ratio_circles"] = result["plain_loop_s"] / result["circles_200_s"]
    return result


def plain_scan(grid, cases, people, k):
    """Return CPU seconds of one pass of all circles by cumulative sums in numpy: no scan package of Python installs."""
    from scipy.spatial import cKDTree

    near = cKDTree(grid.xy).query(grid.xy, k)[1]
    total, share = cases.sum(), (people / people.sum()).to_numpy()

    def one():
        c, e = np.cumsum(cases.to_numpy()[near], axis=1), total * np.cumsum(share[near], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = c * np.log(c / e) + (total - c) * np.log((total - c) / (total - e))
        return np.where(c > e, ratio, 0).max()

    return cpu(one)[0]


def prospective_speed():
    rng = np.random.default_rng(1)
    grid, people = hexagons(41, rng)
    weeks = pd.date_range("2024-01-01", periods=52, freq="7D", name="period")
    rate = 6000 / 52 * people / people.sum()
    panel = pd.DataFrame(rng.poisson(rate, (52, len(grid))).astype(float), index=weeks, columns=grid.cells)
    result = {"cells": len(grid), "weeks": 52}
    for model in ("poisson", "permutation"):
        for n in (999, 99):
            options = {"max_units": 200, "max_periods": 8, "prospective": True, "model": model, "early_stop": None}
            seconds, found = cpu(lambda n=n, o=options: space_time_scan(panel, people, n_permutations=n, **o))
            result[f"{model}_{n}_s"] = seconds
            result[f"{model}_{n}_p"] = [found.p_value[0], found.gumbel_p_value[0]]
    return result


def clusters_speed(n=200_000):
    from sklearn.cluster import DBSCAN

    rng = np.random.default_rng(2)
    middles = rng.random((70, 2)) * 45_000
    xy = np.where(
        rng.random(n)[:, None] < 0.15,
        rng.random((n, 2)) * 45_000,
        middles[rng.integers(0, 70, n)] + rng.normal(0, 1500, (n, 2)),
    )
    times = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.random(n) * 730, "D")
    table = gpd.GeoDataFrame({"time": times}, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:32650")
    seconds, found = cpu(
        lambda: cluster_incidents(table, method="st_dbscan", max_distance=300, max_days=14, min_incidents=6)
    )
    days = ((times - times.min()) / pd.Timedelta(days=1)).to_numpy()
    cube = np.column_stack([xy, days * 300 / 14])
    peer, _ = cpu(lambda: DBSCAN(eps=300, min_samples=6).fit(cube))
    return {
        "incidents": n,
        "clusters": len(found),
        "seconds": seconds,
        "sklearn_dbscan_of_x_y_t_s": peer,
        "ratio": peer / seconds,
    }


def getis_speed():
    rng = np.random.default_rng(3)
    grid, people = hexagons(198, rng)
    at = grid.cells[:117_744] if len(grid) > 117_744 else grid.cells
    panel = pd.DataFrame(rng.poisson(people[at] / 50)[None].astype(float), pd.to_datetime(["2024-01-01"]), at)
    links = grid.adjacency()[: len(at)][:, : len(at)]
    result = {"cells": len(at)}
    for name, model in (("matrix", GetisOrd(connectivity=links)), ("h3_labels", GetisOrd())):
        result[f"{name}_s"] = min(cpu(lambda m=model: m.fit(panel, people))[0] for _ in range(3))
    try:
        import esda
        import libpysal
    except ImportError:
        print("esda is not installed (pip install -e '.[peers]'): left out")
        return result
    with warnings.catch_warnings(action="ignore"):
        weights = libpysal.weights.WSP(links).to_W(silence_warnings=True)
    values = panel.to_numpy()[0]
    theirs = cpu(lambda: esda.G_Local(values, weights, transform="B", star=True, permutations=0))[0]
    return result | {"esda_raw_s": theirs, "ratio": theirs / result["matrix_s"]}


def points_speed(n=2000, n_draws=99):
    """Time K at ten distances with its envelope; the peer's K lacks the edge correction too."""
    rng = np.random.default_rng(7)
    area = gpd.GeoSeries([shapely.box(0, 0, 10_000, 10_000)], crs="EPSG:32650")
    xy, reach = rng.random((n, 2)) * 10_000, np.arange(1, 11) * 100.0
    points = gpd.GeoSeries.from_xy(*xy.T, crs=area.crs)
    seconds, found = cpu(lambda: ripley_k(points, reach, area, n_permutations=n_draws))
    result = {"points": n, "simulations": n_draws, "seconds": seconds}
    try:
        import pointpats
    except ImportError:
        print("pointpats is not installed (pip install -e '.[peers]'): left out")
        return result
    options = {"support": np.r_[0.0, reach], "hull": area.iloc[0], "n_simulations": n_draws, "n_jobs": 1}
    theirs, known = cpu(lambda: pointpats.k_test(xy, **options))
    ratio = found.table["k"].to_numpy() / known.statistic[1:]
    return result | {"pointpats_s": theirs, "ratio": theirs / seconds, "k_over_theirs": [ratio.min(), ratio.max()]}


# calibration


def town(rng, n=100):
    return rng.random((n, 2)) * 10_000, rng.integers(50, 2000, n)


def calibration(runs=1000):
    rng = np.random.default_rng(4)
    xy, people = town(rng)
    weeks = pd.date_range("2024-01-01", periods=12, freq="7D", name="period")
    draws = {
        "poisson": lambda s: scan_statistic(rng.multinomial(200, people / people.sum()), people, coords=xy, **quick(s)),
        "bernoulli": lambda s: scan_statistic(rng.multivariate_hypergeometric(people, 200), people, coords=xy,
                                              model="bernoulli", **quick(s)),
        "rings": lambda s: scan_statistic(pd.Series(rng.multinomial(200, SHARE), CELLS), PEOPLE, shape="rings",
                                          **quick(s)),
        "permutation_in_time": lambda s: space_time_scan(pd.DataFrame(rng.poisson(2.0, (12, 40)) * 1.0, weeks),
                                                         coords=xy[:40], model="permutation", prospective=True,
                                                         **quick(s)),
    }  # fmt: skip
    result = {"runs": runs}
    for name, draw in draws.items():
        p = np.array([draw(s).p_value[0] for s in tqdm(range(runs), delay=2, desc=name)])
        even = p - rng.random(runs) / 200
        result[name] = {
            "share_p_at_most_0.05": float((p <= 0.05).mean()), "share_p_at_most_0.01": float((p <= 0.01).mean()),
            "ks_p": float(stats.kstest(even, "uniform").pvalue),
        }  # fmt: skip
    return result


CELLS = pd.Index(sorted(h3.grid_disk(MIDDLE, 5)), name="cell")
PEOPLE = pd.Series(np.random.default_rng(5).integers(50, 2000, len(CELLS)), CELLS)
SHARE = PEOPLE / PEOPLE.sum()


def quick(seed):
    return {"n_permutations": 199, "early_stop": None, "most": 1, "random_state": seed}


# power


def power(runs=200, cases=600):
    """Plant clusters as Kulldorff, Tango and Park (2003) did: a test that knew the place would find them with 0.999.

    Of the clusters found: the share of the planted units that they hold, and of their units that were planted.
    """
    table = pd.read_csv(DATA / "oracles" / "ny_leukaemia_281.csv")
    xy, people = table[["x", "y"]].to_numpy(), table["population"].to_numpy(float)
    share, rng = people / people.sum(), np.random.default_rng(6)
    crowd = np.array([share[np.argsort(np.hypot(*(xy - at).T))[:10]].sum() / np.pi for at in xy])
    centres = {"urban": int(np.argmax(crowd)), "mixed": int(np.argsort(crowd)[200]), "rural": int(np.argmin(crowd))}
    result = {"units": len(people), "cases": cases, "runs": runs}
    for kind, centre in centres.items():
        for size in (1, 4, 16):
            members = np.argsort(np.hypot(*(xy - xy[centre]).T), kind="stable")[:size]
            risk = risk_found_with(0.999, share[members].sum(), cases)
            rate = share.copy()
            rate[members] *= risk
            rate /= rate.sum()
            found, held, right = [], [], []
            for seed in range(runs):
                scan = scan_statistic(
                    rng.multinomial(cases, rate), people, coords=xy, n_permutations=199, most=1, random_state=seed
                )
                found.append(scan.p_value[0] <= 0.05)
                if found[-1]:
                    both = len(set(members) & set(scan.members[0]))
                    held.append(both / size)
                    right.append(both / len(scan.members[0]))
            interval = stats.binomtest(sum(found), runs).proportion_ci(method="wilson")
            result[f"{kind}_{size}"] = {
                "relative_risk": risk, "power": float(np.mean(found)), "interval": [interval.low, interval.high],
                "members_found": float(np.mean(held)), "found_are_members": float(np.mean(right)),
            }  # fmt: skip
    return result


def risk_found_with(wanted, share, cases):
    """Return the relative risk at which a one-sided binomial test at 0.05 that knows the place has this power."""
    need = stats.binom.isf(0.05, cases, share) + 1

    def short(risk):
        inside = risk * share / (1 - share + risk * share)
        return stats.binom.sf(need - 1, cases, inside) - wanted

    return float(optimize.brentq(short, 1, 1e4))


PARTS = {
    "answers": lambda: {"new_york": new_york(), "new_mexico": new_mexico(), "boston": boston(), "memphis": memphis()},
    "speed": lambda: {
        "spatial": spatial_speed(),
        "prospective": prospective_speed(),
        "st_dbscan": clusters_speed(),
        "getis_ord": getis_speed(),
        "ripley_k": points_speed(),
    },
    "calibration": calibration,
    "power": power,
}


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.8g}") if isinstance(value, float | np.floating) else value


def main(wanted):
    results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in wanted or PARTS:
        results[name] = rounded(PARTS[name]())
        print(json.dumps({name: results[name]}, indent=2))
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
