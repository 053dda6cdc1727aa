"""The counter without a network, in a real browser and before a real server that goes away."""
