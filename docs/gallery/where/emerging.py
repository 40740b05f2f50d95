"""Cells by their story over eight quarters.

New, persistent, historical or sporadic: each class is a rule over the quarters in which a cell was hot, corrected
for all cells and quarters.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
quarters = pg.count_incidents(incidents, grid, "MS", partial=True).resample("QS").sum()
story = pg.classify_change(quarters, people)["change"]
ax = area.boundary.plot(color="grey", linewidth=0.8, figsize=(8, 6))
grid.to_gdf(story[story != "no pattern"]).plot("change", categorical=True, legend=True, cmap="tab10", ax=ax)
ax.set_title(f"{(story != 'no pattern').sum()} cells with a pattern")
ax.set_axis_off()
