"""Charts for pages and notebooks: matplotlib pictures of what the other rooms found, no mathematics."""
