"""Maximal covering on arrays: search, annealing, bounds, and the way they work together."""
