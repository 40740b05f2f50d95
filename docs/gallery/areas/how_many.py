"""How many areas?

Mean minutes to the work of one's own area, and the share that is within fifteen minutes, for each number of areas.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
grid = pg.HexGrid.from_area(pg.read_area(county / "area.geojson"), resolution=7)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
travel = pg.hexagon_graph(grid, roads=pg.read_roads(county / "roads.geojson"))
curve = pg.areas_curve(people, travel, range(3, 16, 4), within_minutes=15, effort=60)
fig, ax = plt.subplots(figsize=(7, 4))
ax.plot(curve.index, curve["mean_minutes"], "o-", label="mean minutes")
ax.plot(curve.index, curve["p90_minutes"], "o-", label="nine of ten within")
ax.set(xlabel="patrol areas", ylabel="minutes from the centre of the area", ylim=(0, None))
ax.legend()
