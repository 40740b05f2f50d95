"""Nine patrol areas of even work.

The work is people and records; minutes follow the roads, and the river is crossed where a bridge crosses it. The
title says how uneven the plan is and how far it is at most from the best one for its centres.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
roads, river = pg.read_roads(county / "roads.geojson"), pg.read_roads(county / "river.geojson")
counts = pg.count_incidents(incidents, grid).sum()
work = 0.5 * people / people.sum() + 0.5 * counts / counts.sum()
plan = pg.design_areas(work, grid, 9, travel=pg.hexagon_graph(grid, roads=roads, barriers=river), random_state=0)
ax = plan.to_gdf().reset_index().plot("area", categorical=True, cmap="tab10", edgecolor="white", figsize=(8, 6))
river.plot(ax=ax, color="#2c7fb8", linewidth=1.5)
ax.set_title(f"heaviest area {plan.max_over_mean:.2f} of the mean, gap {plan.gap:.1%}")
ax.set_axis_off()
