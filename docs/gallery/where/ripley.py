"""At which distances do incidents cluster?

Ripley's K against places drawn where people live: a ratio above the band means more pairs within that distance than
residents explain.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
exact = incidents[incidents["precision"] == "exact"]
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
found = pg.ripley_k(exact, range(250, 3001, 250), grid, exposure=people, n_permutations=39).table
fig, ax = plt.subplots(figsize=(7, 4.5))
ax.plot(found.index, found["k"], label="recorded")
ax.fill_between(found.index, found["low"], found["high"], alpha=0.3, label="95 % where people live")
ax.set(xlabel="metres", ylabel="K")
ax.legend()
