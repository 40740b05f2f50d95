"""Quick on the mean, or nobody left far away.

p-median makes the mean short, p-center the longest way. Minutes of each village under both.
"""

import matplotlib.pyplot as plt
import numpy as np

import patrolgeo as pg

county = pg.sample_folder()
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
places, villages = pg.read_places(county / "places.csv"), pg.read_population(county / "villages.csv")
minutes = pg.travel_time(roads, places.geometry, villages.geometry, as_sparse=False)
minutes = minutes.loc[:, np.isfinite(minutes).all()]
fig, ax = plt.subplots(figsize=(7, 4))
for model, name in ((pg.p_median, "p-median"), (pg.p_center, "p-center")):
    cost = model(minutes, 9).cost.sort_values()
    ax.plot(cost, np.linspace(0, 100, len(cost)), label=f"{name}: mean {cost.mean():.1f}, longest {cost.max():.0f}")
ax.set(xlabel="minutes to the nearest of nine sites", ylabel="villages, %")
ax.legend()
