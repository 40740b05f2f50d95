"""From today's areas, a little at a time.

Each dot is a plan that may move at most so many cells away from today's areas: the first moves buy the most
balance.
"""

import geopandas as gpd
import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)
townships = pg.AreaUnits.from_layer(gpd.read_file(county / "townships.geojson"), label="name")
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
nearest = gpd.sjoin_nearest(
    grid.centroids.to_frame("geometry").to_crs(32648), townships.geometry.to_frame("geometry").to_crs(32648)
)
today = nearest.groupby(level=0).first().iloc[:, -1].reindex(grid.cells)
travel, steps = pg.hexagon_graph(grid), (0.02, 0.05, 0.1, 0.2, 0.4)
rules = [pg.AreaRules(max_change=change) for change in steps]
plans = [pg.design_areas(people, grid, 9, travel=travel, current=today, rules=rule, prove=False) for rule in rules]
before = pg.measure_areas(today, people, travel)
fig, ax = plt.subplots(figsize=(7, 4))
ax.plot(
    [0, *[100 * plan.units_moved / len(grid) for plan in plans]],
    [before.max_over_mean, *[p.max_over_mean for p in plans]],
    "o-",
)
ax.set(xlabel="cells that change area, %", ylabel="heaviest area / mean area")
