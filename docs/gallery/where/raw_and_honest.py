"""Much, and more than people explain.

Left the classical Gi*, which asks where much is: it flags the town. Right the default, which asks where more is
than residents explain, corrected for all cells.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
panel = pg.count_incidents(incidents, grid)
raw, honest = pg.GetisOrd(null="raw").fit(panel), pg.GetisOrd().fit(panel, exposure=people)
fig, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for ax, model, title in zip(axes, (raw, honest), ("much", "more than residents explain"), strict=True):
    area.boundary.plot(ax=ax, color="grey", linewidth=0.6)
    grid.to_gdf((model.labels_ == "hot").rename("hot")).query("hot").plot(ax=ax, color="#c0392b")
    ax.set_title(f"{title}: {(model.labels_ == 'hot').sum()} hot cells")
    ax.set_axis_off()
