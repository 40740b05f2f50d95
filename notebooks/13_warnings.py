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
# # 13 · What is rising: detectors, warnings, a watch
#
# **The question.** What is rising by more than chance explains, and how many false alarms does finding it cost?
#
# A warning is a hint for the desk that something rises by more than chance explains: of a kind, at a place, at a time
# of day, or around a place. It is no order, and about places, never persons (高风险单元不构成对任何人盘查的依据).
#
# Everything here is **synthetic**: the sample county with thirteen later weeks in `inbox/`, in which four rises were
# planted.

# %%
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()

# %% [markdown]
# ## One series, four detectors
#
# Seven years of weekly counts with a season; in the last four weeks twelve more a week. EARS looks at the weeks just
# before and knows no season; Farrington asks the same season of five years; the moving negative binomial serves short
# histories and cells.

# %%
weeks = pd.date_range("2018-01-01", periods=364, freq="7D", name="period")
usual = 6 * np.exp(0.4 * np.sin(2 * np.pi * np.arange(364) / 52.18))
counts = pd.Series(np.random.default_rng(4).negative_binomial(usual, 0.5), weeks, name="theft")
counts.iloc[-4:] += 12
detectors = {
    "EARS C2": pg.Ears(method="C2"),
    "Farrington": pg.Farrington(),
    "NegBinEwma": pg.NegBinEwma(),
    "CUSUM": pg.Cusum(),
}
found = {name: detector.monitor(counts, test=60) for name, detector in detectors.items()}
rise = counts.index[-4:]
table = pd.DataFrame(
    {
        "alarms before the rise": {name: int(f["alarm"].drop(rise).sum()) for name, f in found.items()},
        "weeks of the rise found": {name: int(f.loc[rise, "alarm"].sum()) for name, f in found.items()},
    }
)
table

# %%
found["Farrington"].tail(6)[["expected", "upper", "p_value", "alarm", "status"]].round(3)

# %% [markdown]
# ## Many series at once
#
# Two hundred cells, nothing planted but one: at 0.01 a cell, every week may bring two false alarms. `raise_alerts`
# holds the share of false ones among the alerts, and says how many chance would bring.

# %%
rng = np.random.default_rng(5)
panel = pd.DataFrame(rng.poisson(rng.gamma(2, 0.5, 200), (120, 200)), weeks[:120], [f"v{k:03d}" for k in range(200)])
panel.iloc[-2:, 17] += 9
every = pg.raise_alerts(panel, pg.NegBinEwma(), fdr=None, test=20)
held = pg.raise_alerts(panel, pg.NegBinEwma(), test=20)
pd.DataFrame({"alerts": [len(every), len(held)],
              "by chance, announced": [sum(t.attrs["false_alarms"].values()) for t in (every, held)]},
             index=["every alarm", "false discoveries held at 5 %"]).round(2)  # fmt: skip

# %%
held[["period", "place", "kind", "grade", "observed", "expected", "q", "first_seen", "state"]].round(
    {"expected": 2, "q": 5}
)

# %% [markdown]
# ## The watch
#
# `patrolgeo watch PLAN.toml --out DIR` reads what is new and writes what rises; cron calls it each hour. Here the first
# eight weekly files come, then the other five, then nothing.

# %%
desk = Path(tempfile.mkdtemp()) / "desk"
(desk / "inbox").mkdir(parents=True)
for path in county.iterdir():
    if path.name != "inbox":
        (desk / path.name).write_bytes(path.read_bytes())
files = sorted((county / "inbox").iterdir())


def come(some):
    for path in some:
        (desk / "inbox" / path.name).write_bytes(path.read_bytes())
    return pg.run_watch(desk / "plan.toml", desk / "out")


pd.DataFrame([come(files[:8]), come(files[8:]), come([])], index=["8 files", "5 more", "nothing new"])[
    ["files", "read", "records", "withdrawn", "superseded_or_expired", "news"]
]

# %% [markdown]
# What was planted, and what the last eight weeks say of it:

# %%
alerts = pd.read_csv(desk / "out" / "alerts.csv", keep_default_na=False)
planted = pd.DataFrame(json.loads((county / "rises.json").read_text("utf-8")))


def weeks_found(rise):
    here = alerts[(alerts["kind"] == rise["kind"]) & alerts["period"].between(rise["first"], rise["last"])]
    return here["period"].nunique()


planted.assign(weeks_with_a_warning=planted.apply(weeks_found, axis=1))[
    ["kind", "category", "more_a_week", "first", "last", "weeks_with_a_warning"]
]

# %%
alerts[alerts["state"] == "continuing"][
    ["period", "kind", "what", "grade", "observed", "expected", "first_seen"]
].round(1)

# %% [markdown]
# ## The answer in one picture
#
# The series, the limit of Farrington, and its warnings.

# %%
last = found["Farrington"]
ax = pd.DataFrame({"recorded": counts[last.index], "limit": last["upper"]}).plot(figsize=(8, 3))
counts[last.index[last["alarm"]]].plot(ax=ax, style="o", label="warning", legend=True)
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How many weeks of the rise does Farrington still find at `alpha=0.001`?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
calm = pg.Farrington(alpha=0.001).monitor(counts, test=60)
int(calm.loc[rise, "alarm"].sum()), int(calm["alarm"].drop(rise).sum())

# %% [markdown]
# **2.** And when only four more a week come, not twelve?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
little = counts.copy()
little.iloc[-4:] -= 8
{name: int(d.monitor(little, test=60).loc[rise, "alarm"].sum()) for name, d in detectors.items()}
