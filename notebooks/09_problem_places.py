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
# # 09 · How a hot spot came, stayed and went
#
# **The question.** How did a hot spot come, did it stay, and who besides the police can change the place?
#
# Notebook 04 found hot spots. This one follows them through time, goes down to streets and single facilities, and ends
# where a plan should begin: who besides the police can change the place, and when will we know?
#
# First the sample county (**synthetic**: every name and number is invented), then New York where the files are present.
# A hot spot is no ground for stopping, searching or suspecting anyone in it (高风险单元不构成对任何人盘查的依据).

# %%
import os
import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", pg.PatrolgeoWarning)  # rows without a place: notebook 02 places them
    incidents = pg.read_incidents(county / "incidents.csv", area=area)
incidents = incidents[incidents["origin"] != "officer"]
grid = pg.HexGrid.from_area(area, resolution=8)
residents = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
places = pg.read_places(county / "places.csv")

# %% [markdown]
# ## 1 · When? Days, hours, weeks
#
# Incidents whose hour nobody knows stand apart: counted at midnight they would make a false peak.

# %%
fig, axes = plt.subplots(3, 1, figsize=(10, 9), layout="constrained")
pg.plot_calendar(incidents, ax=axes[0])
pg.plot_hour_week(incidents, ax=axes[1])
weeks = pg.weekly_band(incidents)
pg.plot_weeks(weeks, ax=axes[2])
# %% [markdown]
# One week in twenty lies outside the band by chance alone, so a single dot is no news.

# %%
weeks[weeks["unusual"] != ""].round(1)

# %% [markdown]
# ## 2 · Where, and since when?
#
# Hot spots of both years together; then the excess of each in every quarter. The ratio is read beside the number of
# incidents: a quarter of a small spot is a handful of them.

# %%
months = pg.count_incidents(incidents, grid, "MS", partial=True)
hot = pg.GetisOrd().fit_predict(months, exposure=residents) == "hot"
expected = months.sum().sum() * residents / residents.sum()
spots = pg.join_hot_spots(hot, months.sum(), expected, grid, most=10)
of_incident = grid.locate(incidents).map(spots.of_cell).fillna(0).astype(int)
facts = pg.describe_spots(incidents, of_incident, spots.table["expected"] / months.sum().sum())
ranked = spots.table.join(facts)
ranked.drop(columns="geometry").round(2)

# %%
quarter = incidents["time"].dt.to_period("Q")
by_quarter = pd.crosstab(of_incident[of_incident > 0], quarter).rename_axis(index="spot", columns="quarter")
by_quarter

# %% [markdown]
# `years_above` says the same in one number: a spot that had more than its share in every year stays until its cause
# goes. Did any of them rise or fall by more than chance in the second year?

# %%
year = incidents["time"].dt.year
counts = pd.crosstab(of_incident[of_incident > 0], year)
pg.compare_counts(counts[2023], counts[2024]).round(3)

# %% [markdown]
# The same for every cell, in the classes of emerging hot spot analysis, over eight quarters. Each class is a rule over
# the periods in which a cell was hot (corrected for all cells and quarters) and over its trend:

# %%
quarters = months.resample("QS").sum()
story = pg.classify_change(quarters, residents)
story[story["change"] != "no pattern"].sort_values("z", ascending=False).head(8).round(3)

# %% [markdown]
# ## 3 · How concentrated?

# %%
fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
pg.plot_lorenz(pg.concentration(months), ax=axes[0])
burglary = incidents[incidents["category"] == "burglary"]
pg.plot_knox(pg.knox(burglary, burglary["time"], [0, 1, 200, 400, 1000], [0, 7, 14, 28], random_state=0), ax=axes[1])
# %%
pg.eighty_twenty(months).round(3)

# %% [markdown]
# ## 4 · Streets
#
# On roads a density goes along the streets: what happens on one does not colour the yard behind it. Segments are units
# like cells, with their length as exposure.

