"""Pages of the funders' room, one module per space."""
