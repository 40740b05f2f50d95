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
# # 03 · Cells, people and counts
#
# **The question.** What is a count, what is a rate, and what may be said of a cell in which nothing was recorded?
#
# How a county and a city come onto hexagon cells, what a rate is, when things happen, what a zero means, and what may
# be published. The sample county is **synthetic**; New York is real and appears only where its files are present.

# %%
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area)
villages = pg.read_population(county / "villages.csv")
reported = incidents[incidents["origin"] != "officer"]

# %% [markdown]
# ## 1 · The area as cells
#
# Cells come from the **area**, never from where incidents were: otherwise quiet places would not exist. Every cell that
# overlaps the area is taken, so nothing at the border is lost. Cells are not of equal area; `area_km2` says how large
# each one is.

# %%
grid = pg.HexGrid.from_area(area, resolution=8)
grid.area_km2.describe().round(3)

# %% [markdown]
# ## 2 · The people, and how many of them were kept
#
# Villages are points, so each gives its people to one cell; polygons (tracts, villages with borders) would be spread by
# area. Whatever lies outside is told, so that people on cells + people outside = people in the file.

# %%
people = pg.interpolate(villages, grid, ["population", "households"])
people["population"].sum(), people.attrs["outside"], int(villages["population"].sum())

# %% [markdown]
# Which cells can a patrol have a reason to be in? Inhabited ones, those near a road, those with a place. The others
# (forest, water) are shown on maps but not scored.

# %%
roads, places = pg.read_roads(county / "roads.geojson"), pg.read_places(county / "places.csv")
patrollable = pg.patrollable_cells(grid, people["population"], roads, places)
patrollable.value_counts()

# %% [markdown]
# ## 3 · Counts, and what a zero means
#
# The panel has periods as rows and cells as columns. A zero is there for every cell and week without a record. It means
# **no recorded incident**. It never means safe: with nothing recorded in n weeks, up to about 3/n incidents a week are
# still compatible with the record (95 %), before one asks how many incidents become a record at all.

# %%
panel = pg.count_incidents(reported, grid, freq="W")
share_of_zeros = float((panel == 0).to_numpy().mean())
print(f"{panel.shape[0]} weeks, {panel.shape[1]} cells, {share_of_zeros:.1%} zeros")
print(f"a cell without a record in all weeks: at most {-np.log(0.05) / len(panel):.3f} a week (95 %)")
panel.attrs

# %% [markdown]
# What is on the panel, what lay outside and what fell in the unfinished last week add up to what came in. Rows without
# coordinates are outside: they have no cell.

# %%
accounted = panel.to_numpy().sum() + panel.attrs["outside"] + panel.attrs["unfinished"]
print(f"{accounted:.0f} accounted for of {len(reported)}")

# %% [markdown]
# With 24 incidents a week in a county, weeks are too short for most questions. `freq="auto"` takes the shortest of a
# week, 28 and 91 days that carries enough.

# %%
pg.count_incidents(reported, grid, freq="auto").index.freqstr

# %% [markdown]
# ## 4 · Counts against people: rates
#
# Where many people are, much happens. A rate divides by the people, and small numbers of people make wild rates: one
# incident among 12 people is not a hot spot. So hot spots are tested against what the people there let expect
# (notebook 01), and rates are shown for larger units.

# %%
townships = pg.AreaUnits.from_layer(gpd.read_file(county / "townships.geojson"), label="name")
by_township = pg.count_incidents(reported, townships, freq="YS", partial=True).sum()
residents = pg.interpolate(villages, townships, "population")["population"]
pd.DataFrame(
    {"recorded": by_township, "residents": residents.round(), "per 1,000": (1000 * by_township / residents).round(1)}
).sort_values("recorded", ascending=False)

# %% [markdown]
# ## 5 · When: shifts and hours of the week
#
# A night belongs to the evening it began in: with shifts from 22:00 to 06:00, 01:30 on Saturday is Friday's night.

# %%
shifts = pg.count_incidents(reported, grid, freq="shift", shifts=("06:00", "14:00", "22:00"))
by_shift = shifts.sum(axis=1)
by_shift.groupby(by_shift.index.strftime("%H:%M")).mean().round(2)

