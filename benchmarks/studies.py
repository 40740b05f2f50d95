"""The studies that are shipped, run to their numbers, and what a large study costs.

    python benchmarks/studies.py                 every study of benchmarks/studies, and the cost of a large one
    python benchmarks/studies.py memphis         one of them
    python benchmarks/studies.py --cost --sets 2 only the cost, measured on two of its twelve sets

Results of a study lie in out/studies; its tables go into docs/studies between the marks, the cost into
benchmarks/results/studies.json. Real data are taken from the folder PATROLGEO_DATA.
"""

import argparse
import json
import re
import resource
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import run_study
from patrolgeo.files import write_json, write_text

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "benchmarks" / "studies"
PAGES = ROOT / "docs" / "studies"
RESULT = ROOT / "benchmarks" / "results" / "studies.json"
SETS, ORIGINS, CELLS = 12, 8, 5_000
MODELS = ("HistoricalMean", "Ewma", "KernelRisk", "RiskStack", "BoostedStack")
MARKS = "<!-- numbers -->\n", "<!-- end -->"


# --- pages -----------------------------------------------------------------------------------------------------------
def page(name: str, out: Path) -> None:
    """Write the tables of a study into its page, between the marks."""
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    parts = [counted(summary), scores(summary, "pooled", "All sets together"), *by_set(summary)]
    parts += [scores(summary, "compared", f'Against "{summary["reference"]}" ({summary["how"]})')]
    parts += [further(out, number, title) for number, title in enumerate(summary["tables"], start=1)]
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    head, rest = text.split(MARKS[0], 1)
    body = "\n".join(part for part in parts if part)
    write_text(PAGES / f"{name}.md", f"{head}{MARKS[0]}{body}{MARKS[1]}{rest.split(MARKS[1], 1)[1]}")


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def counted(summary: dict) -> str:
    if not summary["data"]:
        return ""
    rows = [[name, one["units"], f"{one['cells']:,}", f"{one['periods']} x {one['freq']}", str(one["window"]),
             f"{one['first'][:10]} to {one['end'][:10]}", f"{one['incidents']:,}"]
            for name, one in summary["data"].items()]  # fmt: skip
    return markdown(["set", "units", "number", "periods", "summed", "span", "incidents"], rows)


def scores(summary: dict, part: str, title: str) -> str:
    rows = summary.get(part, [])
    if not rows:
        return ""
    columns = list(dict.fromkeys(column(row) for row in rows))
    told = {model: {} for model in dict.fromkeys(row["model"] for row in rows)}
    for row in rows:
        told[row["model"]][column(row)] = value(row)
    return f"{title}:\n\n" + markdown(["model", *columns], [[m, *(by[c] for c in columns)] for m, by in told.items()])


def by_set(summary: dict) -> list[str]:
    """Return a table a metric, sets down and models across, where there are several sets."""
    if len(summary["data"]) < 2:
        return []
    rows = [row for row in summary["by_set"] if row["metric"] in ("hit_rate", "log_score_spatial")]
    models, made = list(summary["models"]), []
    for name in dict.fromkeys(map(column, rows)):
        some = {(row["data"], row["model"]): value(row) for row in rows if column(row) == name}
        lines = [[one, *(some.get((one, model), "") for model in models)] for one in summary["data"]]
        made.append(f"Each set, {name}:\n\n" + markdown(["set", *models], lines))
    return made


def column(row: dict) -> str:
    name = row["metric"].replace("_", " ")
    return name if row["area_share"] is None else f"{name} at {row['area_share']:.0%}"


def value(row: dict) -> str:
    if row["value"] is None:
        return ""
    text = f"{row['value']:.3g}"
    return text if row["low"] is None else f"{text} ({row['low']:.3g} to {row['high']:.3g})"


def further(out: Path, number: int, title: str) -> str:
    (path,) = (out / "tables").glob(f"{number:02d}-*.csv")
    table = pd.read_csv(path)
    rows = [["" if pd.isna(cell) else cell if isinstance(cell, str) else plain(cell) for cell in row]
            for row in table.itertuples(index=False)]  # fmt: skip
    return f"{title}:\n\n" + markdown([str(name).replace("_", " ") for name in table.columns], rows)


