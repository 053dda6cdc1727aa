"""The ground that every app stands on, and the project itself."""
