"""Every day of two years.

Days of many records stand out, and so do weeks in which nothing was written down.
"""

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
pg.plot_calendar(incidents)
