"""A roster that covers every hour, and how much more than wanted it gives.

Lines of 8, 10 or 12 hours with rest and days off. The bound says how few hours any roster needs.
"""

import matplotlib.pyplot as plt
import numpy as np

import patrolgeo as pg

wanted = np.tile([5, 5, 5, 5, 5, 5, 5, 6, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8, 7, 7, 6], 7)
plan = pg.staff_shifts(wanted)
fig, ax = plt.subplots(figsize=(9, 4))
ax.step(range(168), plan.staffed["unit"], where="post", color="#4a7fb0", label="on duty")
ax.step(range(168), wanted, where="post", color="black", linewidth=1, label="wanted")
ax.set(
    xticks=range(0, 168, 24),
    xticklabels=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    ylabel="units",
    ylim=(0, None),
)
ax.set_title(f"{plan.objective:.0f} hours a week, no roster below {plan.bound:.0f}")
ax.legend()
