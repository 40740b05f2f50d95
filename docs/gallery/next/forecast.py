"""The next week, by cell.

Expected recorded incidents of the coming week. Hot ground is where histories, people and places agree.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
panel = pg.count_incidents(incidents, grid)
risk = pg.RiskStack().fit(panel, exposure=people).predict().iloc[0]
ax = area.boundary.plot(color="grey", linewidth=0.8, figsize=(8, 6))
grid.to_gdf(risk.rename("risk")).plot("risk", cmap="OrRd", vmax=risk.quantile(0.997), legend=True, ax=ax)
ax.set_title(f"{risk.sum():.1f} incidents expected in the week of {risk.name:%d %B %Y}")
ax.set_axis_off()
