"""Where little is told.

In ten villages seven of ten records are lost. Against residents they stand out on the whole, not one by one. Such a
place is one to talk with: outreach, not patrols.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

settlements = pg.load_sample("villages")
residents = settlements.groupby("village")["population"].sum()
quiet = pg.load_sample("quiet_places")
calls = pg.load_sample("incidents").query("origin == 'reported'")
told = calls[~calls["id"].isin(quiet["id"])]["village"].map(settlements.set_index("name")["village"])
found = pg.under_reporting(told.value_counts().reindex(residents.index, fill_value=0), {"residents": residents})
colour = ["#c0392b" if place in set(quiet["village"]) else "#9aa5ad" for place in found.index]
fig, ax = plt.subplots(figsize=(8, 4))
ax.scatter(range(1, len(found) + 1), found["score"], c=colour, s=18)
ax.set(
    xlabel="rank, the quietest first",
    ylabel="score (below 0: less is told than expected)",
    title="red: the planted ten",
)
