"""Pages of the passes, one module per space."""
