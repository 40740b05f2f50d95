"""What a cap on exposure costs.

The most recorded incidents that ten villages can hold while a group bears at most so many times what the others do.
"""

import matplotlib.pyplot as plt
import numpy as np

import patrolgeo as pg

settlements = pg.load_sample("villages")
villages = settlements.groupby("village")[["population", "in_migrants"]].sum()
village_of = settlements.set_index("name")["village"]
records = pg.load_sample("incidents").query("origin == 'reported'")["village"].map(village_of)
hits = records.value_counts().reindex(villages.index, fill_value=0).astype(float)
share = villages["in_migrants"] / villages["population"]
table = pg.equity_frontier(hits, villages["population"], share, 10, list(np.arange(0.8, 3.01, 0.2)))
fig, ax = plt.subplots(figsize=(7, 4))
capped = table[np.isfinite(table["cap"])]
ax.plot(capped["cap"], 100 * capped["kept_share"], "o-")
ax.set(xlabel="cap on the ratio of exposure, group / others", ylabel="hits kept, %")
