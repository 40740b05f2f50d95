"""Where the middle of a kind of incident lies.

Mean centre and the ellipse of one standard deviation, for four kinds. Useful for a table, never a reason to send a
car.
"""

import geopandas as gpd

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
ax = area.boundary.plot(color="grey", linewidth=0.8, figsize=(8, 6))
for kind, colour in zip(("theft", "burglary", "assault", "farm_theft"), ("C0", "C1", "C2", "C3"), strict=True):
    found = pg.centrography(incidents[incidents["category"] == kind])
    gpd.GeoSeries([found.ellipse], crs=4326).boundary.plot(ax=ax, color=colour, label=kind)
    ax.plot(found.mean_center.x, found.mean_center.y, "o", color=colour)
ax.legend()
ax.set_axis_off()
