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
# **The question.** Which division gives every area the same work and leaves nothing far away, and what does it change?
#
# Divide a county so that every patrol area carries the same work, hangs together, and has nothing in it that is far.
# By hexagons with borders on rivers and roads, from areas that exist, by villages within station jurisdictions. Then
# the choices: how many areas, which of several good plans, day and night, areas in areas, moves by hand. At the end
# New York's precincts, where the real data are there.
#
# The sample county is **synthetic**. What was recorded is not what happened; a heavy cell is no ground for stopping,
# searching or suspecting anyone in it (高风险单元不构成对任何人盘查的依据).

# %%
import os
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd

import patrolgeo as pg
from patrolgeo.grid.lines import line_km

county = pg.sample_folder()

# %% [markdown]
# ## 1 · The work, in minutes
#
# Calls are known here, so the work is counted in **unit-minutes a shift**: calls (how many, how many units, travel,
# scene, report), a stop of ten minutes a week in every inhabited village (the service floor), and every road passed
# once a week.

# %%
area = pg.read_area(county / "area.geojson")
people = pg.read_population(county / "villages.csv")
roads = pg.read_roads(county / "roads.geojson")
river = pg.read_roads(county / "river.geojson")
stations = pg.read_forces(county / "forces.csv").query("role == 'station'")
calls = pg.read_calls(county / "calls.csv", area=area)
grid = pg.HexGrid.from_area(area, resolution=7)

travel = pg.hexagon_graph(grid, barriers=river, roads=roads)
rates, kinds = pg.call_rates(calls, grid.locate(calls), grid.cells)
kinds.round(1)

# %%
villages_in = grid.locate(people).value_counts().reindex(grid.cells, fill_value=0)
road_km = line_km(roads, grid)
from_station = travel.travel_minutes(grid.locate(stations).unique()).min()
minutes = pg.workload_minutes(
    rates, kinds, travel_minutes=from_station, inhabited=villages_in, road_km=road_km, passes=1 / 21, parts=True
)
minutes.sum().round()

# %% [markdown]
# Where nobody knows minutes, the work is an **index**: shares of people, incidents, roads and visits owed, weighted by
# judgement. The weights belong on page one of the plan.

# %%
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
recorded = pg.count_incidents(incidents, grid, freq="W").sum()
residents = pg.interpolate(people, grid, ["population"])["population"]
weights = {"population": 0.4, "risk": 0.3, "roads": 0.2, "visits": 0.1}
index = pg.workload_index(residents, recorded, road_km, visits=villages_in, weights=weights, parts=True)
index.sum()

# %% [markdown]
# ## 2 · Nine areas, their borders on rivers and roads
#
# Distance is travel time between neighbouring cells; the river cuts pairs of cells, roads that cross it are bridges.
# `follow_lines` moves borders to lines within one cell and keeps the balance.
#
# Read the imbalance beside the worst reach: an even area that takes an hour to cross is a bad area. The bound says how
# much better any plan with these centres could be.

# %%
great = roads[roads["road_class"].isin(["national", "provincial", "county"])].assign(kind=lambda r: r["road_class"])
lines = pd.concat([river.assign(kind="river"), great])[["kind", "name", "geometry"]]
wish = {"travel": travel, "tolerance": 0.05, "random_state": 0}
plan = pg.design_areas(minutes, grid, 9, follow_lines=lines, **wish)
plan.summary()

# %%
plan.workload_table.round(2)

# %% [markdown]
# What people call them: a name and a radio code that stay when borders move a little, and the border as it is spoken.

# %%
named = pg.name_areas(plan, people, stations)
borders = pg.describe_borders(plan, lines)
pd.set_option("display.max_colwidth", 120)
named.assign(border=pg.spoken_borders(borders, named["name"]), 边界=pg.spoken_borders(borders, named["name"], "zh"))

# %%
pg.map_plan(plan.to_gdf().join(named))

# %% [markdown]
# ## 3 · How much hangs on the weights?
#
# Each weight of the index 0.1 up and down: the units that would change area, and how uneven the areas would be if none
# did.

# %%
by_index = pg.design_areas(index, grid, 9, **wish)
pg.workload_sensitivity(by_index, random_state=0).round(3)

# %% [markdown]
# ## 4 · From the areas of today: what gets better, and what it costs in change
#
# People know their areas. `stay_minutes` is what a change must save before a cell leaves its area: the curve of gain
# against the share that moves. The first moves buy the balance, the later ones travel.

# %%
townships = pg.read_area(county / "townships.geojson")
middles = gpd.GeoDataFrame(geometry=grid.centroids).to_crs(32648)
inside = gpd.sjoin_nearest(middles, townships[["name", "geometry"]].to_crs(32648))
today = inside.groupby(level=0)["name"].first().reindex(grid.cells)
before = pg.measure_areas(today, minutes.sum(axis=1), travel, grid.geometry)


def row_of(stay, moved, measures):
    return {
        "stay_minutes": stay, "share moved": moved, "max_over_mean": measures.max_over_mean,
        "mean minutes": measures.mean_travel_minutes, "worst minutes": measures.worst_travel_minutes,
    }  # fmt: skip


