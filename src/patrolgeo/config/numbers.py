"""Numbers of plan files that many keys share, each with its range."""

from typing import Annotated

from patrolgeo.toml_tables import Range

Count = Annotated[int, Range(least=1, most=100_000)]
Share = Annotated[float, Range(above=0, below=1)]
Minutes = Annotated[float, Range(above=0, most=1440)]
Hours = Annotated[float, Range(above=0, most=168)]
Weight = Annotated[float, Range(least=0, most=1e6)]
