"""Is this week unusual?

The band holds 95 weeks of 100 by chance alone, so a single dot outside is no news.
"""

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
pg.plot_weeks(pg.weekly_band(incidents))