# %%
hours = pg.hour_of_week(reported)
hours.sum().groupby(lambda hour: f"{hour // 6 * 6:02d}-{hour // 6 * 6 + 6:02d} h").sum()

# %% [markdown]
# ## 6 · Not all incidents weigh the same
#
# A mapping from category to weight counts harm instead of cases; a list of categories counts each apart, in an outer
# level of the columns. The weights below are an example, not advice.

# %%
kinds = reported["category"].value_counts()
harm = {kind: 10.0 if kind in ("robbery", "assault") else 1.0 for kind in kinds.index}
pg.count_incidents(reported, grid, weight=harm).sum().nlargest(3)

# %%
top_two = pg.count_incidents(reported, grid, category=list(kinds.index[:2]))
top_two.T.groupby(level="category").sum().T.sum()

# %% [markdown]
# ## 7 · What may be published
#
# A cell with 1 to 9 households points at people. It is shown only together with others; cells without residents (a
# market, a car park) are shown.

# %%
units = pg.merge_small_cells(grid, people["population"], people["households"])
released = pg.release_cells(people, grid, units)
inhabited = people["households"] > 0
print(f"{inhabited.sum()} inhabited cells, {(people['households'][inhabited] < 10).sum()} of them with few households")
few = released["households"][released["households"] > 0]
print(f"{len(few)} units, the smallest with {few.min():.0f} households")

# %% [markdown]
# Small counts are suppressed, and others with them, so that nothing can be subtracted back: not from the parents, not
# from the totals, not from an earlier release (give `register=` a file). By year, the county shows a little; by week,
# next to nothing. That is the truth about small numbers.

# %%
by_year = pg.suppress_small_counts(pg.count_incidents(reported, grid, freq="YS", partial=True), threshold=5)
by_year.summary()

# %%
by_year.parents(6).iloc[0].dropna().astype(int).head()

# %% [markdown]
# ## 8 · A city of 8.6 million: New York
#
# The same calls. 191,580 incidents and 2,166 tracts take seconds.

# %%
nyc = Path(os.environ.get("PATROLGEO_DATA", "../../shared/data")) / "nyc"
if nyc.exists():
    city = pg.HexGrid.from_area(gpd.read_file(nyc / "boroughs.gpkg"), resolution=9)
    tracts = gpd.read_parquet(nyc / "tracts_population.parquet").dropna(subset="population")
    residents = pg.interpolate(tracts, city, "population")
    records = pd.read_parquet(nyc / "incidents_2014_2015.parquet").rename(columns={"datetime": "time"})
    records = gpd.GeoDataFrame(records, geometry=gpd.points_from_xy(records["lon"], records["lat"]), crs="EPSG:4326")
    weeks = pg.count_incidents(records, city, freq="W")
    kept = residents["population"].sum()
    print(f"{len(city)} cells; {kept:,.0f} people on them, {residents.attrs['outside']['population']:,.0f} outside")
    print(f"{weeks.to_numpy().sum():,.0f} incidents in {len(weeks)} weeks, {weeks.attrs['unfinished']:.0f} after them")
    print(pg.suppress_small_counts(weeks).summary())
else:
    print(f"{nyc} is not there; set PATROLGEO_DATA to see New York.")

# %% [markdown]
# ## The answer in one picture
#
# Records follow people; rates do not. Each dot is a township.

# %%
living = pg.interpolate(villages, townships, "population")["population"]
ax = pd.DataFrame({"residents": living, "recorded": by_township}).plot.scatter("residents", "recorded", figsize=(6, 4))
ax.axline((0, 0), slope=by_township.sum() / living.sum(), color="grey")
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** What share of zeros remains with months and cells of resolution 7?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
coarse = pg.count_incidents(reported, pg.HexGrid.from_area(area, resolution=7), freq="MS")
f"{(coarse == 0).to_numpy().mean():.1%} instead of {share_of_zeros:.1%}"

# %% [markdown]
# **2.** How much may be shown by year on cells of resolution 6?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
larger = pg.count_incidents(reported, pg.HexGrid.from_area(area, resolution=6), freq="YS", partial=True)
pg.suppress_small_counts(larger, threshold=5).summary()
