"""The small world of tests/impact, shared by a module that only reads it or rolls back what it changes."""

from tests.impact.conftest import _world, world  # noqa: F401
