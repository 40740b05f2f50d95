"""Recorded incidents by cell.

The map that everybody draws first. It looks like a map of where people are, because it is one; the pictures under
"where" take the people off. A cell without a record is not a safe cell.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
counts = pg.count_incidents(incidents, grid).sum().rename("incidents")
ax = area.to_crs(4326).boundary.plot(color="grey", linewidth=0.8, figsize=(8, 6))
grid.to_gdf(counts[counts > 0]).plot("incidents", cmap="OrRd", legend=True, vmax=counts.quantile(0.999), ax=ax)
ax.set_title(f"{counts.sum():,.0f} incidents in {(counts > 0).sum()} of {len(grid):,} cells")
ax.set_axis_off()
