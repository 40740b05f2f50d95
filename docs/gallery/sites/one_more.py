"""What one more post buys.

The curve bends where the next post reaches few people. The bound lies on the curve where the plan is proved best.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
places, villages = pg.read_places(county / "places.csv"), pg.read_population(county / "villages.csv")
minutes = pg.travel_time(roads, places.geometry, villages.geometry, max_minutes=15)
curve = pg.marginal_curve(minutes, range(1, 17), 15, villages["population"])
fig, ax = plt.subplots(figsize=(7, 4))
ax.plot(curve.index, 100 * curve["share"], "o-", label="covered")
ax.plot(curve.index, 100 * curve["bound"] / villages["population"].sum(), "k_", markersize=12, label="bound")
ax.set(xlabel="posts", ylabel="residents within 15 minutes, %", ylim=(0, 100))
ax.legend()
