"""Does one burglary announce the next?

Pairs close in place and time, against the same incidents with their dates shuffled: ratios above 1 are near
repeats.
"""

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
burglary = incidents[incidents["category"] == "burglary"]
pg.plot_knox(pg.knox(burglary, burglary["time"], [0, 1, 200, 400, 1000], [0, 7, 14, 28], random_state=0))
