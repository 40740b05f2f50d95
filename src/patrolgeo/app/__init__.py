"""A local page in which a planner changes a finished plan by hand and saves it as a new plan file."""
