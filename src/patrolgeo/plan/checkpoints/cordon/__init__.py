"""Ring control: roads whose closing encloses areas, and the gates that stay open."""
