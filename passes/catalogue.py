"""Services by name and by number, kept in memory: the vocabulary changes with a release, not with a request."""

from functools import cache

from aptic.vocabulary.models import Service


@cache
def _by_slug() -> dict[str, int]:
    return dict(Service.objects.filter(active=True).values_list("slug", "pk"))


@cache
def _by_id() -> dict[int, tuple[str, str]]:
    return {pk: (slug, name) for pk, slug, name in Service.objects.values_list("pk", "slug", "name")}


def service_id(slug: str) -> int | None:
    """The service's number, or None when the vocabulary has no such name."""
    return _by_slug().get(slug)


def service_slug(pk: int) -> str:
    """The service's stable name."""
    return _by_id()[pk][0]


def service_name(pk: int) -> str:
    """The service's name on screen."""
    return _by_id()[pk][1]