def plain(number: float) -> str:
    if float(number).is_integer():
        return f"{int(number):,}"
    return f"{number:,.1f}" if abs(number) >= 100 else f"{number:.4g}"


# --- cost ------------------------------------------------------------------------------------------------------------
def cost(n_sets: int) -> dict:
    """Return the CPU minutes of a study of 12 sets, 5 models and 8 origins at 5,000 cells, from `n_sets` of them."""
    with tempfile.TemporaryDirectory() as scratch:
        path = large_study(Path(scratch), n_sets)
        before = seconds()
        summary = run_study(path, Path(scratch) / "out")
        spent = seconds() - before
    cells = {one["cells"] for one in summary["data"].values()}
    return {
        "cells": max(cells), "models": list(MODELS), "origins": ORIGINS, "sets_measured": n_sets,
        "cpu_minutes_measured": round(spent / 60, 2), "cpu_minutes_of_12_sets": round(spent / 60 * SETS / n_sets, 2),
        "at_most": 10,
    }  # fmt: skip


def seconds() -> float:
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip


def large_study(folder: Path, n_sets: int) -> Path:
    """Write a synthetic city of 5,000 cells with two years of incidents of twelve kinds."""
    side = np.sqrt(CELLS * 0.08)  # km; an H3 cell of resolution 9 has 0.080 km2 there
    east, north = side / (111.2 * np.cos(np.radians(31.7))), side / 111.2
    area = shapely.box(119.9, 31.7, 119.9 + east, 31.7 + north)
    gpd.GeoDataFrame(geometry=[area], crs="EPSG:4326").to_file(folder / "area.geojson")
    rng, n = np.random.default_rng(0), 60_000
    middles = rng.uniform([119.9, 31.7], [119.9 + east, 31.7 + north], (300, 2))
    places = middles[rng.choice(300, n, p=rng.dirichlet(np.full(300, 0.5)))] + rng.normal(0, 0.003, (n, 2))
    minutes = rng.integers(0, 104 * 10_080, n)
    pd.DataFrame({
        "id": range(n), "datetime": pd.Timestamp("2022-01-03") + pd.to_timedelta(minutes, "min"),
        "category": [f"kind {k}" for k in rng.integers(1, SETS + 1, n)], "lon": places[:, 0], "lat": places[:, 1],
    }).to_csv(folder / "incidents.csv", index=False)  # fmt: skip
    kinds = ", ".join(f'"kind {k}"' for k in range(1, n_sets + 1))
    models = "".join(f'[models.{name}]\nuse = "{name}"\n' for name in MODELS)
    text = (f'title = "Large"\n[data.city]\nfile = "incidents.csv"\narea = "area.geojson"\ncategory = [{kinds}]\n'
            f'units = "h3:9"\nfreq = "W"\n{models}[test]\norigins = {ORIGINS}\nwindow = 4\nstep = 4\n')  # fmt: skip
    return Path(write_text(folder / "study.toml", text))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("studies", nargs="*", help="names of studies; all without one")
    asked.add_argument("--cost", action="store_true", help="only what a large study costs")
    asked.add_argument("--sets", type=int, default=SETS, help="sets of the large study that are measured")
    asked.add_argument("--out", type=Path, default=ROOT / "out" / "studies", help="where results are written")
    asked.add_argument("--pages", action="store_true", help="only write the pages, from results that are there")
    options = asked.parse_args()
    for name in options.studies or ([] if options.cost else sorted(p.stem for p in STUDIES.glob("*.toml"))):
        if not options.pages:
            run_study(STUDIES / f"{name}.toml", options.out / name)
        page(name, options.out / name)
    if options.cost or not options.studies:
        found = {"command": f"python benchmarks/studies.py --cost --sets {options.sets}", **cost(options.sets)}
        write_json(RESULT, found)
        print(json.dumps(found, indent=1))
        text = PAGES.with_suffix(".md").read_text(encoding="utf-8")
        said = f"{found['cpu_minutes_of_12_sets']:g} CPU minutes, measured on {options.sets} of its sets"
        write_text(PAGES.with_suffix(".md"), re.sub(r"[\d.]+ CPU minutes, measured on \d+ of its sets", said, text))


if __name__ == "__main__":
    main()
