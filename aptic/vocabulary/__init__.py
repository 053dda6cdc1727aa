"""Services: what a pass may pay for."""
