"""Before and after, by lot.

From week 26 on a quarter of the incidents of the treated places does not happen. The points before must lie around
0, else the comparison is not fair.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import patrolgeo as pg

rng = np.random.default_rng(1)
panel = pd.DataFrame(rng.poisson(rng.gamma(2, 1.5, 40), (52, 40)))
panel.loc[26:, :19] = rng.binomial(panel.loc[26:, :19], 0.75)
found = pg.difference_in_differences(panel.groupby(panel.index // 4).sum(), range(20), 7)
table = found.by_period
fig, ax = plt.subplots(figsize=(8, 4))
ax.errorbar(
    table.index,
    table["effect"],
    yerr=[table["effect"] - table["low"], table["high"] - table["effect"]],
    fmt="o",
    capsize=2,
)
ax.axhline(0, color="grey", linewidth=0.8)
ax.set(
    xlabel="periods of four weeks from the start",
    ylabel="effect",
    title=f"effect {found.effect:.0%} ({found.low:.0%} to {found.high:.0%})",
)
