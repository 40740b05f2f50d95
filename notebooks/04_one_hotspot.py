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
# # 04 · The story of one hotspot
#
# **The question.** Is a red spot more than people, more than chance, and does one incident announce the next?
#
# A red spot on a density map says where much was recorded. Before anyone is sent there, five questions: where are the
# people? What is left when they are taken into account? What survives the fact that thousands of cells were looked at?
# Do incidents follow each other? And how concentrated is it all?
#
# First the sample county (**synthetic**: every name and number is invented), then New York where the files are present.
#
# What was recorded is not what happened, and a hotspot is no ground for stopping, searching or suspecting anyone in it
# (高风险单元不构成对任何人盘查的依据).

# %%
import os
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
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
panel = pg.count_incidents(incidents, grid)
f"{len(incidents)} reported incidents with a place, {len(grid)} cells, {residents.sum():,.0f} residents"

# %% [markdown]
# ## 1 · The raw map
#
# Kernel density. The bandwidth is the one that best foretells incidents left out; all incidents of one address are left
# out together.

# %%
density = pg.kernel_density(incidents, grid, "likelihood", edge_correction=True)
f"bandwidth {density.attrs['bandwidth']:.0f} m"

# %%
pg.map_cells(grid.to_gdf(density[density > 0.05 * density.max()]).dropna(), "density")

# %% [markdown]
# It looks like a map of the county town. Of course: that is where the people are.
#
# ## 2 · The expected map
#
# The classical Gi* (`null="raw"`) asks where much is. It flags the town. The default asks where more is than residents
# explain: each neighbourhood's sum is held against its share of the residents.

# %%
raw = pg.GetisOrd(null="raw").fit(panel)
honest = pg.GetisOrd().fit(panel, exposure=residents)
pd.crosstab(raw.labels_.rename("raw"), honest.labels_.rename("more than residents explain"))

# %% [markdown]
# ## 3 · What survives correction
#
# At p ≤ 0.05 one cell in twenty is flagged where there is nothing at all. `p_adjusted_` (Benjamini and Hochberg) keeps
# the share of false alarms among the flagged cells at 5 %.

# %%
cells = pd.DataFrame({
    "observed": honest.observed_, "expected": honest.expected_, "z": honest.statistic_,
    "p": honest.p_value_, "q": honest.p_adjusted_, "label": honest.labels_, "residents": residents,
})  # fmt: skip
f"{(cells['p'] <= 0.05).sum()} cells at p ≤ 0.05, {(cells['q'] <= 0.05).sum()} at q ≤ 0.05"

# %%
cells.nsmallest(8, "p").round(4)

# %% [markdown]
# Rows with 0 residents and an expectation near 0 are cells tested by themselves: a market or a car park, where people
# are but do not live. Residents are the wrong measure there; give visitors as exposure where they are known.
#
# Events come in bursts (the same offender, the same week), so sums vary more than single events would. The panel shows
# by how much, and the test widens accordingly:

# %%
f"variance {honest.dispersion_:.2f} times that of independent incidents"

# %%
shown = cells[cells["label"] != "not significant"]
pg.map_cells(grid.to_gdf(shown[["z"]]).dropna(), "z")

# %% [markdown]
# ## 4 · Do incidents follow each other?
#
# Knox: pairs close in place and time, against the same incidents with their dates shuffled.

# %%
burglary = incidents[incidents["category"] == "burglary"]
found = pg.knox(burglary, burglary["time"], [0, 200, 400, 1000], [0, 7, 14, 28], random_state=0)
found.to_frame().round(3)

# %%
found.summary()

# %% [markdown]
# So for two weeks after a burglary the houses within 200 m are at risk again. The chains, with lines for the map, and
# where follow-ups are due on the day after the last record:

# %%
chains = pg.near_repeat(burglary, distance=200, days=14)
chains.summary()

