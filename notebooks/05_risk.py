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
# # 05 · How much next: from panel to forecast to scores
#
# **The question.** How many incidents to expect where, and is that better than the maps everybody has?
#
# The sample county is **synthetic**: every name and number in it is invented, so here we can also look at the truth.
#
# - What was recorded is not what happened.
# - A cell with high risk is no ground for stopping, searching or suspecting anyone in it
#   (高风险单元不构成对任何人盘查的依据).
# - A zero means "no recorded incident", never "safe".

# %%
from functools import partial

import numpy as np
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
people = pg.read_population(county / "villages.csv")
roads = pg.read_roads(county / "roads.geojson")

# %% [markdown]
# ## 1 · The panel
#
# Periods are rows, cells are columns. What officers found on patrol says where patrols were, and fraud is recorded at
# the station: both stay out. A county is modelled on cells of resolution 8.

# %%
reported = incidents[(incidents["origin"] != "officer") & ~incidents["category"].str.contains("fraud")]
grid = pg.HexGrid.from_area(area, resolution=8)
population = pg.interpolate(people, grid, "population")["population"]
patrollable = pg.patrollable_cells(grid, inhabited=population, roads=roads)
cells = patrollable.index[patrollable]
panel = pg.count_incidents(reported, grid)[cells]
panel.shape, int(panel.to_numpy().sum())

# %% [markdown]
# ## 2 · A forecast
#
# The default mixes smoothed histories, the population and places; the past decides the weights, apart for the hottest
# ground.

# %%
model = pg.RiskStack().fit(panel, exposure=population[cells])
expected = model.predict(4)
expected.sum(axis=1).round(1)

# %%
weights = model.weights_.rename(columns="{:.0%} of the area".format)
weights[(weights > 0.05).any(axis=1)].round(2)

# %% [markdown]
# An interval stands beside every number. Bounds of a sum are asked for as a sum, because cells rise and fall together.

# %%
city = pd.Series("county", index=cells)
model.predict_interval(4, level=0.9, groups=city)

# %% [markdown]
# How sure is it that a cell is among the riskiest 1 % of the area? Even the first is seldom certain.

# %%
model.top_probability(area_share=0.01).sort_values(ascending=False).head()

# %% [markdown]
# ## 3 · A backtest: what would each have said, standing at each origin?
#
# Two naive maps run along with every forecast (`naive_maps`): past counts, and the population. Four weeks are summed,
# because one week of a county holds some twenty incidents and a few hits are luck.

# %%
models = pg.naive_maps() | {"kernel": pg.KernelRisk(), "stack": pg.RiskStack()}
forecasts = pg.backtest(models, panel, window=4, step=4, n_origins=8, exposure=population[cells])
scores = pg.evaluate(panel, forecasts)
pg.summarise_scores(scores).pivot(index="model", columns="metric", values="value").round(3)

# %% [markdown]
# Is the difference more than luck? Paired over origins: hard months are hard for all. An interval that holds 0 is a
# tie, and is called one.

# %%
pg.compare(scores, reference="past counts").query("metric == 'log_score_spatial'").round(3)

# %% [markdown]
# ## 4 · A hit rate needs its budget
#
# "40 % of incidents" says nothing without the area that was flagged for it. The same map, at several budgets:

# %%
budgets = (0.005, 0.01, 0.02, 0.05, 0.10)
metrics = {f"{share:.1%} of the area": partial(pg.hit_rate, area_share=share) for share in budgets}
pg.evaluate(panel, forecasts, metrics).groupby("model").mean(numeric_only=True).round(3)

# %% [markdown]
# ## 5 · The ceiling: chance keeps every forecaster below 1
#
# PEI compares with a map drawn after the fact. Nobody can foresee which of a hundred equal cells chance picks, so even
# the true intensity stays below 1. `pei_ceiling` is what this forecast would reach if it were the truth.
# Read the share attained, and beside it the one of past counts: a flat forecast lowers its own ceiling.

# %%
ceiling = {
    "pei": partial(pg.pei, area_share=0.01),
    "ceiling": lambda _, y_pred, area: pg.pei_ceiling(y_pred, 0.01, area),
}
table = pg.evaluate(panel, forecasts, ceiling).groupby("model").mean(numeric_only=True)
table.assign(attained=table["pei"] / table["ceiling"]).round(3)

# %% [markdown]
# ## 6 · Precision per box is not accuracy
#
# Take the cells flagged at 1 % of the area and ask: in how many did anything happen in these four weeks? Few. A
# headline would read "most predictions were wrong". But the question of a planner is another one: how much denser
# were incidents there than elsewhere (PAI)? Where incidents are rare, both are true of the same map.

# %%
said, window = forecasts["stack"].iloc[-1], panel.loc[forecasts.index[-1] :].iloc[:4].sum()
flagged = said.nlargest(round(0.01 * len(said))).index
{
    "flagged cells": len(flagged),
    "of them with an incident": f"{(window[flagged] > 0).mean():.0%}",
    "hit rate": f"{pg.hit_rate(window, said, 0.01):.0%}",
    "PAI": round(pg.pai(window, said, 0.01), 1),
}

