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
class Group:
    """Entries that belong together: one word in the menu, and a second line with all of them once inside."""

    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """A space of the site: « Espace commanditaire » and its menu."""

    label: str
    groups: tuple[Group, ...]


PUBLIC = (("Trouver un lieu", "/lieux/"), ("Mon solde", "/solde/"), ("Transparence", "/transparence/"))
_spaces: dict[str, Space] = {}


def declare_space(key: str, *, label: str, entries: Iterable[tuple[str, str] | Entry | Group]) -> None:
    """Say what the menu of a space holds; `key` is the hat's value, or what a view puts in `request.space`.

    Each view named takes the keyword argument `organisation`, or none. An entry alone is a group of its own.
    """
    _spaces[str(key)] = Space(label, tuple(_group(entry) for entry in entries))


def group(label: str, *entries: tuple[str, str] | Entry) -> Group:
    """Entries under one word of the menu."""
    return Group(label, tuple(e if isinstance(e, Entry) else Entry(*e) for e in entries))


def _group(entry: tuple[str, str] | Entry | Group) -> Group:
    if isinstance(entry, Group):
        return entry
    alone = entry if isinstance(entry, Entry) else Entry(*entry)
    return Group(alone.label, (alone,))


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
    def _menu(self) -> list[tuple[str, list[NavLink]]]:
        """The groups that the person sees, each with its entries; the entry one stands in is marked."""
        if not self._space:
            shown = [(label, [(label, url)]) for label, url in PUBLIC]
        else:
            shown = [(one.label, self._pairs(one)) for one in self._space.groups]
        path = self._request.path
        here = max((url for _, pairs in shown for _, url in pairs if path.startswith(url)), key=len, default="")
        return [(label, [NavLink(name, url, url == here) for name, url in pairs]) for label, pairs in shown if pairs]

    @property
    def nav(self) -> list[NavLink]:
        """The menu: one word a group, leading to its first entry."""
        return [NavLink(label, links[0].url, any(link.active for link in links)) for label, links in self._menu]

    @property
    def subnav(self) -> list[NavLink]:
        """The entries of the group one stands in, when it has several."""
        inside = [links for _, links in self._menu if any(link.active for link in links)]
        return inside[0] if inside and len(inside[0]) > 1 else []

    @property
    def whole_menu(self) -> list[NavLink]:
        """Every entry, for the folded menu of a narrow screen."""
        return [link for _, links in self._menu for link in links]

    def _pairs(self, group: Group) -> list[tuple[str, str]]:
        role = getattr(getattr(self._request, "principal", None), "role", "")
        wanted = [e for e in group.entries if not e.roles or role in e.roles]
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
