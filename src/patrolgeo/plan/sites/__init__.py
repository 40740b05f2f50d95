"""Posts, booths and cameras: chosen places, what they cover, and how far from the best."""
