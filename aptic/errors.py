"""The root of every refusal that the domain can give.

A service raises a `DomainError`; one handler turns it into a sentence on a page, a fragment for htmx or a
problem document (RFC 9457). Services know nothing of HTTP beyond the status a refusal deserves.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a stable machine `code`, a French sentence and, where there is one, the next step."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "Cette action n’est pas possible."
    next_step: ClassVar[str] = ""

    def __init__(self, message: str = "", *, field: str | None = None, **details: Any) -> None:
        self.text = message or self.message
        self.field = field
        self.details = details
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class NotAllowed(DomainError):
    """The person is known and may not do this."""

    code = "forbidden"
    status = 403
    message = "Votre rôle ne permet pas cette action."
    next_step = "Demandez à un responsable de votre organisation."
