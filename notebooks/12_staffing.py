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
# # 12 · Staffing: how many units at which hour, who works when, what an event takes
#
# Calls come by the hour, people work in shifts. This notebook goes from the calls of the **synthetic** sample county
# to units by hour, to a weekly roster that keeps every rest, to the sheet that is filed, and to a fair that binds
# units for a day.

# %%
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
#
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
# Not in these numbers: how far away the free unit is. `service=` of `staff_units` takes a model that knows the map.
