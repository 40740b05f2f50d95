"""One town was treated: against a mixture of others.

The mixture follows the town before the start; what opens after it is the effect, ranked among placebo towns.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import patrolgeo as pg

rng = np.random.default_rng(2)
common = 50 + 10 * np.sin(np.arange(40) / 4)
towns = pd.DataFrame({f"town {k}": common * rng.uniform(0.8, 1.2) + rng.normal(0, 1.5, 40) for k in range(15)})
towns.loc[28:, "town 0"] -= 9
found = pg.synthetic_control(towns, "town 0", 28)
fig, ax = plt.subplots(figsize=(8, 4))
ax.plot(towns["town 0"], color="black", label="town 0")
ax.plot(towns["town 0"] - found.gap, "--", color="#c0392b", label="mixture of others")
ax.axvline(27.5, color="grey", linewidth=0.8)
ax.set(xlabel="period", ylabel="incidents", title=f"effect {found.effect:.1f}, rank {found.rank} of 15")
ax.legend()
