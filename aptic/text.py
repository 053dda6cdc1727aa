"""Normalised text, so that search and sorting ignore case and accents without any PostgreSQL extension."""

import unicodedata


def search_key(text: str) -> str:
    """Lower case, no accents, ligatures opened, punctuation as single spaces: « Saint-Émilion » → "saint emilion"."""
    opened = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae")
    plain = unicodedata.normalize("NFKD", opened.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())
