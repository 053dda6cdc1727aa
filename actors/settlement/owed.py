"""What an actor is owed: the balance of its payable accounts, and how much of it is already in a run.

Balances are the ledger's; nothing here counts redemptions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, F, Func, Sum
from django.utils import timezone

from actors.models import BankAccount, Payout, PayoutPurse, Waiting
from actors.settlement.calendar import next_cutoff
from actors.settlement_rules import execution_day
from aptic.ledger.balances import balances
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.tenancy.principal import Principal


@dataclass(slots=True)
class Debt:
    """What one funder's money owes one actor, in cents; `waiting`: what the last run left and still waits, and why."""

    actor_id: UUID
    purse_id: UUID
    funder: str
    owed_cents: int = 0
    in_run_cents: int = 0
    waiting: Waiting | None = None


@dataclass(slots=True)
class Owed:
    """An actor's position: each debtor, the totals, and the day of the next run."""

    debts: list[Debt] = field(default_factory=list)
    next_cutoff: date | None = None
    next_payment: date | None = None

    @property
    def owed_cents(self) -> int:
        """All of it."""
        return sum(one.owed_cents for one in self.debts)

    @property
    def in_run_cents(self) -> int:
        """The part that is prepared or approved and leaves soon."""
        return sum(one.in_run_cents for one in self.debts)

    @property
    def waiting_cents(self) -> int:
        """The part that waits for a funder or for bank details."""
        return sum(one.waiting.amount_cents for one in self.debts if one.waiting and one.waiting.amount_cents > 0)

    @property
    def needs_bank_account(self) -> bool:
        """True when money waits only because nobody knows where to pay it."""
        return any(one.waiting and one.waiting.reason == Waiting.Reason.BANK_ACCOUNT for one in self.debts)


def owed_to(*, actor_id: UUID, principal: Principal, at: datetime | None = None) -> Owed:
    """What `actor_id` is owed now, debtor by debtor, as `principal` may see it."""
    accounts = list(
        Account.objects.visible_to(principal)
        .filter(kind=AccountKind.PAYABLE, about=actor_id)
        .select_related("funder")
        .order_by("id")
    )
    amounts = balances(accounts)
    in_run = prepared_gross(actor_id=actor_id, principal=principal)
    waiting = {one.purse_id: one for one in still_waiting(actor_id=actor_id, principal=principal)}
    debts = [
        Debt(
            actor_id=actor_id,
            purse_id=one.purse_id,
            funder=str(one.funder or "Garantie de l’opérateur"),
            owed_cents=amounts[one.pk],
            in_run_cents=in_run.get(one.purse_id, 0),
            waiting=waiting.get(one.purse_id),
        )
        for one in accounts
    ]
    day = next_cutoff(at or timezone.now())
    return Owed([one for one in debts if one.owed_cents or one.waiting], day, day and _payment_day(day))


def prepared_gross(*, actor_id: UUID, principal: Principal) -> dict[UUID, int]:
    """Cents per purse of this actor's shares that are prepared and not sent."""
    shares = PayoutPurse.objects.visible_to(principal).filter(actor_id=actor_id, payout__state=Payout.State.PREPARED)
    rows: Iterable[Any] = shares.order_by("purse_id").values("purse_id").annotate(cents=Sum("gross_cents"))
    return {row["purse_id"]: row["cents"] for row in rows}


def still_waiting(*, actor_id: UUID, principal: Principal) -> list[Waiting]:
    """What the latest run that looked at this actor left unpaid, less what its reason holds no more.

    A purse paid in full since by a later run has no row in it, so only the latest run's rows count. The account may
    have been approved since, or the funder's money may have come; the rows say so at the next run only.
    """
    mine = Waiting.objects.visible_to(principal).filter(actor_id=actor_id)
    latest = mine.order_by("-cutoff").values_list("settlement_id", "cutoff").first()
    if latest is None:
        return []
    paid = Payout.objects.visible_to(principal).filter(actor_id=actor_id).exclude(state=Payout.State.RELEASED)
    if paid.filter(cutoff__gt=latest[1]).exists():
        return []
    accounts = BankAccount.objects.visible_to(principal).filter(actor_id=actor_id, replaced_at=None)
    rows = (
        mine.filter(settlement_id=latest[0])
        .select_related("funder")
        .annotate(
            reachable=Exists(accounts.filter(approved_at__isnull=False)),
            covered=Func(F("pk"), function="actors_covered", output_field=BigIntegerField()),
        )
    )
    left: list[Waiting] = []
    for one in rows:
        one.amount_cents -= one.covered or 0  # never saved
        if one.amount_cents and not (one.reachable and one.reason == Waiting.Reason.BANK_ACCOUNT):
            left.append(one)
    return left


def _payment_day(day: date) -> date:
    """When its transfers leave if its file is made the same day."""
    return execution_day(timezone.make_aware(datetime(day.year, day.month, day.day, 12)))
