"""Minutes from the nearest station.

By road, with the river as it is. What is grey is not reached within half an hour.
"""

import patrolgeo as pg

county = pg.sample_folder()
grid = pg.HexGrid.from_area(pg.read_area(county / "area.geojson"), resolution=8)
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
stations = pg.read_forces(county / "forces.csv").query("role == 'station'")
minutes = pg.travel_time(roads, stations.geometry, grid, max_minutes=30, as_sparse=False).min()
shown = minutes.where(minutes < 31).rename("minutes")
ax = grid.to_gdf(shown).plot(
    "minutes", cmap="viridis_r", legend=True, missing_kwds={"color": "#dddddd"}, figsize=(8, 6)
)
stations.plot(ax=ax, color="#c0392b", markersize=40, edgecolor="white")
ax.set_title(f"{(minutes <= 15).mean():.0%} of cells within 15 minutes")
ax.set_axis_off()
