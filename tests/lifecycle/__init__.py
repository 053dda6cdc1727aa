"""The whole life of passes and of their money, driven at random against a plain model."""
