"""How concentrated?

With few incidents most cells are empty by chance alone; the curve of chance stands beside that of the county.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
pg.plot_lorenz(pg.concentration(pg.count_incidents(incidents, pg.HexGrid.from_area(area, resolution=8))))
