"""The ceiling: chance keeps every forecaster below 1.

PEI compares with a map drawn after the fact. Even a forecast that is the truth cannot foresee which of many equal
cells chance picks; the line shows what it would reach.
"""

from functools import partial

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
panel = pg.count_incidents(incidents, grid)
said = pg.backtest(pg.naive_maps() | {"stack": pg.RiskStack()}, panel, window=4, step=4, n_origins=8, exposure=people)
ask = {"PEI": partial(pg.pei, area_share=0.01), "ceiling": lambda _, y, area: pg.pei_ceiling(y, 0.01, area)}
table = pg.evaluate(panel, said, ask).groupby("model").mean(numeric_only=True)[["PEI", "ceiling"]]
fig, ax = plt.subplots(figsize=(7, 4))
ax.barh(table.index, table["PEI"], color="#4a7fb0", label="PEI at 1 % of the area")
ax.plot(table["ceiling"], table.index, "k|", markersize=30, label="what it would reach if it were the truth")
ax.set(xlim=(0, 1))
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1))
