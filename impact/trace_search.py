"""Finding where to start following: a code, an order, a bank reference, as the acting organisation may see them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from actors.models import FeeSweep
from aptic import french
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal
from funders.models import FundingLine, Order, PaymentOrder, Receipt, Refund
from impact import tracing
from passes import codes
from passes.models import Batch, Pass, Redemption


@dataclass(frozen=True, slots=True)
class Found:
    """One point that answers to what was typed."""

    label: str
    kind: str
    ref: str


def find(principal: Principal, typed: str) -> list[Found]:
    """Every point that the text may name, each once; nothing that the organisation may not see."""
    text = typed.strip()[:80]
    answers = (_codes, _orders, _bank, _batches, _ids)
    return list(dict.fromkeys(one for answer in answers for one in answer(principal, text)))


def starts(principal: Principal) -> list[Found]:
    """Where one may begin without knowing a name: the funder’s lines, the actor’s own money, the operator’s funders."""
    if principal.hat == Hat.ACTOR:
        return [Found("Tout ce que vous avez encaissé", "actor", str(principal.organisation_id))]
    if principal.is_operator:
        funders = Organisation.objects.with_hat(Hat.FUNDER).order_by("search_key", "pk")[:30]
        return [Found(f"Argent confié par {one.name}", "funder", str(one.pk)) for one in funders]
    lines = FundingLine.objects.visible_to(principal).select_related("campaign").order_by("-created_at", "pk")[:30]
    everything = Found("Tout votre argent", "funder", str(principal.organisation_id))
    return [everything, *(Found(f"{one.source} · {one.campaign.name}", "line", str(one.pk)) for one in lines)]


def _codes(principal: Principal, text: str) -> Iterator[Found]:
    """A whole code, or its first seven characters as statements print them."""
    code = codes.parse(text) or codes.read_short(text)
    if code is None or not code.booklet_id:
        return
    if code.serial & 15 == 0:
        yield from _visible(principal, "Le carnet de cette couverture", "booklet", str(code.booklet_id))
        return
    mine = Redemption.objects.visible_to(principal).filter(pass_id=code.serial)
    if Pass.objects.visible_to(principal).filter(pk=code.serial).exists() or mine.exists():
        yield from _visible(principal, "Ce pass", "pass", str(code.serial))


def _orders(principal: Principal, text: str) -> Iterator[Found]:
    for order in Order.objects.visible_to(principal).filter(number__iexact=text).order_by("pk"):
        batch = Batch.objects.visible_to(principal).filter(order=order, replaces=None).first()
        if batch:
            yield Found(f"Lot {batch.pk} de la commande {order.number}", "batch", str(batch.uuid))
        else:
            yield Found(f"La ligne qui paie la commande {order.number}", "line", str(order.line_id))


def _bank(principal: Principal, text: str) -> Iterator[Found]:
    """A reference as the bank writes it, on money that came or on a transfer that left."""
    for receipt in Receipt.objects.visible_to(principal).filter(bank_reference__iexact=text).order_by("pk")[:10]:
        yield Found(
            f"Virement reçu {receipt.bank_reference}, {french.euros(receipt.amount_cents)}",
            "line",
            str(receipt.line_id),
        )
    for promise in PaymentOrder.objects.visible_to(principal).filter(number__iexact=text).order_by("pk")[:10]:
        yield Found(f"Mandat {promise.number}, {french.euros(promise.amount_cents)}", "line", str(promise.line_id))
    for refund in Refund.objects.visible_to(principal).filter(bank_reference__iexact=text).order_by("pk")[:10]:
        yield Found(f"{refund}, {french.euros(refund.amount_cents)}", "line", str(refund.line_id))
    swept = FeeSweep.objects.visible_to(principal).filter(bank_reference__iexact=text, funder__isnull=False)
    for sweep in swept.order_by("pk")[:10]:
        yield Found(f"{sweep}, {french.euros(sweep.total_cents)}", "funder", str(sweep.funder_id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT payout_id, end_to_end_id FROM impact_payouts_named(%s)", [text.upper()])
        for payout_id, end_to_end in cursor.fetchall():
            yield Found(f"Contre-paiement {end_to_end}", "payout", str(payout_id))


def _batches(principal: Principal, text: str) -> Iterator[Found]:
    number = text.lower().removeprefix("lot").strip()
    if number.isdecimal() and len(number) < 9:
        for batch in Batch.objects.visible_to(principal).filter(pk=int(number)):
            yield Found(f"Lot {batch.pk}", "batch", str(batch.uuid))


def _ids(principal: Principal, text: str) -> Iterator[Found]:
    """The identifier of an API answer."""
    try:
        ref = str(uuid.UUID(text))
    except ValueError:
        return
    for label, kind in (
        ("Cet encaissement", "redemption"), ("Ce lot", "batch"), ("Ce contre-paiement", "payout"),
        ("Cette ligne de financement", "line"), ("Cette opération", "campaign"),
    ):  # fmt: skip
        yield from _visible(principal, label, kind, ref)


def _visible(principal: Principal, label: str, kind: str, ref: str) -> Iterator[Found]:
    try:
        tracing.follow(principal, kind, ref)
    except tracing.NothingToFollow:
        return
    yield Found(label, kind, ref)
