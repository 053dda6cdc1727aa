"""Services by name and by number, kept in memory: a number never changes its name, and one not met yet is looked up."""

from functools import cache

from aptic.vocabulary.models import Service


@cache
def _by_id() -> dict[int, tuple[str, str]]:
    return {pk: (slug, name) for pk, slug, name in Service.objects.values_list("pk", "slug", "name")}


@cache
def _by_slug() -> dict[str, int]:
    return {slug: pk for pk, (slug, _) in _by_id().items()}


def forget() -> None:
    """Read the vocabulary again when it is asked for next."""
    _by_id.cache_clear()
    _by_slug.cache_clear()


def service_id(slug: str) -> int | None:
    """The service's number, or None when the vocabulary has no such name.

    One that is no longer proposed is answered too: whoever had it on a screen is not turned away.
    """
    if slug not in _by_slug():
        forget()  # the operator may have added it meanwhile
    return _by_slug().get(slug)


def service_slug(pk: int) -> str:
    """The service's stable name."""
    return _named(pk)[0]


def service_name(pk: int) -> str:
    """The service's name on screen."""
    return _named(pk)[1]


def _named(pk: int) -> tuple[str, str]:
    if pk not in _by_id():
        forget()
    return _by_id()[pk]
