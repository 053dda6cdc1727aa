"""Build the geography's files; load them."""
