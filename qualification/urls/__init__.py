"""Addresses of qualification, one module per space."""
