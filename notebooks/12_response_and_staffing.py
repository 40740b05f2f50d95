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
# # 12 · Response and staffing: how long callers wait, how many units at which hour, who works when
#
# **The question.** How long do callers wait, how many units are needed at which hour, and who works when?
#
# Calls come by the hour, people work in shifts. This notebook goes from the calls of the **synthetic** sample county
# to the minutes until somebody is there, today and under a plan, to units by hour, to a weekly roster that keeps every
# rest, to the sheet that is filed, and to a fair that binds units for a day.

# %%
import numpy as np
import pandas as pd

import patrolgeo as pg
from patrolgeo.testing import check_roster

county = pg.sample_folder()
calls = pg.read_calls(county / "calls.csv")
rates, busy_hours = pg.hourly_calls(calls, report_minutes=15)
rates.iloc[[3, 10, 20]], round(60 * busy_hours)

# %% [markdown]
# A row is an hour of the week, 0 is Monday 00:00. `low` and `high` say how sure the rate is: an hour with few records
# is not known well. A unit is busy for about an hour with way, scene and report.

# %%
pg.plot_hour_week(calls.rename(columns={"received": "time"}))
# %% [markdown]
# ## How long callers wait: today's stations and nine middles
#
# A unit at each station today, against as many units in the middles of nine even areas. Calls are drawn at the rates
# of the record, by place and hour; both sides meet the **same** calls, so their difference is known well.

# %%
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)
travel = pg.hexagon_graph(
    grid, barriers=pg.read_roads(county / "river.geojson"), roads=pg.read_roads(county / "roads.geojson")
)
stations = grid.locate(pg.read_forces(county / "forces.csv").query("role == 'station'")).dropna().unique()
cell = grid.locate(calls)
hours = (calls["received"].max() - calls["received"].min()) / pd.Timedelta(hours=1)
by_cell = cell.value_counts().reindex(grid.cells, fill_value=0) / hours
areas_of_nine = pg.design_areas(by_cell + by_cell.mean() / 10, grid, 9, travel=travel, random_state=0)
middles = areas_of_nine.centers.dropna().unique()
bases = pd.Index([*stations, *middles]).unique()
minutes_to = pd.DataFrame(travel.travel_minutes(bases), bases, grid.cells)
today = pd.DataFrame({"base": stations}, [f"station {k + 1}" for k in range(len(stations))])
proposed = pd.DataFrame(
    {"base": middles[np.arange(len(stations)) % len(middles)]}, [f"car {k + 1}" for k in range(len(stations))]
)

work = ((calls["cleared"] - calls["arrived"]) / pd.Timedelta(minutes=1)).loc[lambda m: m.between(1, 480)]
drawn = pg.sample_calls(
    by_cell, weeks=26, minutes=work.to_numpy(), rhythm=rates["rate"].to_numpy(),
    priorities=calls["priority"].value_counts(normalize=True).sort_index().to_dict(),
)  # fmt: skip
response = pg.plan_response(drawn, proposed, minutes_to, today=today, within=15)
print(response)

# %% [markdown]
# `against today` with its interval is the answer: even areas are not quicker of themselves. Stations stand in towns,
# where most calls come from; a unit in the middle of an area is nearer to the land around. Who drives out on patrol
# stands at neither. What comes by priority:

# %%
sides = {"today": response.today, "proposed": response.proposed}
pg.response_table(sides, "priority", within=15).round(2)

# %% [markdown]
# ## What one unit more does
#
# One thing changes at a time, with the same calls again. Hardly a call waits for a unit here; a second unit helps
# where the first one is out and the next is far. The least of what is lost when a place has no unit is told below it.

# %%
response.variants.groupby("kind").head(3).round(3)

# %% [markdown]
# ## The long run, without a simulation
#
# The hypercube has the workloads and the share of calls answered from another area exactly, in a moment.

# %%
finished = 60 / (work.mean() + response.proposed.counted["travel"].mean())
exact = pg.hypercube(by_cell, finished, travel=minutes_to.loc[proposed["base"]].set_axis(proposed.index))
beside = pd.DataFrame({"hypercube": exact.workload, "simulated": response.proposed.workload})
print(exact)
beside.join(response.proposed.workload_interval).round(3)

