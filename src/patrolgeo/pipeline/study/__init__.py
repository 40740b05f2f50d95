"""A study file in, scores, tables and a report out; and again, to the same numbers."""
