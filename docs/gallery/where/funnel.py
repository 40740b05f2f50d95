"""Which townships are out of the ordinary?

Small places scatter more. Inside the funnel a difference is what chance brings.
"""

import geopandas as gpd

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
units = pg.AreaUnits.from_layer(gpd.read_file(county / "townships.geojson"), label="name")
people = pg.interpolate(pg.read_population(county / "villages.csv"), units, "population")["population"]
pg.plot_funnel(pg.funnel(pg.count_incidents(incidents, units), people))
