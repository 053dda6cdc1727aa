"""Addresses of the actors' room, one module per space."""
