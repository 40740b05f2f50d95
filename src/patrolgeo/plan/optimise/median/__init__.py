"""The p-median on arrays: search and bounds."""
