"""A map that feeds itself.

Two places with rates of 0.2 and 0.1: the true share of the first is two thirds. A patrol that goes where records
are, and makes records, ends anywhere; thinned by the chance of the patrol, the truth comes back.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

naive = pg.simulate_feedback([0.2, 0.1], days=1500, start=5, n_runs=200)
fair = pg.simulate_feedback([0.2, 0.1], days=1500, start=5, n_runs=200, corrected=True)
fig, ax = plt.subplots(figsize=(7, 3))
for y, (name, table) in enumerate({"as recorded": naive, "corrected": fair}.items()):
    first = table.iloc[0]
    ax.errorbar(
        first["share"], y, xerr=[[first["share"] - first["low"]], [first["high"] - first["share"]]], fmt="o", capsize=4
    )
    ax.annotate(name, (first["low"], y), xytext=(0, 8), textcoords="offset points")
ax.axvline(naive["true_share"].iloc[0], color="black", linewidth=0.8)
ax.set(
    xlim=(0, 1), ylim=(-0.5, 1.6), yticks=[], xlabel="share of the records of the first place; the line is the truth"
)
