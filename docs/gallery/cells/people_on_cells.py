"""Residents by cell.

Villages are points; their people are handed to the cells that hold them, and nobody is lost on the way: people on
cells and people outside add up to the file. Most of a county is empty.
"""

import numpy as np

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
logs = np.log10(people.where(people > 0)).rename("log10 of residents")
ax = grid.to_gdf(logs).plot(logs.name, cmap="YlGnBu", legend=True, missing_kwds={"color": "#f4f4f4"}, figsize=(8, 6))
ax.set_title(f"{people.sum():,.0f} residents on {(people > 0).sum():,} of {len(grid):,} cells")
ax.set_axis_off()
