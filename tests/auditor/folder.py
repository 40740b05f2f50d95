"""The files of a run as the auditor reads them."""

import json
import math
import re
import tomllib
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import pandas as pd

WORDS = Path(__file__).parents[2] / "src" / "patrolgeo" / "words"
BLOCKS = ("p", "li", "td", "th", "h2", "h3", "b", "span")


class Folder:
    """The output folder of a run: layers, numbers, and the text of its report."""

    def __init__(self, path, language="en"):
        self.path, self.language = Path(path), language

    def json(self, name):
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def layer(self, name):
        path = self.path / name
        if not path.exists():
            return None
        return gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)

    @cached_property
    def summary(self):
        return self.json("summary.json")

    @cached_property
    def inputs(self):
        return self.json("manifest.json")["inputs"]

    @cached_property
    def cells(self):
        return self.layer("cells.parquet")

    @cached_property
    def areas(self):
        return self.layer("areas.gpkg")

    @cached_property
    def spots(self):
        return self.layer("hot_spots.geojson")

    @cached_property
    def sites(self):
        return self.layer("sites.geojson")

    @cached_property
    def checkpoints(self):
        return self.layer("checkpoints.geojson")

    @cached_property
    def scores(self):
        path = self.path / "scores.csv"
        return pd.read_csv(path) if path.exists() else None

    @cached_property
    def shape(self):
        """Mean compactness of the areas, and km of borders between them."""
        flat = self.areas.to_crs(self.areas.estimate_utm_crs()).geometry
        return (4 * math.pi * flat.area / flat.length**2).mean(), (flat.length.sum() - flat.union_all().length) / 2000

    @cached_property
    def spots_km2(self):
        return self.spots.to_crs("EPSG:6933").area.sum() / 1e6

    @cached_property
    def page(self):
        return (self.path / "report.html").read_text(encoding="utf-8")

    @cached_property
    def words(self):
        files = sorted((WORDS / self.language).glob("*.toml"))
        return {k: v for file in files for k, v in tomllib.loads(file.read_text(encoding="utf-8")).items()}

    @property
    def public(self):
        return self.summary["audience"] == "public"

    def told(self, *path):
        """Return a number of the summary by its path, None when it is not there."""
        found = self.summary
        for key in path:
            found = (found or {}).get(key)
        return found

    def better(self, known, *path):
        """Return what a layer tells; of a public version, which rounds and withholds, what the summary tells."""
        return self.told(*path) if self.public or known is None else known


class Text(HTMLParser):
    """The text of a page in reading order: `pieces` of (tag, text), `tables` of (heading, heads, rows), `sections`."""

    def __init__(self, page):
        super().__init__()
        self.pieces, self.tables, self.open, self.heading, self.skip = [], [], [], "", 0
        self.sections = {"": []}  # every text by the large heading it stands under
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "script", "svg"):
            self.skip += 1
        if tag == "table":
            self.tables.append((self.heading, [], []))
        if tag == "tr":
            self.tables[-1][2].append([])
        if tag in BLOCKS:
            self.open.append([tag, ""])

    def handle_data(self, data):
        if self.open and not self.skip:
            self.open[-1][1] += data

    def handle_endtag(self, tag):
        if tag in ("style", "script", "svg"):
            self.skip -= 1
        if tag not in BLOCKS or not self.open:
            return
        _, text = self.open.pop()
        text = re.sub(r"\s+", " ", text).strip()
        if tag == "h2":
            self.sections[text] = []
        if tag in ("h2", "h3"):
            self.heading = text
        list(self.sections.values())[-1].append(text)
        if tag == "th":
            self.tables[-1][1].append(text)
        elif tag == "td":
            self.tables[-1][2][-1].append(text)
        else:
            self.pieces.append((tag, text))
