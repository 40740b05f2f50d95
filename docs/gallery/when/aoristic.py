"""A night is not a moment.

Burglaries of people who were away have an earliest and a latest time. Counting the beginning puts them into the
early evening; aoristic weights spread each over its interval.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
nights = incidents[incidents["category"] == "burglary"]
beginning, spread = pg.hour_of_week(nights).sum(), pg.aoristic_week(nights).sum()
fig, ax = plt.subplots(figsize=(8, 4))
for counts, name in ((beginning, "at the beginning"), (spread, "spread over the interval")):
    ax.step(range(24), counts.groupby(counts.index % 24).sum(), where="mid", label=name)
ax.set(xlabel="hour of the day", ylabel="burglaries", xticks=range(0, 24, 3))
ax.legend()
