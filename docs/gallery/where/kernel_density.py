"""Kernel density with a bandwidth from the data.

The bandwidth is the one that best foretells incidents left out. Nothing here is tested: a density map has no
significance.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area)
located = incidents[~incidents.geometry.is_empty & incidents.geometry.notna()]
grid = pg.HexGrid.from_area(area, resolution=8)
density = pg.kernel_density(located, grid, "likelihood", edge_correction=True)
ax = grid.to_gdf(density).plot("density", cmap="magma_r", vmax=density.quantile(0.998), legend=True, figsize=(8, 6))
ax.set_title(f"incidents per km2, bandwidth {density.attrs['bandwidth']:.0f} m")
ax.set_axis_off()
