"""Three aliases, one database: only the owner's connection migrates."""

from typing import Any


class OwnerMigrates:
    """Send migrations to the `owner` alias; reads and writes stay on the caller's connection."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """True for the owner only."""
        return db == "owner"
