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
# # 14 · Did it work, and what did it cost
#
# **The question.** Did it work, what moved next door, and what did it cost?
#
# Places, never persons. An effect is said with its interval; "no evidence" is never "no effect"; what moved next door
# is said before what was won. Everything here is **synthetic**: counts that are drawn, with an effect that is known.

# %%
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import patrolgeo as pg

rng = np.random.default_rng(1)

# %% [markdown]
# ## Four counts
#
# Before and after, a treated area and a control area, with the areas around them. With 100 incidents each, a true cut
# of 30 % is found in a third of all trials: ask before the start.

# %%
print(pg.weighted_displacement((308, 318), (207, 110), (150, 140), (178, 157)))
{cut: round(pg.trial_power(100, cut), 2) for cut in (0.1, 0.2, 0.3, 0.5)}

# %% [markdown]
# ## Hot places cool by themselves
#
# The forty hottest of 400 places, and nothing was done. A plain before-after would have seen a success; it is refused
# by name. What the counts let expect says otherwise.

# %%
mean = rng.gamma(1.5, 4, 400)
before, after = (pd.Series(rng.poisson(mean)) for _ in range(2))
hot = before.nlargest(40).index
try:
    pg.before_after(before[hot], after[hot])
except pg.DataError as refused:
    print(refused)
print(pg.hot_place_change(before, after, hot))

# %% [markdown]
# ## By lot
#
# Half of the forty hottest are drawn within pairs of equal risk. From week 26 on a quarter of the incidents of the
# treated ones does not happen. The event study shows the weeks before: they must lie around 0.

# %%
lots = pg.assign_treatment(before.astype(float), 20, random_state=3)
weekly = rng.poisson(mean[lots.table.index][None] / 4, (52, 40))
panel = pd.DataFrame(weekly, columns=lots.table.index)
panel.loc[26:, lots.treated] = rng.binomial(panel.loc[26:, lots.treated], 0.75)
found = pg.difference_in_differences(panel, lots.treated, 26)
print(found)

# %% [markdown]
# With five places no interval is offered: the p of randomisation is all there is.

# %%
few = panel[[*lots.treated[:2], *lots.control[:3]]]
print(pg.difference_in_differences(few, lots.treated[:2], 26))

# %% [markdown]
# ## What an hour did, and what it cost
#
# The lot is the instrument: patrols go where incidents are, so that places must not be compared by their hours alone.

# %%
hours = pd.Series(0.0, panel.columns)
hours[lots.treated] = rng.uniform(10, 30, 20)
print(pg.effect_per_dose(panel, lots.treated, 26, hours))
value, low, high = found.prevented
print(f"prevented {value:.0f} [{low:.0f}, {high:.0f}]")
print(pg.cost_benefit(-40, 120_000, 22.4))

# %% [markdown]
# ## A whole trial from one file
#
# `patrolgeo trial TRIAL.toml --out DIR` draws the lots, seals the promise, plans stops for treated places only and,
# after the end, says what came out. `--verify DIR` runs it again. Here a rehearsal on the sample county, in which a
# fifth of the incidents is taken out, and only six weeks are played.

# %%
county = pg.sample_folder()
text = (county / "trial.toml").read_text(encoding="utf-8").replace('end = "2024-12-22"', 'end = "2024-02-11"')
with tempfile.TemporaryDirectory() as scratch:
    trial = Path(scratch) / "trial.toml"
    for name in ("area.geojson", "incidents.csv", "villages.csv"):
        text = text.replace(f'"{name}"', json.dumps(str(county / name)))
    trial.write_text(text, encoding="utf-8")
    summary = pg.run_trial(trial, Path(scratch) / "out")
    again = pg.verify_trial(Path(scratch) / "out")
print(int(again["differ"].sum()), "numbers differ")
{key: summary["effect"][key] for key in ("effect", "low", "high", "finding")} | {"power": summary["power"]["power"]}

# %% [markdown]
# ## The answer in one picture
#
# Week by week: before the start the dots must lie around 0.

# %%
weeks = found.by_period
ax = weeks["effect"].plot(style="o", figsize=(8, 3))
ax.fill_between(weeks.index, weeks["low"], weeks["high"], alpha=0.2)
ax.axhline(0, color="grey")
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How many incidents before the start does it take to find a cut of 30 % in four trials of five?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
{size: round(pg.trial_power(size, 0.3), 2) for size in (100, 200, 300, 400)}

# %% [markdown]
# **2.** What would a comparison of the forty places with themselves have said, though nothing was done?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
f"{after[hot].sum() / before[hot].sum() - 1:+.0%}, and nothing was done"
