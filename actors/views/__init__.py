"""Pages of the actors' room, one module per space."""
