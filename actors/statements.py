"""The statement of a payout: one line per pass, with totals that its lines add up to; CSV and PDF say the same.

Lines are the payout's claims, read from transfers; the words come from whoever knows the event (`ledger.describe`).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from actors.models import Claim, Payout
from actors.settlement_rules import harmless
from aptic.ledger.describe import Description, describe
from aptic.ledger.kinds import TransferKind
from aptic.tenancy.principal import Principal

CHUNK = 1000  # lines described at a time
PASSES = (TransferKind.REDEEM.value, TransferKind.VOID.value)
COLUMNS = ("Date", "Pass", "Opération", "Service", "Lieu", "Commanditaire", "Montant en euros")


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One signed line of a payout, in cents."""

    transfer_id: int
    kind: str
    event: UUID
    at: datetime
    cents: int
    about: Description

    @property
    def trace_kind(self) -> str:
        """What « Suivre cet euro » follows: a pass from where it was used, else the ledger's movement."""
        return "redemption" if self.kind in PASSES else "transfer"

    @property
    def trace_ref(self) -> str:
        """And which one."""
        return str(self.event if self.kind in PASSES else self.transfer_id)


def lines(*, payout: Payout, principal: Principal) -> Iterator[StatementLine]:
    """The lines of a payout as `principal` may see them, oldest first, described a thousand at a time."""
    claims = Claim.objects.visible_to(principal).filter(share__payout=payout).order_by("transfer_id")
    wanted = claims.values_list(
        "transfer_id", "transfer__kind", "transfer__event", "transfer__accounted_at", "signed_cents"
    )
    last = 0
    while rows := list(wanted.filter(transfer_id__gt=last)[:CHUNK]):
        found = describe([(kind, event) for _, kind, event, _, _ in rows])
        for transfer_id, kind, event, at, cents in rows:
            yield StatementLine(transfer_id, kind, event, found[kind, event].at or at, cents, found[kind, event])
        last = rows[-1][0]


def rows_as_csv(*, payout: Payout, principal: Principal) -> Iterator[str]:
    """The statement as CSV for a French spreadsheet: semicolons, decimal commas, no formula; one line per pass."""
    yield "\ufeff" + _row(COLUMNS)
    for line in lines(payout=payout, principal=principal):
        about = line.about
        day = timezone.localtime(line.at).strftime("%d/%m/%Y %H:%M")
        yield _row((day, about.code, about.text, about.service, about.site, about.funder, plain_euros(line.cents)))


def plain_euros(cents: int) -> str:
    """An amount that a spreadsheet reads as a number: -1234 → "-12,34"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"


def as_pdf(*, payout: Payout, principal: Principal) -> bytes:
    """The statement as PDF."""
    context = {
        "payout": payout,
        "shares": list(payout.purses.select_related("funder").order_by("funder__search_key", "id")),
        "lines": list(lines(payout=payout, principal=principal)),
        "scheme": settings.SCHEME_NAME,
    }
    from aptic.documents import pdf  # WeasyPrint takes half a second to load: only who prints pays

    return pdf.render("actors/settlement/statement_pdf.html", context)


def _row(cells: tuple[str, ...]) -> str:
    text = StringIO()
    *words, amount = cells
    csv.writer(text, delimiter=";").writerow([*map(harmless, words), amount])
    return text.getvalue()
