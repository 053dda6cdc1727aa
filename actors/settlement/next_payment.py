"""The next payment of an actor: how much, when, and what stands in its way with the page that takes it away. Pure.

Nothing here asks the database: the position (`owed.Owed`), the last payouts and the bank accounts are given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from actors.models import BankAccount, Payout, Waiting
from actors.settlement.owed import Owed
from actors.settlement_rules import execution_day
from aptic import french

BANK, OWED = "actor_bank_account", "actor_owed"  # pages for those who handle the actor's money


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that holds money back, in a sentence, and the page where one sees or removes it."""

    text: str
    view: str
    label: str


@dataclass(frozen=True, slots=True)
class NextPayment:
    """What comes next: cents (0: nothing), when in words, and the payout if there is one already."""

    cents: int
    when: str
    payout: Payout | None
    blocks: tuple[Block, ...]


def next_payment(
    *, owed: Owed, payouts: Sequence[Payout], accounts: Iterable[BankAccount], now: datetime
) -> NextPayment:
    """`payouts` are the actor's, the latest first; `accounts` those that are not replaced.

    A transfer that left comes first, then a run that waits for approval, then what the next run of the calendar would
    take: all that is owed but what waits for a funder.
    """
    accounts = list(accounts)
    blocks = (*_of_accounts(accounts, now), *_of_the_bank(payouts), *_of_funders(owed))
    if sent := next((one for one in payouts if one.state == Payout.State.SENT), None):
        return NextPayment(
            sent.net_cents, f"parti le {french.date(sent.sent_at)}, en route vers votre banque", sent, blocks
        )
    if ready := next((one for one in payouts if one.state == Payout.State.PREPARED), None):
        when = f"le {french.date(execution_day(now))}, si l’opérateur envoie le règlement aujourd’hui"
        return NextPayment(ready.net_cents, when, ready, blocks)
    cents = max(0, owed.owed_cents - owed.in_run_cents - owed.waiting_cents)
    if cents and not any(account.approved_at for account in accounts):
        return NextPayment(0, "rien ne part avant que votre compte soit approuvé", None, blocks)
    return NextPayment(cents, _when(cents, owed.next_payment), None, blocks)


def _when(cents: int, day: date | None) -> str:
    if not cents:
        return "rien à virer pour l’instant"
    return f"le {french.date(day)}, avant frais" if day else "au prochain règlement de l’opérateur, avant frais"


def _of_accounts(accounts: list[BankAccount], now: datetime) -> Iterable[Block]:
    """Nowhere to pay, or not yet."""
    if any(account.approved_at for account in accounts):
        return
    if not accounts:
        yield Block("Nous ne savons pas où vous payer.", BANK, "Donner vos coordonnées bancaires")
        return
    account = accounts[0]
    wait = f", à partir du {french.date(account.not_before)}" if account.not_before and account.not_before > now else ""
    text = f"Le compte qui finit par {account.iban_last4} attend l’approbation de l’opérateur{wait}."
    yield Block(text, BANK, "Voir le compte proposé")


def _of_the_bank(payouts: Sequence[Payout]) -> Iterable[Block]:
    """The last transfer came back: until another one is executed, the account may be wrong."""
    answered = (Payout.State.SETTLED, Payout.State.REJECTED, Payout.State.RETURNED)
    last = next((one for one in payouts if one.state in answered), None)
    if last is not None and last.state != Payout.State.SETTLED:
        day = french.date(last.rejected_at)
        text = (
            f"Votre dernier virement est revenu le {day} ({last.rejection_reason}) : il repart au prochain règlement."
        )
        yield Block(text, BANK, "Vérifier votre compte")


def _of_funders(owed: Owed) -> Iterable[Block]:
    """Whose cash is awaited, the largest amount first; and what was carried forward."""
    waiting = [one.waiting for one in owed.debts if one.waiting is not None]
    for one in sorted(waiting, key=lambda row: -row.amount_cents):
        funder = one.funder or "la garantie de l’opérateur"
        if one.reason == Waiting.Reason.FUNDS:
            day = f", attendu le {french.date(one.expected_on)}" if one.expected_on else ""
            yield Block(f"Une partie attend l’argent de {funder}{day}.", OWED, "Voir combien")
        elif one.reason == Waiting.Reason.CARRIED:
            yield Block(f"Une correction sur les pass de {funder} est reportée.", OWED, "Voir laquelle")
