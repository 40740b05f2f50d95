"""A believable rural county from a seed, with the truth behind its records. It knows no cells."""

from patrolgeo.sources.synthetic.county import County, make_county
from patrolgeo.sources.synthetic.files import write_county

__all__ = ["County", "make_county", "write_county"]