def curve_of(work, grid, today, before, travel, steps, **wish):
    """Return what each share of moved units buys; the first row is today."""
    rows = [row_of(float("nan"), 0.0, before)]
    for minutes in steps:
        reform = pg.design_areas(
            work, grid, today.nunique(), travel=travel, current=today, stay_minutes=minutes, prove=False, **wish
        )
        rows.append(row_of(minutes, reform.units_moved / len(today), reform))
    return pd.DataFrame(rows)


curve_of(minutes, grid, today, before, travel, (60, 20, 5, 0), tolerance=0.05, random_state=0).round(3)

# %%
pg.compare_areas(plan, before).round(3)

# %% [markdown]
# ## 5 · By villages, nested in station jurisdictions
#
# The rural default: villages are never split, and no area crosses the border of a township (the jurisdiction of a
# station). That binds: with few areas more than townships the balance is what the townships allow, and the plan says
# so.

# %%
units = gpd.read_file(county / "village_areas.geojson")
units.index = pd.Index(units["township"] + " " + units["name"], name="village")
places = pg.AreaUnits.from_layer(units)


def village_of(points):
    """Return the village of each point, missing outside."""
    at = pd.Series(places.positions(points.geometry.x, points.geometry.y))
    return at.map(dict(enumerate(units.index)))


by_village, kinds = pg.call_rates(calls, village_of(calls), units.index)
owed = village_of(people).value_counts().reindex(units.index, fill_value=0)
work = pg.workload_minutes(by_village, kinds, travel_minutes=10, inhabited=owed, parts=True)
villages = pg.design_areas(work, None, 14, units=units, nest_in=units["township"], tolerance=0.05, random_state=0)
villages.summary()

# %% [markdown]
# Whoever knows the place may move a village: the plan is measured again and says what that breaks.

# %%
table = villages.measures.by_area
unit = villages.labels.index[villages.labels == table["units"].idxmax()][0]
moved = villages.reassign({unit: table["workload"].idxmin()})
moved.notes, moved.by_hand

# %% [markdown]
# ## 6 · How many areas?
#
# A plan for each number, and what each area more saves. The interval comes from drawing the calls again: it says
# whether a gain is more than the chance of which calls came in. `staff` are the units that every area needs to have
# enough, where one has 240 minutes of work in a shift.

# %%
recorded_calls = grid.locate(calls).value_counts().reindex(grid.cells, fill_value=0)
counting = {"within_minutes": 20, "records": recorded_calls, "unit_minutes": 240, "effort": 100}
curve = pg.areas_curve(minutes, travel, [6, 9, 12, 15], rules=pg.AreaRules(tolerance=0.05), **counting)
curve.round(2)

# %%
f"{pg.fewest_areas(curve, 0.9)} areas bring nine tenths of the work within 20 minutes"

# %% [markdown]
# ## 7 · Plans to choose from
#
# Balance, travel, response and change pull in different directions. No plan of this set is beaten by another of it in
# everything; that none outside the set beats one is not proved. `travel_gap` says how far each may be from the least
# travel with its centres and balance.

# %%
choices = pg.pareto_areas(
    minutes, travel, today.nunique(), units=grid, current=today, within_minutes=20, n_plans=6,
    tolerances=(0.02, 0.1), effort=60,
)  # fmt: skip
choices.table[[*choices.criteria, "travel_gap"]].round(3)

# %% [markdown]
# Right and up costs more. Each dot is a plan, the darker the more units change their area; the small maps have the same
# numbers.

# %%
chart, axis = plt.subplots(figsize=(6, 4))
dots = axis.scatter(choices.table["travel"], choices.table["balance"], c=choices.table["change"], cmap="viridis_r")
for number, row in choices.table.iterrows():
    axis.annotate(number, (row["travel"], row["balance"]), xytext=(5, 5), textcoords="offset points")
axis.set(xlabel="mean minutes", ylabel="the most that an area is off the mean")
chart.colorbar(dots, label="share of units that change")
plt.show()

# %%
sheet, small = plt.subplots(2, 3, figsize=(9, 6))
for axis in small.flat:
    axis.set_axis_off()
for (number, row), axis in zip(choices.table.iterrows(), small.flat, strict=False):
    choices.plan(number).to_gdf().reset_index().plot("area", categorical=True, cmap="tab20", edgecolor="white", ax=axis)
    axis.set_title(f"{number}: {row['change']:.0%} change", fontsize=9)
plt.show()

# %% [markdown]
# The choice goes into the plan file in one line, under `[areas]`.

# %%
choices.plan_file_line(1)

# %% [markdown]
# ## 8 · Day and night
#
# Calls of the night come from other places. Both plans start from areas that suit both, and differ by a tenth of the
# units at most: area 3 of the day is area 3 of the night, with its officers and its radio code.

# %%
hour = pd.to_datetime(calls["received"]).dt.hour
at_night = (hour >= 20) | (hour < 8)
owed_evenly = minutes.sum(axis=1) - minutes["calls"]


