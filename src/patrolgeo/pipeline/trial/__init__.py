"""A field trial from its file: lots, promise, stops, dose, effect, cost."""
