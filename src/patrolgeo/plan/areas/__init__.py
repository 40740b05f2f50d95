"""Patrol areas: balanced, in one piece, short to travel, and how far from the best."""
