"""Ids as forms and addresses write them."""

import uuid


def parse_uuid(text: str | None) -> uuid.UUID | None:
    """The id, or nothing."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