# %%
town = ranked.to_crs(32648).buffer(1500).union_all()
lines = pg.read_roads(county / "roads.geojson") if (county / "roads.geojson").exists() else None
if lines is not None:
    near = lines[lines.to_crs(32648).intersects(town).to_numpy()]
    roads = pg.RoadGraph.from_lines(near)
    inside = incidents[incidents.to_crs(32648).within(town).to_numpy()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pg.PatrolgeoWarning)  # villages have few mapped roads: some are far from any
        lixels = pg.network_density(inside, roads, bandwidth=150)
    print(f"{len(lixels):,} lixels; density times length sums to {(lixels['density'] * lixels['length_m']).sum():.2f}")
    segments = pg.AreaUnits.from_roads(roads, within_m=100)
    by_segment = pg.count_incidents(inside, segments, "MS", partial=True)
    hot_streets = pg.GetisOrd().fit(by_segment, segments.size, units=segments)
    print(hot_streets.labels_.value_counts().to_dict())
    print(pg.repeat_places(inside, segments, base=segments.size, within_m=100).summary())
else:
    print("the sample has no roads.geojson: streets are left out")

# %% [markdown]
# ## 5 · Facilities, and homes
#
# Of the venues and shops of a town a few have most of the trouble. Facilities of one kind are held against each other;
# chance alone makes some of them busy.

# %%
risky = pg.risky_facilities(incidents[incidents["category"] != "burglary"], places, within_m=60)
risky.kinds.head(8).round(2)

# %% [markdown]
# Homes are never listed. They enter as rates of an area, and what follows is advice, not patrol.

# %%
cells = pg.HexGrid.from_area(area, resolution=6)
rates = pg.repeat_rates(burglary, cells, same_m=50)
rates[rates["advice"] != "few"].sort_values("incidents", ascending=False).round(3)

# %% [markdown]
# ## 6 · The problem sheet
#
# What and when, why here, who can change it, and when we will know. The patrol stands last: it keeps a place quiet
# while it is there; owners, light and transport stay.

# %%
days = (incidents["time"].max() - incidents["time"].min()).days
for sheet in pg.problem_sheets(ranked, places, found_on=incidents["time"].max(), days=days)[:3]:
    print(sheet, end="\n\n")

# %% [markdown]
# ## 7 · Everything on one page
#
# The month in one call: a page, its figures and a workbook.

# %%
page = pg.bulletin(
    incidents, grid, tempfile.mkdtemp(), exposure=residents, places=places,
    edition=pg.Edition("Sample county", synthetic=True),
)  # fmt: skip
sorted(p.name for p in page.parent.rglob("*") if p.is_file())

# %% [markdown]
# ## 8 · The same in New York
#
# Shootings from 2006 to 2022 (skipped where the files are absent, `PATROLGEO_DATA`): which hot spots stayed, which
# went, and which came?

# %%
folder = Path(os.environ.get("PATROLGEO_DATA", "../../shared/data")) / "nyc"
if folder.is_dir():
    shots = pd.read_parquet(folder / "shootings.parquet").rename(columns={"datetime": "time"})
    shots = gpd.GeoDataFrame(shots, geometry=gpd.points_from_xy(shots["lon"], shots["lat"]), crs="EPSG:4326")
    tracts = gpd.read_parquet(folder / "tracts_population.parquet").dropna(subset="population")
    city = pg.HexGrid.from_area(tracts, resolution=9)
    people = pg.interpolate(tracts, city, "population")["population"]
    years = pg.count_incidents(shots[shots["time"].dt.year <= 2022], city, "YS")
    story = pg.classify_change(years, people)
    print(story["change"].value_counts())
else:
    print(f"{folder} is not there: New York is left out")

# %% [markdown]
# "Persistent" was hot in nearly all of these years, "historical" was and is no longer, "new" and
# "consecutive" came at the end, "sporadic" comes and goes. The boroughs, the first five years against five later ones:

# %%
if folder.is_dir():
    early = shots[shots["time"].dt.year.between(2006, 2010)]
    late = shots[shots["time"].dt.year.between(2016, 2020)]
    boroughs = gpd.read_file(folder / "boroughs.gpkg").to_crs("EPSG:4326")
    held = [part.sjoin(boroughs, predicate="within").groupby("borough").size() for part in (early, late)]
    print(pg.compare_counts(held[0].astype(float), held[1].astype(float)).round(2))
    weekly = pg.weekly_band(shots[shots["time"].dt.year >= 2014])
    pg.plot_weeks(weekly)

# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How many weeks of burglary alone were unusual, and how many does chance let expect?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
alone = pg.weekly_band(burglary)
int((alone["unusual"] != "").sum()), round(0.05 * len(alone), 1)

# %% [markdown]
# **2.** Is burglary more concentrated than all incidents?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
pg.eighty_twenty(pg.count_incidents(burglary, grid, "MS", partial=True)).round(3)
