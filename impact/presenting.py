"""Figures as the components want them: segments of a bar, tiles, plots. No query here."""

from datetime import date
from typing import Any

from aptic.charts import Plot, Segment, Series, bar_chart, row_chart
from aptic.french import euros, short_month
from impact.figures import Money, Usage


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


def steps(usage: Usage) -> list[tuple[str, int, int]]:
    """(step, passes, cents), in the order of a pass's life."""
    return [
        ("Émis", usage.issued, usage.issued_cents),
        ("Remis à des personnes", usage.handed_out, usage.handed_out_cents),
        ("Utilisés", usage.used, usage.used_cents),
        ("Versés aux acteurs", usage.paid, usage.paid_cents),
        ("Expirés", usage.expired, usage.expired_cents),
    ]


def rows_plot(title: str, rows: list[tuple[str, int, int]], first: str) -> Plot | None:
    """Used passes by name, or None when there are none."""
    if not rows:
        return None
    segments = [Segment(name, passes) for name, passes, _ in rows[:12]]
    return row_chart(segments, title=title, first=first, value_name="Pass utilisés")


def months_plot(rows: list[tuple[str, int, int]]) -> Plot | None:
    """Used passes by month, or None when there are none."""
    if not rows:
        return None
    labels = [short_month(date.fromisoformat(f"{month}-01")) for month, _, _ in rows]
    used = Series("Pass utilisés", [passes for _, passes, _ in rows])
    return bar_chart(labels, [used], title="Pass utilisés par mois")
