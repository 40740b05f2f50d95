"""Size and certainty of an excess.

Each dot is a cell. To the right: a larger excess. Above the line: more certain than the correction for all cells
asks for. A decision needs both.
"""

import matplotlib.pyplot as plt
import numpy as np

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
model = pg.GetisOrd().fit(pg.count_incidents(incidents, grid), exposure=people)
seen = model.expected_ >= 1
fig, ax = plt.subplots(figsize=(7, 5))
colour = np.where(model.labels_[seen] == "hot", "#c0392b", "#9aa5ad")
ax.scatter((model.observed_ / model.expected_)[seen], -np.log10(model.p_adjusted_[seen]), s=9, c=colour)
ax.axhline(-np.log10(0.05), color="black", linewidth=0.8)
ax.set(xscale="log", xlabel="observed / expected (the cell and its neighbours)", ylabel="-log10 of adjusted p")