def work_of(part):
    """Return the work of a shift: the calls of its hours, and half of everything that has no hour."""
    own, told = pg.call_rates(part, grid.locate(part), grid.cells)
    asked = pg.workload_minutes(own, told, travel_minutes=from_station, parts=True)["calls"]
    return asked + owed_evenly / 2


shifts = pd.DataFrame({"day": work_of(calls[~at_night]), "night": work_of(calls[at_night])})
by_shift = pg.design_shift_areas(
    shifts, travel, 9, max_change=0.1, rules=pg.AreaRules(tolerance=0.05), units=grid, effort=100
)
by_shift.table.round(3)

# %%
by_shift.changes.round(3), by_shift.handovers.head()

# %% [markdown]
# ## 9 · Areas in areas
#
# Volunteers in police areas in station areas: every unit has one line of command, and sums nest. An area gets as many
# areas below it as makes the heaviest of them lightest.

# %%
tiers = {"station": 4, "police": 12, "volunteer": 30}
nested = pg.nest_areas(minutes, travel, tiers, units=grid, rules=pg.AreaRules(tolerance=0.1), prove=False, effort=100)
nested.table.set_index("code").loc[["1", "1.1", "1.2", "1.3"]].round(2)

# %%
sums = nested.roll_up(recorded_calls)
sums.groupby("tier", sort=False)["sum"].agg(["size", "sum"])

# %%
fig, side_by_side = plt.subplots(1, len(tiers), figsize=(9, 3))
for (tier, tier_plan), axis in zip(nested.plans.items(), side_by_side, strict=True):
    tier_plan.to_gdf().boundary.plot(ax=axis, color="black", linewidth=0.6)
    axis.set_axis_off()
    axis.set_title(f"{tier_plan.n_areas} {tier}", fontsize=9)
plt.show()

# %% [markdown]
# ## 10 · Moves by hand
#
# Whoever knows the ground may move cells. Each move is measured again with balance, travel and bound; `undo` goes back,
# locked cells stay, and what was done by hand stands in the plan's notes.

# %%
heavy = plan.measures.by_area["workload"].idxmax()
draft = pg.draft_areas(plan, locked=plan.measures.by_area["center"])
pairs = pd.DataFrame(dict(zip(("unit", "beside"), map(travel.cells.take, travel.minutes.nonzero()), strict=True)))
pairs = pairs.assign(area=pairs["unit"].map(plan.labels), to=pairs["beside"].map(plan.labels))
first = pairs.query("area == @heavy and to != @heavy").iloc[0]
moved_by_hand = draft.move({first["unit"]: first["to"]})
steps = {"plan": draft, "moved": moved_by_hand, "undone": moved_by_hand.undo()}
pd.DataFrame(
    {name: [step.max_over_mean, step.objective, step.bound, step.gap] for name, step in steps.items()},
    index=["heaviest over mean", "weighted minutes", "bound", "gap"],
).round(3)

# %%
moved_by_hand.to_plan().notes

# %% [markdown]
# ## 11 · New York's precincts redrawn (only where the real data are)

# %%
nyc = Path(os.environ.get("PATROLGEO_DATA", "../../shared/data")) / "nyc"
if not nyc.is_dir():
    print(f"No data of New York in {nyc}; this part is left out.")
else:
    city = pg.HexGrid.from_area(gpd.read_file(nyc / "boroughs.gpkg"), resolution=8)
    crimes = pd.read_parquet(nyc / "incidents_2014_2015.parquet")
    at = city.positions(crimes["lon"], crimes["lat"])
    load = pd.Series(at[at >= 0]).value_counts().reindex(range(len(city)), fill_value=0).set_axis(city.cells)
    ways = pg.hexagon_graph(city)
    precincts = gpd.read_parquet(nyc / "precincts.parquet").to_crs(2263)
    spots = gpd.GeoDataFrame(geometry=city.centroids).to_crs(2263)
    now = gpd.sjoin_nearest(spots, precincts).groupby(level=0)["precinct"].first().reindex(city.cells)
    now = "precinct " + now.astype(str)
    drawn = pg.design_areas(load, city, now.nunique(), travel=ways, random_state=0)
    print(drawn.notes)
    as_they_are = pg.measure_areas(now, load, ways, city.geometry)
    print(pg.compare_areas(drawn, as_they_are).round(2))
    print(curve_of(load, city, now, as_they_are, ways, (20, 5, 1, 0), random_state=0).round(3))

# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How close to even can nine areas be, and what does that cost in minutes?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
even = pg.design_areas(minutes, grid, 9, travel=travel, tolerance=0.01, random_state=0)
pd.DataFrame({"5 %": plan.summary(), "1 %": even.summary()}).loc[["max_over_mean", "mean_travel_minutes"]].round(3)

# %% [markdown]
# **2.** At most one cell in twenty may change its area: how even do today's areas become?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
little = pg.design_areas(
    minutes, grid, today.nunique(), travel=travel, current=today, rules=pg.AreaRules(max_change=0.05), prove=False
)
round(before.max_over_mean, 2), round(little.max_over_mean, 2), int(little.units_moved)
