"""Three days of two cars, drawn so that nobody can foresee them.

The best plan every day would soon be known. Each day is drawn from plans nearly as good; who has no seed cannot
guess the next stop. The same place is met at another hour, or not at all.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=8)
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
worth = grid.locate(incidents).value_counts().nlargest(50).astype(float)
base = grid.locate(pg.read_forces(county / "forces.csv").iloc[[0]]).iloc[0]
cells = worth.index.union([base])
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
minutes = pg.travel_time(roads, grid.centroids.loc[cells], grid.centroids.loc[cells], as_sparse=False)
plan = pg.design_routes(worth.reindex(cells, fill_value=0), minutes, 2, 480, 12, base=base, effort=0.1)
number = {cell: k for k, cell in enumerate(worth.index, start=1)}
fig, ax = plt.subplots(figsize=(9, 4.5))
for day in ("2025-01-06", "2025-01-07", "2025-01-08"):
    stops = plan.draw(day, seed=7).stops
    ax.scatter(stops["arrive"] / 60, stops["place"].map(number), s=22, label=day)
ax.set(xlabel="hours of the shift", ylabel="place, the most worth first", title="stops of three days")
ax.legend()
