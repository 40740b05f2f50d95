"""The plan of the sample county for a file that lies elsewhere."""

import re
from pathlib import Path

COUNTY = Path(__file__).parents[1] / "data" / "samples" / "county" / "plan.toml"
NAMES_FILES = r'^(file|gazetteer|planned|reported|inbox) = "'  # keys whose words are paths


def county_text() -> str:
    """Return the text of the plan with the paths of its files made absolute."""
    return re.sub(NAMES_FILES, rf'\1 = "{COUNTY.parent.as_posix()}/', COUNTY.read_text("utf-8"), flags=re.M)
