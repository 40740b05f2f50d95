"""Choosing sites under rules, on arrays: rows, search, bound, program."""
