"""Checkpoints: traffic met, rings closed, borders shared."""
