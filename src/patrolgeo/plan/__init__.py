"""What shall we do? Patrol areas, sites, checkpoints, routes, response and staffing."""
