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
# # 02 · Reading files: every row accounted for
#
# **The question.** What happened to every row on its way from the records system to a table that can be counted?
#
# A records system is not a laboratory. Its export has rows without a place, nights away from home written as one
# moment, frauds at the address of the police station, copies, and coordinates of a map that is shifted by half a
# kilometre. This notebook reads such files, and shows how to see what was done to every row.
#
# The sample county is **synthetic**: every name and number in it is invented, and its dirt was planted, so that we
# can check what is found. The last part reads real files of New York where they are present.

# %%
import os
from pathlib import Path

import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()

# %% [markdown]
# ## 1 · The ledger
#
# Every reader can return a `Ledger`. A row is kept, or set aside with **one** reason; nothing disappears.

# %%
incidents, ledger = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", return_ledger=True)
ledger

# %%
print(ledger.read == ledger.kept + sum(ledger.set_aside.values()))
ledger.to_frame()[["action", "code", "rows", "share", "examples", "finding"]]

# %% [markdown]
# Four words say what happened: **set aside** (not in the table), **repaired** (in it, changed as said), **noted**
# (in it as it was) and **look at this** (a warning). `examples` are row numbers as a spreadsheet shows them.
# `ledger.to_text("zh")` says the same in Chinese, `ledger.to_excel(path)` makes a sheet for whoever keeps the
# records.

# %%
print(ledger.to_text("zh"))

# %% [markdown]
# ## 2 · Trap: a quarter of the rows has no coordinates
#
# They name a village. A map without them shows where coordinates are written down, not where incidents happened.
# The *mapping rate* (上图率) by category and township shows who is missing.

# %%
ledger.mapping.sort_values("share").head()

# %% [markdown]
# With a gazetteer (`places=`: names and coordinates, better with township and population) they find a place.
# `precision` remembers how well a row is located, and similar names are shown, never taken in silence.

# %%
incidents, ledger = pg.read_incidents(
    county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv", return_ledger=True
)
incidents["precision"].value_counts()

# %% [markdown]
# ## 3 · Trap: one township in another datum
#
# Chinese online maps are in GCJ-02 or BD-09, some 500 m off. One township of the county delivered such coordinates.
# Because its rows also name their villages, the shift shows: all points of the township lie off their villages in
# the same direction by the same distance. When a whole file is shifted, say so: `datum="GCJ02"`.

# %%
[entry.detail for entry in ledger.entries if entry.code == "shifted_place"]

# %%
lon, lat = pg.from_wgs84([107.35], [24.35], "GCJ02")
back = pg.to_wgs84(lon, lat, "GCJ02")
print(f"shown {lon[0]:.5f} {lat[0]:.5f}, really {back[0][0]:.5f} {back[1][0]:.5f}")

# %% [markdown]
# ## 4 · Trap: the same incident twice
#
# A repeated id is set aside. Look-alikes (same place and category within ten minutes) are only noted, because
# police that publish block midpoints and full hours have many look-alikes that are different incidents. Look, then
# decide: `duplicates="alike"` drops them, `duplicates="keep"` keeps everything.

# %%
located = incidents[incidents["precision"] == "exact"]
pg.find_duplicates(located, metres=5, minutes=10).head(6)

# %% [markdown]
# ## 5 · Trap: the station as the scene
#
# Telecom fraud has no place that a patrol could go to; it is written down at the station. Left in the table it
# makes a hotspot of every station. Such categories are set aside and counted (`place_bound=False` keeps them).

# %%
ledger.set_aside

# %% [markdown]
# ## 6 · Trap: found because police were there
#
# Officer-initiated records (`origin == "officer"`) say where patrols were. They are work, but no measure of risk: a
# model fed with them sends patrols to where patrols go.

# %%
incidents["origin"].value_counts()

# %% [markdown]
# ## 7 · Trap: a night is not a moment
#
# A burglary of someone who was away has an earliest and a latest time. Counting the beginning puts it into the
# early evening. *Aoristic* weights spread each incident evenly over its interval; the sum stays the number of
# incidents.

# %%
night = incidents[incidents["category"] == "burglary"]
hours = pd.DataFrame({"beginning": pg.hour_of_week(night).sum(), "aoristic": pg.aoristic_week(night).sum().round(1)})
hours.T

# %% [markdown]
# ## 8 · Your own export
#
# Four columns suffice: time, category and two coordinates. Other names are given with `columns=`, known exports
# with `preset=`, and a preset of your own is a small TOML file.

# %%
pg.preset_names()

# %%
export = pd.DataFrame(
    {
        "Wann": ["05.03.2024 23:40", "17.03.2024 01:10", "unbekannt"],
        "Delikt": ["Einbruch", "Diebstahl", "Diebstahl"],
        "Melder": ["A. B.", "C. D.", "E. F."],
        "Telefonnummer": ["13900000000", "13900000001", "13900000002"],
        "Ost": ["119,97", "0", "119,98"],
        "Nord": ["31,81", "0", "31,82"],
    }
)
table, ledger = pg.read_incidents(
    export, columns={"time": "Wann", "category": "Delikt", "lon": "Ost", "lat": "Nord"}, return_ledger=True
)
print(ledger.to_text())

# %% [markdown]
# The telephone numbers were dropped at the door, by what the column holds; `keep=` would not bring them back. The
# column of callers is not used either. This library plans for places and refuses to know persons.
#
# When a column of dates fits both day-first and month-first, that is an error with two rows to look at, not a
# guess:

# %%
unclear = pd.DataFrame({"time": ["02/01/2024", "03/04/2024"], "category": "theft", "lon": 119.97, "lat": 31.81})
try:
    pg.read_incidents(unclear)
except pg.DataError as error:
    print(error)

# %% [markdown]
# ## 9 · Calls for service
#
# Calls have four times. A stamp that lies before its predecessor, or days later, is left out of its row and
# counted.

# %%
calls, ledger = pg.read_calls(county / "calls.csv", return_ledger=True)
[entry.detail for entry in ledger.entries if entry.code == "response"]

# %% [markdown]
# ## 10 · New York, where the real files are present

# %%
data = Path(os.environ.get("PATROLGEO_DATA", "../shared/data")) / "nyc"
if data.exists():
    _, ledger = pg.read_incidents(data / "incidents_2014_2015.parquet", area=data / "boroughs.gpkg", return_ledger=True)
    print(ledger.to_text())
else:
    print("the real files are not here")

# %% [markdown]
# Full hours and the first of the month are heaped: times there are often the clerk's, not the event's. Weeks are
# safe to count; hours of the day deserve care.

# %% [markdown]
# ## The answer in one picture
#
# Beginnings and intervals tell two stories of the same burglaries.

# %%
ax = hours.groupby(hours.index % 24).sum().plot(drawstyle="steps-mid", figsize=(8, 3))
ax.set(xlabel="hour of the day", ylabel="burglaries")
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** Which kinds of incidents are least often written down with an exact place?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
exact = incidents["precision"] == "exact"
exact.groupby(incidents["category"]).agg(["mean", "size"]).sort_values("mean").head().round(2)

# %% [markdown]
# **2.** How many rows have a place without the gazetteer, and how many with it?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
plain = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson")
[int((table.geometry.notna() & ~table.geometry.is_empty).sum()) for table in (plain, incidents)]
