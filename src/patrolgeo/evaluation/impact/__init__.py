"""Did it work? Effects on counts by place, each with its interval."""
