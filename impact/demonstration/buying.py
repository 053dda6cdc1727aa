"""Funders at work: operations opened, money promised and received, batches issued and activated."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from aptic.tenancy.principal import Principal, acting
from aptic.territories.models import Commune
from funders.funding import record_payment_order, record_receipt
from funders.models import FundingLine, Order
from funders.services import add_funding_line, confirm_refund, create_campaign, place_order, prepare_refund
from impact.demonstration import cast
from impact.demonstration.network import fictitious_iban
from impact.demonstration.opening import DEPARTEMENT
from impact.demonstration.programmes import GIVEN_BACK, PROGRAMMES, Lot, Money, Programme
from impact.demonstration.stage import Stage
from passes import expiry, issuance, printing
from passes.coverage import restrict_to_sites
from passes.models import Batch

BUYERS = {cast.GIRONDE: "marc.delmas", cast.CAISSE: "sonia.petit", cast.FONDATION: "paul.girard"}
CASHIER, CONFIRMS = "hugo.mercier", "ines.caron"
ACCOUNTANT = 900  # the rank of an account that no actor has
FORGOTTEN = b"%PDF-1.4"

Delivered = Callable[[Batch, Lot, date], None]


def plan_programmes(stage: Stage, delivered: Delivered) -> None:
    """Put every operation in the agenda; `delivered` is told each batch on the day its booklets leave the printer."""
    for programme in PROGRAMMES:
        opens = min(
            [programme.starts, *(lot.month for lot in programme.lots)]
            + [money.promised if money.promised is not None else money.arrives or 0 for money in programme.money]
        )
        stage.plan(stage.day(max(0, opens)), partial(_open, stage, programme))
        for number, money in enumerate(programme.money, 1):
            _plan_money(stage, programme, money, f"{programme.key}-{number}".upper())
        stage.plan(stage.day(programme.ends) + timedelta(days=programme.claim_days + 5), partial(_expire, stage))
        for month, booklets in programme.awaited:
            stage.plan(stage.day(month), partial(_order, stage, programme, booklets))
        for lot in programme.lots:
            stage.plan(stage.day(lot.month), partial(_issue, stage, programme, lot, delivered))
    programme, money, month = GIVEN_BACK
    stage.plan(stage.day(month), partial(_give_back, stage, programme, money))


def _give_back(stage: Stage, programme: Programme, money: Money, day: date) -> None:
    """What a source did not use once its operation is over: one prepares, another transfers and confirms."""
    with stage.playing(CASHIER):
        refund = prepare_refund(
            line=line_of(stage, programme, money.source),
            amount_cents=money.cents,
            reason="Opération terminée : reste de la ligne, jamais commandé",
            holder="Paierie départementale (exemple)",
            iban=fictitious_iban(ACCOUNTANT),
            at=stage.at(day, 10),
        )
    with stage.playing(CONFIRMS):
        confirm_refund(refund=refund, bank_reference=f"REMB-{programme.key}".upper(), left_on=day, at=stage.at(day, 15))


def _open(stage: Stage, programme: Programme, day: date) -> None:
    territories: tuple[str, ...] = ()
    if programme.around:
        commune = Commune.objects.get(departement_id=DEPARTEMENT, name=programme.around)
        territories = (f"epci:{commune.epci_id}",)
    with stage.playing(BUYERS[programme.funder]):
        campaign = create_campaign(
            funder=stage.organisations[programme.funder],
            name=programme.name,
            starts_on=stage.day(programme.starts),
            ends_on=stage.day(programme.ends),
            face_value_cents=programme.face_value_cents,
            passes_per_booklet=programme.passes_per_booklet,
            services=programme.services,
            territories=territories,
            passes_per_day=programme.passes_per_day,
            claim_days=programme.claim_days,
            contact_phone=stage.organisations[programme.funder].phone,
            at=stage.at(day, 9),
        )
        for source in sorted({money.source for money in programme.money if money.source}):
            add_funding_line(campaign=campaign, source=source, at=stage.at(day, 9))
        if programme.only_at:
            named = [site.row for site in stage.sites if site.provider in programme.only_at]
            restrict_to_sites(campaign=campaign, sites=named)
    stage.campaigns[programme.key] = campaign


def _expire(stage: Stage, day: date) -> None:
    """What the nightly job does once nobody can claim any more: the rest goes back to its funding line."""
    at = stage.at(day, 3)
    with stage.playing(CASHIER):
        for batch in expiry.due_batches(at):
            expiry.expire_batch(batch=batch, at=at)


def line_of(stage: Stage, programme: Programme, source: str) -> FundingLine:
    """The funding line of a source, the funder's own when empty."""
    name = source or stage.organisations[programme.funder].name
    lines = FundingLine.objects.select_related("account__purse", "campaign__funder")
    return lines.get(campaign=stage.campaigns[programme.key], source=name)


