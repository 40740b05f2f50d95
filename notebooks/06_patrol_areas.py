# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Patrol areas
#
# Divide a county so that every patrol area carries the same work, hangs together, and has nothing in it that is far.
# First by hexagons, then by villages, then starting from areas that exist; New York's precincts at the end when the
# real data are there.
#
# The sample county is **synthetic**. What was recorded is not what happened; a heavy cell is no ground for stopping,
# searching or suspecting anyone in it (高风险单元不构成对任何人盘查的依据).

# %%
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()

# %% [markdown]
# ## 1 · The work
#
# Minutes are not known here, so the work is an *index*: shares of people, incidents and land, weighted by judgement.
# The weights belong on page one of the plan.

# %%
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area)
people = pg.read_population(county / "villages.csv")
roads = pg.read_roads(county / "roads.geojson")
river = pg.read_roads(county / "river.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)

residents = pg.interpolate(people, grid, ["population"])["population"]
recorded = pg.count_incidents(incidents, grid, freq="W").sum()
weights = {"population": 0.5, "risk": 0.3, "area": 0.2}
work = pg.workload_index(residents, recorded, area=grid.area_km2, weights=weights)
work.describe().round(5)

# %% [markdown]
# ## 2 · The way
#
# Distance is travel time between neighbouring cells. The river cuts pairs of cells, roads that cross it are bridges.

# %%
travel = pg.hexagon_graph(grid, barriers=river, roads=roads)
len(travel), travel.n_parts, travel.links

# %% [markdown]
# ## 3 · Nine areas
#
# Read the imbalance beside the worst reach: an even area that takes an hour to cross is a bad area. The bound says how
# much better any plan with these centres could be.

# %%
plan = pg.design_areas(work, grid, 9, travel=travel, random_state=0)
plan.summary()

# %%
plan.measures.by_area.round(3)

# %% [markdown]
# How much does the judgement in the weights matter? Each weight up and down by 0.1, and the cells that change area.

# %%
rows = []
for name, weight in weights.items():
    for step in (-0.1, 0.1):
        other = {**weights, name: weight + step}
        load = pg.workload_index(residents, recorded, area=grid.area_km2, weights=other)
        changed = pg.design_areas(load, grid, 9, travel=travel, current=plan.labels, random_state=0)
        rows.append({"weight": f"{name} {step:+.1f}", "cells that change": changed.units_moved})
pd.DataFrame(rows)

# %% [markdown]
# ## 4 · From the areas of today
#
# People know their areas. `stay_minutes` is what a change must save before a cell leaves its area: the curve of gain
# against change.

# %%
townships = gpd.read_file(county / "townships.geojson")
middles = gpd.GeoDataFrame(geometry=grid.centroids).to_crs(3857)
inside = gpd.sjoin_nearest(middles, townships[["name", "geometry"]].to_crs(3857))
today = inside.groupby(level=0)["name"].first().reindex(grid.cells)
before = pg.measure_areas(today, work, travel)
before.summary()

# %%
curve = []
for minutes in (0, 2, 10, 30):
    reform = pg.design_areas(
        work, grid, today.nunique(), travel=travel, current=today, stay_minutes=minutes, random_state=0
    )
    curve.append(
        {
            "stay_minutes": minutes, "cells moved": reform.units_moved, "max_over_mean": reform.max_over_mean,
            "mean minutes": reform.mean_travel_minutes,
        }
    )  # fmt: skip
pd.DataFrame(curve).round(3)

# %%
pg.compare_areas(reform, before).round(3)

# %% [markdown]
# ## 5 · By villages, nested in townships, and a change by hand
#
# Villages are never split, and no area crosses the border of a township (the jurisdiction of a station). That binds:
# with one area more than townships the balance is what the townships allow, and the plan says so. Whoever knows the
# place may move a village: the plan is measured again and says that too.

# %%
units = gpd.read_file(county / "village_areas.geojson")
units.index = pd.Index(units["township"] + " " + units["name"], name="village")
by_village = pg.design_areas(
    units["population"].astype(float), None, 12, units=units, nest_in=units["township"], tolerance=0.05, random_state=0
)
by_village.summary()

# %%
table = by_village.measures.by_area
many = table["units"].idxmax()
unit = by_village.labels.index[by_village.labels == many][0]
moved = by_village.reassign({unit: table["workload"].idxmin()})
moved.notes[-1], moved.max_over_mean

# %% [markdown]
# ## 6 · New York's precincts (only where the real data are)

# %%
nyc = Path(os.environ.get("PATROLGEO_DATA", "../../shared/data")) / "nyc"
if nyc.is_dir():
    city = pg.HexGrid.from_area(gpd.read_file(nyc / "boroughs.gpkg"), resolution=8)
    crimes = pd.read_parquet(nyc / "incidents_2014_2015.parquet")
    at = city.positions(crimes["lon"], crimes["lat"])
    load = pd.Series(at[at >= 0]).value_counts().reindex(range(len(city)), fill_value=0).set_axis(city.cells)
    ways = pg.hexagon_graph(city)
    precincts = gpd.read_parquet(nyc / "precincts.parquet").to_crs(2263)
    spots = gpd.GeoDataFrame(geometry=city.centroids).to_crs(2263)
    now = gpd.sjoin_nearest(spots, precincts).groupby(level=0)["precinct"].first().reindex(city.cells)
    drawn = pg.design_areas(load, city, now.nunique(), travel=ways, random_state=0)
    print(drawn.notes)
    print(pg.compare_areas(drawn, pg.measure_areas(now, load, ways)).round(2))
