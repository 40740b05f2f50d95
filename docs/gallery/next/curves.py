"""Share of incidents caught, by share of the area flagged.

A hit rate says nothing without its budget. The stack beside past counts and the map of residents, summed over eight
origins that no model had seen.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
panel = pg.count_incidents(incidents, grid)
said = pg.backtest(pg.naive_maps() | {"stack": pg.RiskStack()}, panel, window=4, step=4, n_origins=8, exposure=people)
happened = panel.loc[said.index[0] :].iloc[:32].sum()
fig, ax = plt.subplots(figsize=(7, 5))
for name in said.columns.levels[0]:
    curve = pg.accuracy_curve(happened, said[name].sum())
    ax.plot(100 * curve["area_share"], 100 * curve["hit_rate"], label=name)
ax.set(xlim=(0, 20), xlabel="area flagged, %", ylabel="incidents there, %")
ax.legend()
