"""Tables over periods and cells: counts, exposure, features, ranking."""
