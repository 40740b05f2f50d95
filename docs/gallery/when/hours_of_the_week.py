"""Hours of the week.

Incidents whose hour nobody knows stand apart at the right: counted at midnight they would make a false peak.
"""

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
pg.plot_hour_week(incidents)