def _plan_money(stage: Stage, programme: Programme, money: Money, reference: str) -> None:
    if money.promised is not None:
        stage.plan(stage.day(money.promised), partial(_promise, stage, programme, money, reference))
    if money.arrives is not None:
        stage.plan(stage.day(money.arrives), partial(_receive, stage, programme, money, reference))


def _promise(stage: Stage, programme: Programme, money: Money, reference: str, day: date) -> None:
    with stage.playing(CASHIER):
        record_payment_order(
            line=line_of(stage, programme, money.source),
            number=f"MANDAT-{reference}",
            amount_cents=money.cents,
            expected_on=stage.day(money.arrives if money.arrives is not None else 15),
            at=stage.at(day, 11),
        )


def _receive(stage: Stage, programme: Programme, money: Money, reference: str, day: date) -> None:
    with stage.playing(CASHIER):
        line = line_of(stage, programme, money.source)
        promised = line.payment_orders.filter(number=f"MANDAT-{reference}").first()
        record_receipt(
            line=line,
            amount_cents=money.cents,
            bank_reference=f"VIR-{reference}",
            received_on=day,
            payment_order=promised,
            at=stage.at(day, 14),
        )


def _issue(stage: Stage, programme: Programme, lot: Lot, delivered: Delivered, day: date) -> None:
    with stage.playing(BUYERS[programme.funder]):
        order = place_order(
            campaign=stage.campaigns[programme.key],
            line=line_of(stage, programme, lot.source),
            booklets=stage.count(lot.booklets),
            at=stage.at(day, 10),
        )
    batch = issue(stage.principal(CASHIER), order, stage.at(day, 15))
    if programme.prints:
        with stage.playing(BUYERS[programme.funder]):
            print_on_paper(batch, stage.at(day, 16))
        delivered(batch, lot, day)


def print_on_paper(batch: Batch, at: datetime) -> None:
    """Printed and confirmed in its time. The files themselves, minutes of work, were forgotten thirty days later:
    what is stored here in their place is forgotten as they were."""
    for span in printing.missing_spans(batch):
        printing.keep_file(batch=batch, span=span, content=FORGOTTEN, at=at)
    printing.confirm_print(batch=batch, at=at)


def _order(stage: Stage, programme: Programme, booklets: int, day: date) -> None:
    """An order that waits for the visitor: to be issued, or for its money."""
    with stage.playing(BUYERS[programme.funder]):
        place_order(
            campaign=stage.campaigns[programme.key],
            line=line_of(stage, programme, ""),
            booklets=booklets,
            at=stage.at(day, 10),
        )


def issue(principal: Principal, order: Order, at: datetime) -> Batch:
    """What the job of issuing does, at an instant of the story."""
    with acting(principal):
        batch = issuance.open_batch(order=order, at=at)
    issuance.fill_batch(batch=batch, principal=principal)
    with acting(principal):
        issuance.activate(batch=batch, at=at)
        batch.refresh_from_db()
    return batch
