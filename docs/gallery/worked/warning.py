"""A rise is found, and how many false alarms that costs.

Seven years of weekly counts with a season; in the last four weeks twelve more a week.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import patrolgeo as pg

weeks = pd.date_range("2018-01-01", periods=364, freq="7D", name="period")
usual = 6 * np.exp(0.4 * np.sin(2 * np.pi * np.arange(364) / 52.18))
counts = pd.Series(np.random.default_rng(4).negative_binomial(usual, 0.5), weeks, name="theft")
counts.iloc[-4:] += 12
found = pg.Farrington().monitor(counts, test=60)
fig, ax = plt.subplots(figsize=(9, 4))
ax.step(found.index, counts[found.index], where="mid", color="black", linewidth=1, label="recorded")
ax.plot(found.index, found["upper"], color="#c0392b", label="limit")
ax.plot(found.index[found["alarm"]], counts[found.index[found["alarm"]]], "o", color="#c0392b", label="warning")
ax.set_ylabel("incidents a week")
ax.legend()
