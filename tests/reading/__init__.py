"""Reading at the counter: frames as bad cameras give them, and a page that has nothing but the reading."""
