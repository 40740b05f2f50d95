"""A map to open without internet.

Areas over people, in one page that asks nothing of the network, so it can be mailed.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
travel = pg.hexagon_graph(grid, roads=pg.read_roads(county / "roads.geojson"))
plan = pg.design_areas(people, grid, 9, travel=travel, random_state=0)
m = pg.map_plan(plan.to_gdf(), m=pg.map_cells(grid.to_gdf(people[people > 0]).dropna(), "population"))
