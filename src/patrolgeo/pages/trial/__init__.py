"""The report of a field trial."""
