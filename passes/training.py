"""Training: a booklet of ten passes whose codes bear key 31, with every answer a counter gives, and no row anywhere.

The facts of each pass are made here and judged by the same `rules.refusal` as a real one. What was taken is the
caller's to remember (a session): nothing is written, counted, booked or reported.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from passes import codes, rules
from passes.codes import TRAINING_VERSION, Code
from passes.errors import CodeUnknown, CoverShown, RealPass
from passes.models import Pass
from passes.refusals import Refusal
from passes.rules import Facts

SIZE = 10
VALUE_CENTS = 1000
NO_SERVICE = -1  # a service that no vocabulary has
DAYS = 90


class Case(StrEnum):
    """What a training pass shows."""

    VALID = "Pass valable"
    USED = "Déjà utilisé"
    EXPIRED = "Expiré"
    BLOCKED = "Bloqué"
    OTHER_SERVICE = "Service non prévu"


CASES = dict(enumerate((*[Case.VALID] * 6, Case.USED, Case.EXPIRED, Case.BLOCKED, Case.OTHER_SERVICE), start=1))
STATES = {Case.USED: Pass.State.REDEEMED, Case.EXPIRED: Pass.State.EXPIRED, Case.BLOCKED: Pass.State.BLOCKED}


@dataclass(frozen=True, slots=True)
class TrainingPass:
    """One pass of the training booklet: its number, what it shows, its code and the text of its QR."""

    number: int
    case: Case
    code: str
    text: str


def booklet_of(site_id: uuid.UUID) -> int:
    """The booklet's number (26 bits, never 0), always the same for a site."""
    return int.from_bytes(hashlib.sha256(site_id.bytes).digest()[:4]) % ((1 << 26) - 1) + 1


def booklet(site_id: uuid.UUID) -> list[TrainingPass]:
    """The ten passes to print or to show."""
    return [_pass(booklet_of(site_id) << 4 | number, case) for number, case in CASES.items()]


def check(code: Code) -> Code:
    """The same code, when it is of a training pass. Raises RealPass, CoverShown and CodeUnknown."""
    if not code.is_training:
        raise RealPass
    if code.is_cover:
        raise CoverShown
    if code.position not in CASES:
        raise CodeUnknown
    return code


def facts(code: Code, taken: Mapping[int, datetime], *, now: datetime) -> Facts:
    """What the decision would read of this pass, were it real; `taken`: when each was taken in this training."""
    case = CASES[code.position]
    state = Pass.State.REDEEMED if code.serial in taken else STATES.get(case, Pass.State.OPEN)
    return Facts(
        serial=code.serial,
        pass_state=state,
        spent_today=0,
        activated=True,
        valid_from=now - timedelta(days=DAYS),
        valid_until=now + timedelta(days=DAYS),
        claim_until=now + timedelta(days=DAYS),
        time_zone="Europe/Paris",
        handed_out=True,
        needs_hand_out=False,
        services=(NO_SERVICE,) if case == Case.OTHER_SERVICE else (),
        territories_match=True,
        site_match=True,
        passes_per_day=None,
        site_qualified=True,
    )


def refusal(
    code: Code, taken: Mapping[int, datetime], *, service_id: int | None = None, now: datetime
) -> Refusal | None:
    """Why this pass would be refused; a service not chosen yet is no reason."""
    read = facts(code, taken, now=now)
    wanted = service_id if service_id is not None else next(iter(read.services), 0)
    return rules.refusal(read, service_id=wanted, occurred_at=now, accounted_at=now)


def drawn(booklet_id: int, taken: Mapping[int, datetime]) -> dict[int, str]:
    """Number of each pass of a booklet, and how its small ticket is drawn."""
    shown = {Case.USED: "used", Case.EXPIRED: "used", Case.BLOCKED: "no"}
    return {
        number: "used" if booklet_id << 4 | number in taken else shown.get(case, "alive")
        for number, case in CASES.items()
    }


def _pass(serial: int, case: Case) -> TrainingPass:
    code = codes.encode(serial, TRAINING_VERSION)
    return TrainingPass(serial & 15, case, code, f"{settings.PUBLIC_URL.upper()}/P/{code}")
