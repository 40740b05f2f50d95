"""Where a patrol has a reason to be.

Inhabited cells, cells near a road, cells with a place. Forest and water are shown on maps and not scored: a model
gets no credit for saying that nothing happens on a lake.
"""

import patrolgeo as pg

county = pg.sample_folder()
grid = pg.HexGrid.from_area(pg.read_area(county / "area.geojson"), resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
roads, places = pg.read_roads(county / "roads.geojson"), pg.read_places(county / "places.csv")
there = pg.patrollable_cells(grid, people, roads, places)
ax = grid.to_gdf(there.map({True: "patrollable", False: "not"}).rename("cell")).plot(
    "cell", cmap="Paired", legend=True, figsize=(8, 6)
)
roads.to_crs(grid.to_gdf(there).crs).plot(ax=ax, color="black", linewidth=0.4)
ax.set_title(f"{there.mean():.0%} of {len(grid):,} cells")
ax.set_axis_off()
