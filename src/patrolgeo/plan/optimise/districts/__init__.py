"""Districts: connected, balanced areas on a graph; arrays only."""