# %%
due = pg.follow_on_risk(found, burglary, grid, burglary["time"].max() + pd.Timedelta(days=1))
due[due > 0].sort_values(ascending=False).head()

# %% [markdown]
# ## 5 · How concentrated?
#
# With few incidents most cells are empty by chance alone; the `chance` column says how concentrated a map without any
# pattern would look, and the corrected Gini takes it off.

# %%
by_cell = pg.concentration(panel)
by_people = pg.concentration(panel, residents)
print("over cells:    ", by_cell.summary())
print("over residents:", by_people.summary())
by_people.shares.round(3)

# %% [markdown]
# ## 6 · Did it change?
#
# The last 28 days on the 28 before, by cell, exact for small counts. Most differences are nothing:

# %%
change = pg.compare_periods(panel, "28D")
change.nsmallest(3, "p_value").round(3)

# %% [markdown]
# ## 7 · The same story in New York
#
# 191,580 incidents of 2014 and 2015; skipped where the files are absent (`PATROLGEO_DATA`).

# %%
folder = Path(os.environ.get("PATROLGEO_DATA", "../../shared/data")) / "nyc"
if folder.is_dir():
    events = pd.read_parquet(folder / "incidents_2014_2015.parquet").rename(columns={"datetime": "time"})
    robbery = events[events["category"] == "robbery"]
    robbery = gpd.GeoDataFrame(robbery, geometry=gpd.points_from_xy(robbery["lon"], robbery["lat"]), crs="EPSG:4326")
    tracts = gpd.read_parquet(folder / "tracts_population.parquet").dropna(subset="population")
    city = pg.HexGrid.from_area(tracts, resolution=9)
    people = pg.interpolate(tracts, city, "population")["population"]
    weeks = pg.count_incidents(robbery, city)
    by_residents = pg.GetisOrd().fit(weeks, people)
    print(by_residents.labels_.value_counts().to_dict())
    print(pg.concentration(weeks, people).summary())
    near = pg.knox(robbery, robbery["time"], [0, 1, 100, 200], [0, 2, 7, 14], n_permutations=99, random_state=0)
    print(near.summary())
else:
    print(f"{folder} is not there: New York is left out")

# %% [markdown]
# With thirty thousand robberies nearly every difference is significant: there the size of the excess
# (`observed_ / expected_`) matters more than the label.

# %%
if folder.is_dir():
    ratio = (by_residents.observed_ / by_residents.expected_)[by_residents.labels_ == "hot"]
    print(f"{len(ratio)} hot cells, {(ratio >= 3).sum()} of them with at least three times what residents explain")

# %% [markdown]
# ## The answer in one picture
#
# Size to the right, certainty upwards; the line is the correction for all cells. A decision needs both.

# %%
seen = cells["expected"] >= 1
ax = (
    cells[seen]
    .assign(ratio=cells["observed"] / cells["expected"], certainty=-np.log10(cells["q"]))
    .plot.scatter("ratio", "certainty", logx=True, figsize=(6, 4))
)
ax.axhline(-np.log10(0.05), color="black")
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How many cells stay hot when one false alarm in a hundred flagged cells is the most you accept?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
strict = pg.GetisOrd(alpha=0.01).fit_predict(panel, exposure=residents)
int((strict == "hot").sum()), int((honest.labels_ == "hot").sum())

# %% [markdown]
# **2.** Do thefts repeat nearby as burglaries do?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
theft = incidents[incidents["category"] == "theft"]
pg.knox(theft, theft["time"], [0, 200, 400], [0, 7, 14], random_state=0).summary()

# %% [markdown]
# **3.** Does the answer hold on larger cells (resolution 7)?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
wide = pg.HexGrid.from_area(area, resolution=7)
living = pg.interpolate(pg.read_population(county / "villages.csv"), wide, "population")["population"]
pg.GetisOrd().fit_predict(pg.count_incidents(incidents, wide), exposure=living).value_counts()
