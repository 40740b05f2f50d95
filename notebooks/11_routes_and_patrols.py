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
# # 11 · Patrols: what was planned, what was patrolled, what came back
#
# Where were the cars, and for how long? What was done of the plan, what beside it, what not at all? Are the positions
# frequent enough for the cells? What came back of the tasks?
#
# The sample county is **synthetic**, and so are its patrols: two weeks of three cars, of which the truth is known. All
# of it is told by place, shift and week, never by officer.

# %%
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()
grid = pg.HexGrid.from_area(pg.read_area(county / "area.geojson"), resolution=8)
shifts = pg.read_shifts(county / "shifts.csv").loc[["early", "late", "night"]]

# %% [markdown]
# ## Reading the log
#
# Units leave as hashes under a key that you keep, drivers not at all. The ledger tells what is wrong with the log;
# faults stay until we ask for them to be set aside.

# %%
patrols, ledger = pg.read_patrols(
    county / "patrols.parquet", key="keep me", set_aside=["clock", "jump", "repeated"], return_ledger=True
)
print(ledger.to_text())
patrols.head(3)

# %% [markdown]
# ## Every minute of the log
#
# The time from one position to the next counts for the cell of the first, gaps of more than five minutes for none. The
# gaps here are mostly the hours off duty, and one lost signal a shift.

# %%
pg.patrol_account(patrols, grid, ledger=ledger)

# %%
dose = pg.patrol_dose(patrols, grid, min_stay_minutes=3)
by_shift = pg.patrol_dose(patrols, grid, shifts=shifts, min_stay_minutes=3)
dose.nlargest(5, "minutes")

# %% [markdown]
# With every second position left out, the minutes of the median cell change by this share. Below a tenth, cells of this
# size can be told apart.

# %%
print(f"{pg.thinning_change(patrols, grid):.1%}")

# %% [markdown]
# Here the truth is known. What the cars' receivers saw is found again; what they did while the signal was lost is not.

# %%
truth = pd.read_csv(county / "patrols_truth.csv").groupby("cell")[["minutes", "seen_minutes"]].sum()
seen = truth["seen_minutes"].reindex(grid.cells, fill_value=0)
print(f"found {dose['minutes'].sum():,.0f} of {seen.sum():,.0f} minutes seen, {truth['minutes'].sum():,.0f} in truth")
print(f"differences over cells add up to {(dose['minutes'] - seen).abs().sum() / seen.sum():.1%}")

# %% [markdown]
# ## Against the plan
#
# Too much in one cell never makes up for none elsewhere. The interval holds the cells for a sample.

# %%
tasks = pg.read_tasks(county / "patrol_tasks.csv")
tasks["cell"] = grid.cells[grid.positions(tasks["lon"], tasks["lat"])]
went = pg.compare_delivery(tasks[["cell", "shift", "minutes"]], by_shift)
print(went)
went.by_shift[["planned", "delivered", "done_share", "low", "high", "never"]].round(2)

# %% [markdown]
# Places that nobody went to, in which shift; and how many of the planned cells got which part of their plan.

# %%
print(list(went.never_visited))
went.dose_curve

# %% [markdown]
# A cell may get its minutes from driving through and from longer stops elsewhere in it, so the share of *cells* is
# above that of *stops*. The truth of the stops:

# %%
stops = pd.read_csv(county / "patrol_stops_truth.csv")
print(f"{stops['minutes'].sum() / tasks['minutes'].sum():.1%} of the minutes of the stops were really spent there")

# %% [markdown]
# ## What came back of the tasks
#
# Each stop has an id. The sheets come back with taken, done, minutes, activity, and reason not done: places and units
# only, answers from short lists.

# %%
reports, came = pg.read_reports(county / "patrol_reports.csv", tasks, return_ledger=True)
print(came.to_dict())
pg.task_shares(tasks, reports, by=["week"]).filter(regex="tasks|_share").round(3)

# %%
reports.loc[reports["reported"] & ~reports["done"], "reason"].value_counts()

# %% [markdown]
# ## Who gets the patrols
#
# Minutes a resident, for the audit of who bears the patrols; cells where nobody lives have none.

# %%
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, ["population"])["population"]
heads = pg.delivered_per_head(dose, people)
heads[heads > 0].describe().round(2)
