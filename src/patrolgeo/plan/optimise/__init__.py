"""Optimisers on arrays: no labels, no maps, and no knowledge of areas, sites or checkpoints."""
