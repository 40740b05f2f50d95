"""The study area as H3 cells."""
