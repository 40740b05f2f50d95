"""How busy each unit is, and who answers whose calls.

The hypercube has the long run without a simulation: workloads, and how often a neighbour has to come.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)
calls = pg.read_calls(county / "calls.csv", area=area)
hours = (calls["received"].max() - calls["received"].min()).total_seconds() / 3600
rates = grid.locate(calls).value_counts().reindex(grid.cells, fill_value=0) / hours
travel = pg.hexagon_graph(grid, roads=pg.read_roads(county / "roads.geojson"))
bases = grid.locate(pg.read_forces(county / "forces.csv").query("role == 'station'")).dropna().unique()
found = pg.hypercube(rates, 1.0, travel=travel.travel_minutes(bases))
fig, ax = plt.subplots(figsize=(7, 4))
ax.bar(range(1, len(bases) + 1), 100 * found.workload, color="#4a7fb0")
ax.set(xlabel="unit", ylabel="busy with calls, %", title=f"{found.cross_share:.0%} of calls answered from another area")