# %% [markdown]
# They differ where the hypercube knows less: it takes one time for every call, though a far one keeps its unit longer.
#
# ## Units that the map asks for
#
# `hypercube_service` asks for units that are there in time, not only free.

# %%
mapped = pg.hypercube_service(minutes_to.loc[middles], by_cell, mean_service_hours=busy_hours, within_minutes=20)
pd.Series({n: mapped(rates["rate"].max(), n) for n in (4, 6, 9, 12)}, name="there within 20 minutes").round(3)

# %% [markdown]
# ## Units by hour
#
# For nine calls of ten a unit shall be free within ten minutes. The cautious planner takes the upper ends of the rates.

# %%
wish = {"mean_service_hours": busy_hours, "share": 0.9, "within_hours": 10 / 60}
units = pg.staff_units(rates["rate"], **wish)
cautious = pg.staff_units(rates["high"], **wish)
pd.DataFrame({"units": units, "cautious": cautious, "lag": pg.staff_units(rates["rate"], lag=True, **wish)}).sum()

# %% [markdown]
# The calls of this county ask for few units at once; its nine areas ask for more, one each around the clock. So the
# areas decide, not the queue. What do nine units give?

# %%
wanted = units.clip(lower=9)
service = pg.measure_units(
    wanted, rates["rate"], mean_service_hours=busy_hours, within_hours=10 / 60, road_km=2200, speed_kmh=30
)
service[["within_share", "committed_share", "patrol_interval_hours"]].describe().loc[["min", "mean", "max"]].round(3)

# %% [markdown]
# Committed time far below one half: there is room to patrol. Above 0.6 there would be none; that is advice of
# consultants, not a law.
#
# ## Shifts
#
# Lines of 8, 10 or 12 hours, eleven hours of rest, two days off in a row. The bound says how few hours any roster
# needs.

# %%
plan = pg.staff_shifts(wanted)
check_roster(plan)  # every rest, every day off, every hour, counted in another way
print(plan)

# %%
plan.lines.head()

# %% [markdown]
# `employed` counts leave, training and sickness: so many people must be on the books for the lines to be
# manned all year.
#
# ## The sheet

# %%
areas = pd.Series(1.0, index=[f"area {k}" for k in range(1, 10)])
sheet = pg.roster_sheet(plan, "2025-01-06", {"unit": areas}, vehicles={"unit": 1})
sheet.head()

# %% [markdown]
# ## A fair for a day
#
# It binds a quarter of the units from 9 to 21 o'clock on a Saturday. Areas with two units give first, then the nearest.

# %%
hours = [24 * 5 + h for h in range(9, 21)]
on_duty = pd.DataFrame(1, index=hours, columns=areas.index)
minutes = pd.Series(range(5, 50, 5), index=areas.index, dtype=float)
left = pg.bind_units(on_duty, minutes, 0.25)
before, meanwhile = (
    pg.measure_units(table.sum(axis=1), rates["rate"].loc[hours], mean_service_hours=busy_hours, within_hours=10 / 60)
    for table in (on_duty, left)
)
pd.DataFrame({
    "units": before["units"], "left": meanwhile["units"], "in time": before["within_share"].round(4),
    "meanwhile": meanwhile["within_share"].round(4), "committed meanwhile": meanwhile["committed_share"].round(3),
}).iloc[[0, 5, 11]]  # fmt: skip

# %% [markdown]
# In a plan file this is a table `[[events]]` with an end. For assemblies, religious and political gatherings only
# safety posts are offered (medical, exits, traffic): nobody is watched, checked or forecast for gathering.
#
# Not in the units by hour: how far away the free unit is. `service=` of `staff_units` takes a model that knows the map,
# such as `hypercube_service` above.

# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How many unit-hours a week more when 95 calls of 100 must find a free unit in time?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
stricter = pg.staff_units(rates["rate"], **(wish | {"share": 0.95}))
int(stricter.sum() - units.sum()), int(units.sum())

# %% [markdown]
# **2.** What do lines of twelve hours alone cost?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
long = pg.staff_shifts(wanted, lengths=(12,))
long.objective - plan.objective, long.objective - long.bound
