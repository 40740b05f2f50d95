"""Is the trial large enough?

The chance of finding a true cut, by the incidents expected without it. Ask before the start.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

expected = [25, 50, 100, 200, 400, 800, 1600]
fig, ax = plt.subplots(figsize=(7, 4))
for cut in (0.1, 0.2, 0.3, 0.5):
    ax.plot(expected, [100 * pg.trial_power(n, cut) for n in expected], "o-", label=f"a cut of {cut:.0%}")
ax.axhline(80, color="grey", linewidth=0.8)
ax.set(xscale="log", xlabel="incidents before the start in each arm", ylabel="found, % of trials", ylim=(0, 100))
ax.legend()
