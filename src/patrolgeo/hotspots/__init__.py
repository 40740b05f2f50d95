"""Where is it now? Density, Gi*, local Moran, near repeat, clusters, change, concentration."""