# %% [markdown]
# ## 7 · Calibration: do risky cells turn out as risky as said?

# %%
happened = [panel.loc[t:].iloc[:4].sum() for t in forecasts.index]
tables = [pg.calibration_table(y, forecasts["stack"].loc[t]) for t, y in zip(forecasts.index, happened, strict=True)]
pooled = sum(t[["expected", "observed"]] for t in tables)
pooled.assign(ratio=pooled["observed"] / pooled["expected"]).head(5).round(2)

# %% [markdown]
# ## 8 · And the truth?
#
# Only a synthetic county can be asked. Rank correlation of each map with the true intensity, over the cells that have
# any:

# %%
truth = pd.read_parquet(county / "truth.parquet").groupby("cell")["intensity"].sum().reindex(cells).fillna(0.0)
some = truth.index[truth > 0]
pd.Series({name: forecasts[name].mean()[some].corr(truth[some], method="spearman") for name in models}).round(2)

# %% [markdown]
# ## 9 · Ask for Friday night
#
# Every model answers for hours of the week: the forecast times the share of these hours, cell by cell, as far as cells
# differ in it. Here the sixteen hours of two nights hold less than their share of the clock (16 of 168).

# %%
night = model.predict_hours(reported, 4, days=["Fri", "Sat"], hours=("22:00", "06:00"))
round(night.to_numpy().sum() / expected.to_numpy().sum(), 3), round(16 / 168, 3)

# %% [markdown]
# ## 10 · By count and by harm
#
# A theft and a robbery are one incident each. Give the weights that your office has agreed on; these are invented.

# %%
kinds = pg.count_incidents(reported, grid, category=["theft", "burglary", "assault", "ebike_theft", "farm_theft"])
by_kind = {
    kind: pg.RiskStack(target=kind).fit(kinds[[(k, c) for k in kinds.columns.levels[0] for c in cells]],
                                        exposure=population[cells]).predict().iloc[0]
    for kind in ("theft", "burglary", "assault")
}  # fmt: skip
pg.rank_by_harm(by_kind, {"theft": 2, "burglary": 20, "assault": 60}).head().round(2)

# %% [markdown]
# ## 11 · Why there? Kinds of places, with factors and intervals
#
# Clinics and hospitals are refused as covariates of risk. Every block of ground is compared with itself, and a layer
# enters only when clusters of incidents cannot explain it: in the county few do, which is the honest answer for some
# 600 thefts.

# %%
places = pg.read_places(county / "places.csv")
drawing = places[~places["kind"].isin(["clinic", "hospital"])]
thefts = pg.count_incidents(reported, grid, category="theft")[cells]
terrain = pg.RiskTerrain().fit(thefts, exposure=population[cells], covariates=drawing)
terrain.relative_risk_.round(2)

# %% [markdown]
# The story of the cells with most to be expected, for a problem sheet. A cell that is not named lies in no such layer.

# %%
terrain.story(by_kind["theft"].nlargest(5).index).round(2)

# %% [markdown]
# A regression says what goes together over all cells; it does not compare like with like. Intervals are clustered.

# %%
some_places = drawing[drawing["kind"].isin(["bank", "supermarket", "market"])]
regression = pg.NegativeBinomialRegression().fit(thefts, exposure=population[cells], covariates=some_places)
table = regression.coefficients_
table.assign(low=np.exp(table["low"]), high=np.exp(table["high"]))[["ratio", "low", "high", "p_adjusted"]].round(3)

# %% [markdown]
# ## What to take home
#
# - Give the budget with every hit rate, the ceiling with every PEI, an interval with every difference.
# - The stack is as good as the best simple method without having to know which one that is.
# - Patrols change what is recorded. Judge a plan by the evaluation of its effects, not by this backtest.

# %% [markdown]
# ## The answer in one picture
#
# The share of incidents caught at every budget, over all origins.

# %%
later = panel.loc[forecasts.index[0] :].iloc[: 4 * len(forecasts)].sum()
curves = {name: pg.accuracy_curve(later, forecasts[name].sum()).set_index("area_share")["hit_rate"] for name in models}
ax = None
for name, curve in curves.items():
    ax = curve.plot(ax=ax, label=name, legend=True, xlim=(0, 0.2), figsize=(6, 4), ylabel="share of incidents")

# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** Which models beat the map of residents by more than luck?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
pg.compare(scores, reference="population").query("metric == 'log_score_spatial'").round(3)

# %% [markdown]
# **2.** Would a mean that forgets (`Ewma`) have caught more at 5 % of the area?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
both = pg.backtest({"ewma": pg.Ewma(), "past": pg.HistoricalMean()}, panel, window=4, step=4, n_origins=8)
pg.evaluate(panel, both, {"hit rate": partial(pg.hit_rate, area_share=0.05)}).groupby("model").mean(numeric_only=True)
