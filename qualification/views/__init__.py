"""Pages of qualification, one module per space."""
