"""The road network, travel times on roads and on hexagons, and flows."""
