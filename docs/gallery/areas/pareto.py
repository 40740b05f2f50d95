"""Plans of which none is beaten in everything.

Balance against minutes: a person chooses, and the picture says what the choice costs.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
grid = pg.HexGrid.from_area(pg.read_area(county / "area.geojson"), resolution=7)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
travel = pg.hexagon_graph(grid, roads=pg.read_roads(county / "roads.geojson"))
found = pg.pareto_areas(people, travel, 9, n_plans=10, effort=100, random_state=0)
fig, ax = plt.subplots(figsize=(7, 4.5))
dots = ax.scatter(found.table["travel"], found.table["balance"], c=found.table["response"], cmap="viridis_r", s=60)
fig.colorbar(dots, label="response")
ax.set(xlabel="travel", ylabel="balance", title=f"{len(found.plans)} plans of {found.tried} tried (less is better)")
