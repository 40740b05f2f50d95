"""A small town as the files of a study: two kinds of incident in a year, a few hot corners, and residents."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

STUDY = """
title = "Town"
forecasts = true
[data.town]
file = "incidents.csv"
area = "area.geojson"
population = "people.csv"
category = ["theft", "burglary"]
units = "h3:8"
freq = "W"
[models.mean]
use = "HistoricalMean"
[models.kernel]
use = "KernelRisk"
bandwidth = 300
[models.people]
use = "ExposureMap"
[test]
origins = 3
window = [1, 4]
area_shares = [0.05]
[compare]
reference = "people"
"""
OWN = '''
import pandas as pd
from patrolgeo import HistoricalMean

class Last(HistoricalMean):
    """The last period again."""
    def _fit(self, history):
        self.rate_ = history.counts[-1]

def busiest(incidents, files, *, top):
    return incidents["town"]["category"].value_counts().head(top).rename_axis("category").reset_index(name="rows")
'''
WITH_OWN = (
    STUDY.replace("[test]", '[models.last]\nuse = "own_of_town:Last"\n[test]').replace("window = [1, 4]", "window = 1")
    + '[tables.busiest]\nuse = "own_of_town.busiest"\ntop = 1\n'
)


def write_study_town(folder, *, study=STUDY, shuffled=False):
    """Write the town and its study file; return the path of the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    area = gpd.GeoDataFrame(geometry=[shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326")
    area.to_file(folder / "area.geojson")
    n = 900
    corners = rng.uniform([119.905, 31.705], [119.955, 31.745], (8, 2))
    places = corners[rng.choice(8, n, p=rng.dirichlet(np.ones(8)))] + rng.normal(0, 0.002, (n, 2))
    minutes = np.append(np.sort(rng.integers(0, 26 * 7 * 24 * 60, n - 1)), 26 * 7 * 24 * 60 - 5)
    rows = pd.DataFrame({
        "id": range(n), "datetime": pd.Timestamp("2023-01-02") + pd.to_timedelta(minutes, unit="min"),
        "category": rng.choice(["theft", "burglary", "petition"], n, p=[0.6, 0.3, 0.1]),
        "lon": places[:, 0].round(5), "lat": places[:, 1].round(5), "officer_name": "nobody",
    })  # fmt: skip
    (rows.sample(frac=1, random_state=1) if shuffled else rows).to_csv(folder / "incidents.csv", index=False)
    people = pd.DataFrame({"lon": np.repeat(np.linspace(119.905, 119.955, 6), 5),
                           "lat": np.tile(np.linspace(31.705, 31.745, 5), 6), "population": range(30)})  # fmt: skip
    people.to_csv(folder / "people.csv", index=False)
    (folder / "own_of_town.py").write_text(OWN)
    path = folder / "study.toml"
    path.write_text(study, encoding="utf-8")
    return path


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def same_bytes(one, other, *, but=("manifest.json", "bundle.zip")):
    """All files but some are equal, and so are the manifests without times and bundle."""
    files = {p.relative_to(one) for p in one.rglob("*") if p.is_file() and p.name not in but}
    assert files == {p.relative_to(other) for p in other.rglob("*") if p.is_file() and p.name not in but}
    assert [str(f) for f in sorted(files) if (one / f).read_bytes() != (other / f).read_bytes()] == []
    told = [manifest(folder) for folder in (one, other)]
    for each in told:
        each["seconds"] = {}
        each["outputs"].pop("bundle.zip", None)
    assert told[0] == told[1]
