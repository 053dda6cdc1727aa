"""Reading at the counter in a real browser, on a page that does nothing else (`tests/reading`)."""
