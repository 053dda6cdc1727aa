"""Real PostgreSQL and real Valkey from Python wheels, for a machine that has neither.

Nothing here knows Django: `make run` starts both before it loads the project, and the tests do the same.
"""
