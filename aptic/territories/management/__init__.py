"""Commands of the territories room."""
