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
# # 01 · A first patrol plan
#
# **The question.** From a place's files, which patrol areas and posts follow, and how good are they?
#
# From a place's files to its patrol plan, step by step, with the public names only. The command `patrolgeo plan
# PLAN.toml --out DIR` does the same in one go and writes the map, the report and the files.
#
# The sample county is **synthetic**: every name and number in it is invented.
#
# Three things to keep in mind while reading on:
#
# - What was recorded is not what happened.
# - A cell with high risk is no ground for stopping, searching or suspecting anyone in it
#   (高风险单元不构成对任何人盘查的依据).
# - A zero means "no recorded incident", never "safe".

# %%
from functools import partial

import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()

# %% [markdown]
# ## 1 · Read, and see what happened to every row
#
# Each reader returns a table and, when asked, a ledger: rows read = rows kept + rows set aside by reason.

# %%
area = pg.read_area(county / "area.geojson")
incidents, ledger = pg.read_incidents(county / "incidents.csv", area=area, return_ledger=True)
people = pg.read_population(county / "villages.csv")
places = pg.read_places(county / "places.csv")
roads = pg.read_roads(county / "roads.geojson")
river = pg.read_roads(county / "river.geojson")
ledger

# %%
incidents[["time", "category", "origin"]].head()

# %% [markdown]
# What officers found on patrol says where patrols were. It is work, not risk, and stays out of hotspots and
# forecasts.

# %%
reported = incidents[incidents["origin"] != "officer"]
f"{len(incidents) - len(reported)} of {len(incidents)} records were started by officers"

# %% [markdown]
# ## 2 · The county as cells
#
# The area is filled with H3 hexagons by overlap; nobody is lost on the way to the cells.

# %%
grid = pg.HexGrid.from_area(area, resolution=8)
on_cells = pg.interpolate(people, grid, "population")
residents = on_cells["population"]
patrollable = pg.patrollable_cells(grid, inhabited=residents, roads=roads, places=places)
pd.Series(
    {
        "cells": len(grid),
        "patrollable": patrollable.sum(),
        "people read": people["population"].sum(),
        "people on cells": residents.sum(),
        "people outside": on_cells.attrs["outside"]["population"],
    }
)

# %% [markdown]
# ## 3 · The panel: weeks as rows, cells as columns, zeros present

# %%
panel = pg.count_incidents(reported, grid, freq="W")[grid.cells[patrollable.to_numpy()]]
residents_there = residents[panel.columns]
panel.shape, panel.to_numpy().sum()

# %% [markdown]
# ## 4 · Where is more than the people there explain?

# %%
model = pg.GetisOrd(alpha=0.05)
label = model.fit_predict(panel, exposure=residents_there)
label.value_counts()

# %% [markdown]
# ## 5 · How much next, and how good is that?
#
# Each forecast is made again at the last 8 origins from what was known there. Two naive maps stand beside it:
# where people live, and past counts. A forecast that does not beat them is not worth its name, and an interval
# that includes them is a tie.

# %%
models = {"stack": pg.RiskStack(), "past counts": pg.HistoricalMean(), "population": pg.ExposureMap()}
forecasts = pg.backtest(models, panel, exposure=residents_there, n_origins=8)
scores = pg.evaluate(panel, forecasts, {"hit rate at 5 %": partial(pg.hit_rate, area_share=0.05)})
pg.summarise_scores(scores).round(3)

# %%
risk = pg.RiskStack().fit(panel, exposure=residents_there).predict().iloc[0]
week = risk.name
risk = risk.reindex(grid.cells, fill_value=0.0).rename("risk")
f"{risk.sum():.1f} reported incidents expected in the week of {week:%d %B %Y}"

# %% [markdown]
# ## 6 · Patrol areas
#
# The workload is an index here (people and risk), not minutes. Travel follows the roads; the river is crossed
# where a bridge or ferry crosses it. Look at both lines: a balanced area that is eighty minutes across is a bad
# plan.

# %%
travel = pg.hexagon_graph(grid, roads=roads, barriers=river)
workload = pg.workload_index(residents, risk, weights={"population": 0.6, "risk": 0.4})
areas = pg.design_areas(workload, grid, n_areas=9, travel=travel, tolerance=0.05, random_state=1)
pd.Series(areas.measures.summary()).round(2)

# %% [markdown]
# ## 7 · Checkpoints
#
# Which twelve places cover most of the expected incidents within fifteen minutes by road? The bound says how
# much better any other choice could be.

# %%
graph = pg.RoadGraph.from_lines(roads)
minutes = pg.travel_time(graph, places.geometry, grid, max_minutes=15)
posts = pg.max_coverage(minutes, n_sites=12, max_cost=15, demand=risk, random_state=1)
f"covered: {posts.covered_share:.1%} of the expected risk, status {posts.status}, gap {posts.gap:.2%}"

# %%
places.loc[posts.sites, ["name", "kind"]].head()

# %% [markdown]
# ## 8 · The map

# %%
view = pg.map_cells(grid.to_gdf(risk), "risk")
pg.map_plan(areas.to_gdf(), sites=posts.to_gdf(places.geometry), m=view)

# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** Twelve areas instead of nine: what happens to the balance and to the longest way?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
twelve = pg.design_areas(workload, grid, n_areas=12, travel=travel, tolerance=0.05, random_state=1)
pd.DataFrame({"nine": areas.measures.summary(), "twelve": twelve.measures.summary()}).round(2)

# %% [markdown]
# **2.** How much is covered when a post must be there in ten minutes, not fifteen?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
quick = pg.max_coverage(minutes, n_sites=12, max_cost=10, demand=risk, random_state=1)
f"{quick.covered_share:.1%} within ten minutes, {posts.covered_share:.1%} within fifteen"
