"""A finished plan of two areas for the app and its tests, small enough to open in a second."""

import json
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import Edition, Findings, write_plan_page
from patrolgeo.pages.office.office import write_office

TOML = """title = "Longhe"
language = "{language}"

[areas]   # as the run had them
n = 2
{hand}tolerance = 0.2

[sites]
n = 1
"""


def app_plan(
    folder, cells, language="en", names=("West <b>", "East"), hand="", *, posts=0, roads="",
    villages=False, title="Longhe",
):  # fmt: skip
    """Write the folder of a plan whose cells have numbered areas."""
    numbered = cells.assign(area=np.where(cells["area"] == "west", 1, 2), workload=1.0)
    areas = numbered[["area", "geometry"]].dissolve("area").assign(name=list(names), workload=[1.0, 1.0])
    found = Findings(
        cells=numbered, areas=areas, sites=_posts(numbered, posts), roads=_roads(numbered, roads) if roads else None
    )
    edition = Edition(title, language=language)
    folder.mkdir(exist_ok=True)
    numbered.reset_index().to_parquet(folder / "cells.parquet", index=False)
    write_office(folder, found, edition)
    write_plan_page(folder / "plan.html", found, edition)
    wishes = {"speed_kmh": 30.0, "tolerance": 0.2}
    settings = {"language": language, "units": {} if villages else None, "areas": wishes}
    settings["sites"] = {"reach_minutes": 3.0} if posts else None
    manifest = {"settings": settings}
    if posts:
        found.sites.to_file(folder / "sites.geojson")
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "summary.json").write_text(json.dumps({"title": title}), "utf-8")
    (folder / "plan.toml").write_text(TOML.format(language=language, hand=hand), "utf-8")
    return folder


def _posts(cells, n):
    """So many posts, far from each other."""
    rows = cells.iloc[np.linspace(3, len(cells) - 4, n).astype(int)]
    table = rows.assign(cell=rows.index, name=[f"Post {i} <i>" for i in range(n)], kind="school")
    points = table.geometry.representative_point()
    return table[["name", "kind", "cell"]].set_geometry(points).reset_index(drop=True) if n else None


def _roads(cells, name):
    """A road through the middle, from west to east."""
    west, south, east, north = cells.total_bounds
    line = shapely.LineString([(west, (south + north) / 2), (east, (south + north) / 2)])
    columns = {"name": [name], "road_class": ["county"], "speed_kmh": [60.0]}
    return gpd.GeoDataFrame(columns, geometry=[line], crs=cells.crs)


def reassigned(path):
    """What a plan file moves by hand."""
    return tomllib.loads(path.read_text("utf-8"))["areas"].get("reassign", {})


def one_of(bench, area):
    """A cell of an area."""
    labels: pd.Series = bench.draft.labels
    return labels.index[labels == area][0]


def middle(page, right=0.0, down=0.0):
    box = page.locator("#map").bounding_box()
    return box["x"] + box["width"] * (0.5 + right), box["y"] + box["height"] * (0.5 + down)


def steps(page, n):
    page.wait_for_selector(f"#edit[data-steps='{n}']")


def stroke(page, x, y, size=80):
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in ((size, 0), (size, size), (0, size), (0, 0)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
