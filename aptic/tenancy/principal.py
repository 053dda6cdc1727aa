"""Who acts: the request's principal, carried to PostgreSQL for row-level security.

`acting(principal)` opens the transaction, writes the six settings that policies read in one statement, and
restores the former values when it ends. Nothing outside that block can see a tenant's row.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from django.db import connections, transaction

SETTINGS = ("aptic.person", "aptic.organisation", "aptic.hat", "aptic.role", "aptic.site", "aptic.request")


class Hat(StrEnum):
    """In which of its parts an organisation acts; policies compare with it."""

    OPERATOR = "operator"
    FUNDER = "funder"
    DISTRIBUTOR = "distributor"
    ACTOR = "actor"
    HUB = "hub"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, device or key, acting for one organisation under one hat.

    `role` is the person's role in that organisation ("" for devices, keys and jobs).
    """

    hat: Hat = Hat.PUBLIC
    organisation_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    role: str = ""
    site_id: uuid.UUID | None = None
    request_id: uuid.UUID | None = None

    @property
    def is_operator(self) -> bool:
        """True when acting for the operator of the scheme."""
        return self.hat == Hat.OPERATOR

    def at_site(self, site_id: uuid.UUID) -> Self:
        """The same principal, standing at one site."""
        return replace(self, site_id=site_id)

    def settings(self) -> list[str]:
        """The values of `SETTINGS`, in order; an absent one is the empty string."""
        values = (self.person_id, self.organisation_id, self.hat.value, self.role, self.site_id, self.request_id)
        return ["" if value is None else str(value) for value in values]

    def as_json(self) -> dict[str, str]:
        """What a job or an outbox message stores to act again as the same principal."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reverse of `as_json`."""
        ids = {name: uuid.UUID(value) for name, value in data.items() if name.endswith("_id")}
        return cls(hat=Hat(data.get("hat", Hat.PUBLIC)), role=data.get("role", ""), **ids)


_current: ContextVar[Principal | None] = ContextVar("aptic_principal", default=None)


def current() -> Principal:
    """The principal of the running block; a public one outside of any."""
    return _current.get() or Principal()


@contextmanager
def acting(principal: Principal, *, using: str = "default") -> Iterator[Principal]:
    """Open a transaction as `principal`; nested blocks restore the outer principal on exit.

    >>> with acting(Principal(hat=Hat.FUNDER, organisation_id=funder_id)):
    ...     Campaign.objects.visible_to(current())
    """
    outer = _current.get()
    with transaction.atomic(using=using):
        _write(using, principal)
        token = _current.set(principal)
        try:
            yield principal
            # An exception rolls back to the savepoint, and the settings with it: only a quiet end writes them.
            if connections[using].savepoint_ids and not connections[using].needs_rollback:
                _write(using, outer or Principal())
        finally:
            _current.reset(token)


def _write(using: str, principal: Principal) -> None:
    pairs = ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {pairs}", principal.settings())


@contextmanager
def as_system() -> Iterator[None]:
    """Run a named scheduled job on the `system` role's connection, in place of the serving one.

    Only `aptic_system` has `USING (true)` policies, so this is the one door past row-level security;
    `tests/test_consistency.py` lists who may open it.
    """
    serving = connections["default"]
    connections["default"] = connections["system"]
    token = _current.set(Principal(hat=Hat.OPERATOR))
    try:
        yield
    finally:
        _current.reset(token)
        connections["default"] = serving
