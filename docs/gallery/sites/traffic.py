"""Estimated traffic, and twelve checkpoints that meet it.

Trips between villages by a gravity model, on the roads; the checkpoints meet the most trips, each counted once.
"""

import geopandas as gpd

import patrolgeo as pg

county = pg.sample_folder()
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
villages = pg.read_population(county / "villages.csv")
borders = gpd.read_file(county / "borders.geojson")
crossings = borders[borders["kind"] == "crossing"].set_index("name")
stations = pg.read_forces(county / "forces.csv").query("role == 'station'").set_index("name")
townships = gpd.read_file(county / "townships.geojson").set_index("name")
plan = pg.plan_checkpoints(roads, villages, 12, crossings=crossings, areas=townships, stations=stations, random_state=1)
loaded = roads.edges.assign(trips=plan.traffic.load)
ax = loaded.plot(linewidth=0.3 + 4 * loaded["trips"] / loaded["trips"].max(), color="#4a7fb0", figsize=(8, 6))
plan.to_gdf().plot(ax=ax, color="#c0392b", markersize=50, edgecolor="white", zorder=3)
found = plan.interception
ax.set_title(f"{found.intercepted_share:.0%} of trips met, no other twelve above {found.bound / plan.flows.sum():.0%}")
ax.set_axis_off()
