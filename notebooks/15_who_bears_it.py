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
# # 15 · Who bears it, and who may check it
#
# **The question.** Whom do patrols fall on, where is little told, and how can an outsider check it?
#
# Whom patrols fall on, what records that patrols make do to a map, and where little is told. Groups are shares of
# areas, for the audit alone: they say nothing of any person and no forecast sees them
# (高风险单元不构成对任何人盘查的依据). Everything here is **synthetic**.

# %%
import numpy as np
import pandas as pd

import patrolgeo as pg

villages = pg.load_sample("villages").groupby("village")[["population", "in_migrants"]].sum()
calls = pg.load_sample("incidents").query("origin == 'reported'")
place = pg.load_sample("villages").set_index("name")["village"]
recorded = calls["village"].map(place).value_counts().reindex(villages.index, fill_value=0)

# %% [markdown]
# ## The dose a head, by group
#
# Suppose patrols go where records are. How much of that falls on in-migrants, against everybody, and is it more than
# the records explain?

# %%
share = villages[["in_migrants"]] / villages[["population"]].to_numpy()
minutes = 60.0 * recorded**1.5
audit = pg.exposure_audit(minutes, share, villages["population"], need={"recorded": recorded}, reference="all")
audit.by_group[["residents", "per_head_ratio", "per_head_low", "per_head_high", "reason"]].round(2)

# %%
audit.by_need.round(2)

# %% [markdown]
# ## What a cap would cost
#
# The most recorded incidents that ten villages can hold while the group bears at most so many times what the others do.

# %%
table = pg.equity_frontier(recorded.astype(float), villages["population"], share["in_migrants"], 10, [1.5, 1.2, 1.0])
table.round(3)

# %% [markdown]
# ## A map that feeds itself
#
# Two places with the same truth. Patrols go where records are, and make records: any share comes out. Thinned by the
# chance of the patrol, the truth comes back.

# %%
naive = pg.simulate_feedback([0.2, 0.1], days=1500, start=5, n_runs=200)
fair = pg.simulate_feedback([0.2, 0.1], days=1500, start=5, n_runs=200, corrected=True)
shares = pd.DataFrame({"true": naive["true_share"], "naive": naive["share"], "corrected": fair["share"]})
shares.round(3)

# %% [markdown]
# ## Where little is told
#
# In ten villages seven of ten records are lost (`quiet_places.csv`). Against residents they stand out on the whole,
# not one by one. Such a place is one to talk with: outreach, not patrols.

# %%
quiet = pg.load_sample("quiet_places")
kept = calls[~calls["id"].isin(quiet["id"])]["village"].map(place).value_counts().reindex(villages.index, fill_value=0)
silence = pg.under_reporting(kept, {"residents": villages["population"]})
silence["planted"] = silence.index.isin(quiet["village"])
rank = pd.Series(np.arange(1, len(silence) + 1), silence.index)
print(f"mean rank of the planted ten: {rank[silence['planted']].mean():.0f} of {len(silence)}")
silence.head(8)[["recorded", "expected_residents", "score", "p_adjusted", "planted"]].round(2)

# %% [markdown]
# ## The bundle for an outsider
#
# After `patrolgeo plan plan.toml --out out/county`, `patrolgeo audit out/county --out out/audit` writes shared data,
# tables, decision record, assessment and public page. Anybody computes it again: `patrolgeo audit --verify out/audit`.

# %% [markdown]
# ## The answer in one picture
#
# What a cap costs: hits kept, by how many times the group may bear what others do.

# %%
many = pg.equity_frontier(
    recorded.astype(float), villages["population"], share["in_migrants"], 10, [0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2.0]
)
many[many["cap"] < 9].plot("cap", "kept_share", marker="o", figsize=(6, 3), legend=False, ylabel="share of hits kept")
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How far does the share of the first place go wrong when half of the records come from citizens?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
half = pg.simulate_feedback([0.2, 0.1], days=1500, start=5, n_runs=200, reported=0.5)
half[["true_share", "share", "low", "high"]].round(3)

# %% [markdown]
# **2.** Which places would stand first if calls, not residents, were what is known? Why is that no proof of silence?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
by_calls = pg.under_reporting(kept, {"all records": recorded.astype(float)})
by_calls.head(3)[["recorded", "score", "p_adjusted"]].round(3)
