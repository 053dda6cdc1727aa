"""Is this installation a demonstration? Read once per process and database: only the owner ever writes the answer.

The API never asks, so that redeeming pays nothing for the bar at the top of pages.
"""

from collections.abc import Callable

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from aptic.tenancy.models import Installation

_known: dict[str, bool] = {}


def is_demonstration() -> bool:
    """True when the installation's row says so; False, and asked again next time, while the database is away."""
    database = _database()
    if database not in _known:
        try:
            _known[database] = Installation.objects.filter(demonstration=True).exists()
        except DatabaseError:
            return False
    return _known[database]


def mark_demonstration() -> None:
    """Say it, for as long as there are data, as the owner: no role that serves may write this row."""
    Installation.objects.using("owner").filter(pk=1).update(demonstration=True)
    _known.pop(_database(), None)


def forget_demonstration() -> None:
    """Take the word back from a database that is still empty, as after a demonstration stopped half-way; as owner."""
    Installation.objects.using("owner").filter(pk=1, demonstration=True).update(demonstration=False)
    _known.pop(_database(), None)


def _database() -> str:
    return str(connections["default"].settings_dict["NAME"])


class DemonstrationBar:
    """Middleware: `request.demonstration`, read by `aptic.context.page` when a template draws the bar."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Leave the question open until a page asks."""
        request.demonstration = SimpleLazyObject(is_demonstration)  # type: ignore[attr-defined]
        return self.get_response(request)
