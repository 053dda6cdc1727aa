"""Addresses of the passes' pages, one module per space."""
