"""Figures as the components want them: segments of a bar, tiles, plots. No query here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from aptic.charts import Plot, Segment, Series, bar_chart, row_chart
from aptic.french import euros, month, number, short_month
from impact.figures import Delay, Money, Row, Usage

MOST = 12  # bars of one drawing; its table has every row


def money_segments(money: Money) -> list[Segment]:
    """Where each euro is, from settled to free; the parts add up to what was collected and promised."""
    parts = (
        ("Versés aux acteurs", money.settled),
        ("Dus ou en cours de virement", money.payable + money.in_transfer),
        ("En circulation dans des pass", money.circulation),
        ("Disponibles pour de nouveaux pass", money.credit),
        ("Frais et TVA de l’opérateur", money.fees_due + money.vat_due + money.swept),
    )
    return [Segment(label, cents, euros(cents)) for label, cents in parts if cents]


def money_tiles(money: Money, url: str = "") -> list[dict[str, Any]]:
    """Four sentences about the money of one funder, or of all."""
    return [
        {"value": euros(money.collected), "sentence": "reçus sur le compte cantonné", "url": url},
        {"value": euros(money.receivable), "sentence": "promis par mandat, pas encore reçus", "url": url},
        {"value": euros(money.circulation), "sentence": "dans des pass encore utilisables", "url": url},
        {"value": euros(money.settled), "sentence": "versés aux acteurs et exécutés par la banque", "url": url},
    ]


class Step(NamedTuple):
    """One step of the life of passes, and its share of what was issued."""

    name: str
    passes: int
    cents: int
    share: float


def steps(usage: Usage) -> list[Step]:
    """In the order of a pass's life."""
    rows = (
        ("Émis", usage.issued, usage.issued_cents),
        ("Remis à des personnes", usage.handed_out, usage.handed_out_cents),
        ("Utilisés", usage.used, usage.used_cents),
        ("Versés aux acteurs", usage.paid, usage.paid_cents),
        ("Expirés", usage.expired, usage.expired_cents),
    )
    return [Step(name, passes, cents, passes / usage.issued if usage.issued else 0.0) for name, passes, cents in rows]


def rows_plot(title: str, rows: list[Row], first: str) -> Plot | None:
    """Used passes by name, the largest drawn and all in the table; None when there are none."""
    if not rows:
        return None
    drawn = row_chart([Segment(name, passes) for name, passes, _ in rows[:MOST]], title=title, first=first)
    table = [[name, number(passes), euros(cents)] for name, passes, cents in rows]
    return replace(drawn, columns=[first, "Pass", "Montant"], rows=table)


def months_plot(rows: list[Row], title: str, *, value_name: str = "Pass utilisés") -> Plot | None:
    """Passes by month, empty months between the first and the last drawn too; None when there are none."""
    if not rows:
        return None
    by_month = {name: (passes, cents) for name, passes, cents in rows}
    months = list(_months(rows[0][0], rows[-1][0]))
    values = [by_month.get(f"{day:%Y-%m}", (0, 0)) for day in months]
    series = [Series(value_name, [passes for passes, _ in values])]
    drawn = bar_chart([short_month(day) for day in months], series, title=title)
    table = [[month(day), number(passes), euros(cents)] for day, (passes, cents) in zip(months, values, strict=True)]
    return replace(drawn, columns=["Mois", value_name, "Montant"], rows=table)


def _months(first: str, last: str) -> Iterator[date]:
    day, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01")
    while day <= end:
        yield day
        day = (day + timedelta(days=32)).replace(day=1)


def delay_plot(delay: Delay) -> Plot | None:
    """How many booklets were first used how long after they were given; None when there are none."""
    if not delay.booklets:
        return None
    rows = [Segment(name, booklets) for name, booklets in delay.spans]
    title = "Délai entre la remise d’un carnet et son premier usage"
    return row_chart(rows, title=title, first="Délai", value_name="Carnets")
