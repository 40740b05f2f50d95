"""Routes on arrays: one search for prizes under limits, windows and loads; an exact twin; bounds; pools."""
