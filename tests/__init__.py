"""The suite: one folder per room, and one for what crosses them."""
