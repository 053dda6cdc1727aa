"""What every page needs around its content: the space one stands in, its menu, who is logged in.

Each app declares its space once (`declare_space`, at the end of its `urls.py`); this room knows no business app.
Everything is read late, so that an error page or a public page asks the database for nothing.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


class NavLink(NamedTuple):
    """One entry of a menu, ready for the template."""

    label: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as an app declares it: a label, a view's name, and the roles that see it (none: all)."""

    label: str
    view: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Space:
    """A space of the site: « Espace commanditaire » and its menu."""

    label: str
    entries: tuple[Entry, ...]


PUBLIC = (("Trouver un lieu", "/lieux/"), ("Mon solde", "/solde/"), ("Transparence", "/transparence/"))
_spaces: dict[str, Space] = {}


def declare_space(key: str, *, label: str, entries: Iterable[tuple[str, str] | Entry]) -> None:
    """Say what the menu of a space holds; `key` is the hat's value, or what a view puts in `request.space`.

    Each view named takes the keyword argument `organisation`, or none.
    """
    _spaces[str(key)] = Space(label, tuple(e if isinstance(e, Entry) else Entry(*e) for e in entries))


class Page:
    """The frame of one page, read by `base.html`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.scheme = settings.SCHEME_NAME
        self.organisation = getattr(request, "organisation", None)
        # Set by the middleware that knows the installation; the bar itself is components/demo_bar.html.
        self.demonstration = getattr(request, "demonstration", None)

    @cached_property
    def _space(self) -> Space | None:
        principal = getattr(self._request, "principal", None)
        key = getattr(self._request, "space", None) or (principal.hat if principal and self.organisation else None)
        return _spaces.get(str(key)) if key else None

    @property
    def space(self) -> str:
        """The space's name; empty on public pages."""
        return self._space.label if self._space else ""

    @cached_property
    def person(self) -> Any:
        """Who is logged in, or None."""
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def nav(self) -> list[NavLink]:
        """The menu, with the entry one stands in."""
        pairs = self._space_pairs() if self._space else list(PUBLIC)
        path = self._request.path
        here = max((url for _, url in pairs if path.startswith(url)), key=len, default="")
        return [NavLink(label, url, url == here) for label, url in pairs]

    def _space_pairs(self) -> list[tuple[str, str]]:
        assert self._space
        role = getattr(getattr(self._request, "principal", None), "role", "")
        wanted = [e for e in self._space.entries if not e.roles or role in e.roles]
        return [(e.label, self._address(e.view)) for e in wanted]

    def _address(self, view: str) -> str:
        if view.startswith("/"):
            return view
        if self.organisation is not None:
            with suppress(NoReverseMatch):  # the counter's pages carry no organisation
                return reverse(view, kwargs={"organisation": self.organisation.pk})
        return reverse(view)


def page(request: HttpRequest) -> dict[str, Page]:
    """Context processor: `page` in every template."""
    return {"page": Page(request)}
