"""Who delivers what: one handler per kind of message, registered by the app that knows how.

A handler may be called twice for one message (a crash after the work, before the tick): it must be idempotent by
`message.id`. It runs outside any transaction and as nobody; `message.sender` gives the principal to act as.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aptic.outbox.models import Message

Handler = Callable[[Message], None]


class Undeliverable(Exception):
    """Trying again would not help; the message is given up at once."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler, and whether the payload is erased once delivered."""

    handler: Handler
    forget: bool


_handlers: dict[str, Registration] = {}


def handles(kind: str, *, forget: bool = False) -> Callable[[Handler], Handler]:
    """Register the decorated function for messages of `kind`; `forget` erases the payload after delivery."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = Registration(handler, forget)
        return handler

    return register


def registration(kind: str) -> Registration:
    """The handler of `kind`. Raises LookupError: the worker may be older than the message, so it is tried again."""
    return _handlers[kind]
