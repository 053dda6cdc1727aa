"""Addresses of the impact room, one module per space."""
