"""A ring around the town, at least cost.

The cheapest set of road pieces that cuts the town off, found by maximum flow: cost and bound are equal.
"""

import patrolgeo as pg

county = pg.sample_folder()
layer = pg.read_roads(county / "roads.geojson")
roads = pg.RoadGraph.from_lines(layer)
stations = pg.read_forces(county / "forces.csv").query("role == 'station'")
town = stations.geometry.iloc[[0]].to_crs(32648).buffer(4000)
officers = {"national": 6, "provincial": 4, "county": 2}
ring = pg.seal_cordon(roads, town, depth=6, costs=officers, road_class=layer["road_class"],
                      valid_until="2024-03-01 18:00", basis="example: order of the county bureau")  # fmt: skip
x0, y0, x1, y1 = town.buffer(6000).to_crs(4326).total_bounds
ax = layer.plot(color="#999999", linewidth=0.7, figsize=(8, 6))
town.to_crs(4326).plot(ax=ax, color="#f6d9b0", alpha=0.6)
ring.pieces.to_crs(4326).plot(ax=ax, color="#c0392b", linewidth=4)
ax.set(
    xlim=(x0, x1),
    ylim=(y0, y1),
    title=f"{len(ring.pieces)} pieces, {ring.objective:.0f} officers, bound {ring.bound:.0f}",
)
ax.set_axis_off()
