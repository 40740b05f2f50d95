"""Eight posts that reach most people in a quarter of an hour.

The title says how much is covered, and the proven bound: no eight other places could cover more than that.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
places, villages = pg.read_places(county / "places.csv"), pg.read_population(county / "villages.csv")
minutes = pg.travel_time(roads, places.geometry, villages.geometry, max_minutes=15)
plan = pg.max_coverage(minutes, n_sites=8, max_cost=15, demand=villages["population"], random_state=0)
ax = area.boundary.plot(color="grey", linewidth=0.8, figsize=(8, 6))
for reached, colour in ((False, "#c0392b"), (True, "#7f9fbf")):
    part = villages[plan.covered == reached]
    part.plot(ax=ax, color=colour, markersize=part["population"] / 100, alpha=0.6)
places.loc[plan.sites].plot(ax=ax, color="black", marker="s", markersize=40)
total = plan.demand.sum()
ax.set_title(f"{plan.covered_share:.1%} of residents covered, no other eight above {plan.bound / total:.1%}")
ax.set_axis_off()
