"""Which papers an application needs, by what the organisation is in law. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from qualification.candidacy_models import ApplicationDocument, LegalStatus

Kind = ApplicationDocument.Kind
EXPIRING = frozenset({Kind.INSURANCE, Kind.REGISTRATION})  # these are asked until when they hold
ONCE = frozenset({Kind.REGISTRATION})  # asked to be recent when the file is read: its date says nothing afterwards
NEEDED: dict[str, tuple[Kind, ...]] = {
    LegalStatus.ASSOCIATION: (Kind.STATUTES, Kind.RECEIPT, Kind.INSURANCE, Kind.BANK),
    LegalStatus.COMPANY: (Kind.STATUTES, Kind.REGISTRATION, Kind.INSURANCE, Kind.BANK),
    LegalStatus.COOPERATIVE: (Kind.STATUTES, Kind.REGISTRATION, Kind.INSURANCE, Kind.BANK),
    LegalStatus.PUBLIC: (Kind.DELIBERATION, Kind.BANK),
    LegalStatus.SELF_EMPLOYED: (Kind.REGISTRATION, Kind.INSURANCE, Kind.BANK),
    LegalStatus.OTHER: (Kind.STATUTES, Kind.INSURANCE, Kind.BANK),
}


class Paper(Protocol):
    """What is read of a document."""

    kind: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One paper asked for, and whether there is one that holds."""

    kind: Kind
    given: bool
    expired: bool

    @property
    def fault(self) -> str:
        """What is wrong, in a sentence; empty when nothing is."""
        if self.given:
            return ""
        return f"{self.kind.label} : la date est passée." if self.expired else f"{self.kind.label} : à joindre."


def asked_of(status: str, papers: Iterable[Paper], *, on: date) -> list[Asked]:
    """Each paper that a legal status needs, judged on one day; nothing until the status is known."""
    given = list(papers)
    found = []
    for kind in NEEDED.get(status, ()):
        same = [paper for paper in given if paper.kind == kind]
        holding = [paper for paper in same if paper.expires_on is None or paper.expires_on >= on]
        found.append(Asked(kind, given=bool(holding), expired=bool(same) and not holding))
    return found
