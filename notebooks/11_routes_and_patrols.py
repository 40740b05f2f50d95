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
# # 11 · Routes and patrols: what is planned, what was patrolled, what came back
#
# **The question.** What was planned, what was patrolled, and what came back of the tasks?
#
# Which stops are worth most within a shift, so that nobody can foresee them? Where were the cars, and for how long?
# What was done of the plan, what beside it, what not at all? Are the positions frequent enough for the cells? What came
# back of the tasks?
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
# ## Routes: stops worth most within a shift
#
# The 60 cells with most records, minutes on the roads between them, two cars of one station, a shift of eight hours,
# and stops of 12 minutes (Koper found 10 to 15 best). A cell is worth what was recorded there; a plan would take the
# forecast. No stop stands for a person: its reason is the number of its cell.

# %%
incidents = pg.read_incidents(county / "incidents.csv", places=county / "villages.csv", return_ledger=True)[0]
worth = grid.locate(incidents).value_counts().nlargest(60)
base = grid.locate(pg.read_forces(county / "forces.csv").iloc[[0]]).iloc[0]
cells = worth.index.union([base])
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
middles = grid.centroids.loc[cells]
minutes = pg.travel_time(roads, middles, middles, as_sparse=False)
plan = pg.design_routes(worth.reindex(cells, fill_value=0).astype(float), minutes, 2, 480, 12, base=base, effort=0.1)
print(plan)
plan.stops.head(4)

# %% [markdown]
# The best plan every day would soon be known. A day's plan is drawn from plans nearly as good; the same day and seed
# give the same plan, and who does not know the seed cannot foresee it. Its stops become tasks with ids.

# %%
today = plan.draw("2025-01-06", seed=7)
print(f"{today.objective / plan.objective:.1%} of the best plan")
pg.make_tasks({"stop": today.stops}, day="2025-01-06 06:00")[["task", "start", "unit", "place", "minutes"]].head(4)

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

# %% [markdown]
# ## The answer in one picture
#
# Minutes by cell that the cars' receivers saw.

# %%
shown = dose["minutes"].where(dose["minutes"] > 0)
ax = grid.to_gdf(shown.dropna()).plot("minutes", cmap="YlGnBu", legend=True, vmax=shown.quantile(0.95), figsize=(7, 5))
ax.set_axis_off()
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How many places of one day's stops come again on the next day?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
tomorrow = plan.draw("2025-01-07", seed=7)
first, second = set(today.stops["place"]), set(tomorrow.stops["place"])
len(first & second), len(first), len(second)

# %% [markdown]
# **2.** In which shift was least of the plan done, and is that more than chance?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
went.by_shift["done_share"].idxmin(), went.by_shift[["low", "high"]].round(2)
