"""Figures as the components want them: segments of a bar, tiles, plots. No query here."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.urls import reverse

from aptic.amounts import amount
from aptic.charts import Band, Plot, Segment, Series, bar_chart, line_chart, row_chart
from aptic.french import days as french_days
from aptic.french import euros, month, number, short_month
from impact.figures import RATIO_HIGH_CENTS, RATIO_LOW_CENTS, Delay, Money, Row, Usage
from impact.public_trail import trail_url
from impact.suppression import FEWEST, OTHERS

MOST = 12  # bars of one drawing; its table has every row


def money_segments(money: Money, url: str = "") -> list[Segment]:
    """Where each euro is, from settled to free; the parts add up to what was collected, promised and granted by the
    guarantee. What was paid by mistake stands where it went back to."""
    unpaid = money.claim + money.claim_repaid - (money.settled - money.kept)  # mistakes whose transfer is under way
    parts = (
        ("Versés aux acteurs", money.kept),
        ("Dus ou en cours de virement", money.payable + money.in_transfer - unpaid),
        ("En circulation dans des pass", money.circulation),
        ("Disponibles pour de nouveaux pass", money.credit),
        ("Frais et TVA de l’opérateur", money.fees_due + money.vat_due + money.swept),
    )
    return [Segment(label, cents, euros(cents), url) for label, cents in parts if cents]


def money_tiles(money: Money, url: str = "") -> list[dict[str, Any]]:
    """Four sentences about the money of one funder, or of all."""
    return [
        {"value": euros(money.collected), "sentence": "reçus sur le compte cantonné", "url": url},
        {"value": euros(money.receivable), "sentence": "promis par mandat, pas encore reçus", "url": url},
        {"value": euros(money.circulation), "sentence": "dans des pass encore utilisables", "url": url},
        {"value": euros(money.kept), "sentence": "versés aux acteurs et exécutés par la banque", "url": url},
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


def rows_plot(title: str, rows: list[Row], first: str, *, url: str = "") -> Plot | None:
    """Used passes by name, the largest drawn and all in the table, whose amounts lead to `url`; None when there are
    none."""
    if not rows:
        return None
    drawn = row_chart([Segment(name, passes) for name, passes, _ in rows[:MOST]], title=title, first=first)
    table = [[name, number(passes), amount(cents, url)] for name, passes, cents in rows]
    return replace(drawn, columns=[first, "Pass", "Montant"], rows=table)


def months_plot(rows: list[Row], title: str, *, value_name: str = "Pass utilisés", url: str = "") -> Plot | None:
    """Passes by month, empty months between the first and the last drawn too; None when there are none."""
    if not rows:
        return None
    by_month = {name: (passes, cents) for name, passes, cents in rows}
    months = list(_months(rows[0][0], rows[-1][0]))
    values = [by_month.get(f"{day:%Y-%m}", (0, 0)) for day in months]
    series = [Series(value_name, [passes for passes, _ in values])]
    drawn = bar_chart([short_month(day) for day in months], series, title=title)
    table = [
        [month(day), number(passes), amount(cents, url)] for day, (passes, cents) in zip(months, values, strict=True)
    ]
    return replace(drawn, columns=["Mois", value_name, "Montant"], rows=table)


def _months(first: str, last: str) -> Iterator[date]:
    day, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01")
    while day <= end:
        yield day
        day = (day + timedelta(days=32)).replace(day=1)


def ratio_place(cents: int) -> tuple[str, str]:
    """Where twelve months stand against the consolidating ratio: (words, kind of tag)."""
    if cents < RATIO_LOW_CENTS:
        return "en dessous", "wait"
    return ("dans l’objectif", "ok") if cents <= RATIO_HIGH_CENTS else ("au-dessus", "brand")


def ratio_rows(rows: list[tuple[uuid.UUID, str, int, int]], operator_id: uuid.UUID) -> list[dict[str, Any]]:
    """One row per actor, with where its money is followed."""
    return [
        {
            "name": name,
            "cents": cents,
            "passes": passes,
            "place": ratio_place(cents),
            "url": reverse("operator_trace", args=[operator_id, "actor", str(actor_id)]),
        }
        for actor_id, name, cents, passes in rows
    ]


def ratio_places(earned: Iterable[int]) -> str:
    """How many actors stand where by what each earned, in one sentence."""
    places = Counter(ratio_place(cents)[0] for cents in earned)
    words = ("en dessous", "dans l’objectif", "au-dessus")
    return ", ".join(f"{number(places[word])} {word}" for word in words)


def earnings_plot(rows: list[Row], *, url: str = "") -> Plot | None:
    """What an actor redeemed month by month, over the twelfth of the consolidating ratio; None when it is nothing."""
    if not rows:
        return None
    earned = {name: cents for name, _, cents in rows}
    months = list(_months(rows[0][0], rows[-1][0]))
    band = Band(RATIO_LOW_CENTS / 12, RATIO_HIGH_CENTS / 12, "un douzième de l’objectif, de 15 à 25 k€ par an")
    values = [earned.get(f"{day:%Y-%m}", 0) for day in months]
    drawn = line_chart(
        [short_month(day) for day in months],
        values,
        title="Ce que vous avez encaissé, mois par mois",
        band=band,
        shown=lambda cents: euros(round(cents / 100) * 100),
        value_name="Encaissé",
    )
    table = [[short_month(day), amount(cents, url)] for day, cents in zip(months, values, strict=True)]
    return replace(drawn, rows=table)


def mix_plot(rows: list[Row], *, url: str = "") -> Plot | None:
    """Whose passes an actor redeems; None when it redeemed none."""
    if not rows:
        return None
    drawn = row_chart(
        [Segment(name, cents, euros(cents)) for name, _, cents in rows[:MOST]],
        title="De quels commanditaires viennent vos pass, sur douze mois",
        first="Commanditaire",
    )
    table = [[name, number(passes), amount(cents, url)] for name, passes, cents in rows]
    return replace(drawn, columns=["Commanditaire", "Pass", "Montant"], rows=table)


UNSAID = f"moins de {FEWEST} pass, ou de quoi le retrouver : le nombre n’est pas publié"
PUBLIC_STEPS = (
    ("issued", "émis en pass", "emis"),
    ("handed_out", "remis à des personnes", "remis"),
    ("used", "utilisés dans un lieu", "utilise"),
    ("paid", "versés aux acteurs", "verse"),
    ("expired", "expirés et rendus aux commanditaires", "expire"),
)


def public_steps(usage: dict[str, int | None]) -> list[dict[str, Any]]:
    """The steps as everybody reads them: a count under five is not said."""
    rows = []
    for name, words, anchor in PUBLIC_STEPS if usage else ():
        passes, cents = usage.get(name), usage.get(f"{name}_cents")
        if passes is None or cents is None:
            rows.append({"value": "–", "sentence": words, "period": UNSAID})
        else:
            said = {"value": euros(cents), "url": trail_url(anchor)}
            rows.append({**said, "sentence": words, "period": f"{number(passes)} pass"})
    return rows


PUBLIC_MONEY = (
    ("collected", "confiés par les commanditaires", "confie"),
    ("safeguarded", "sur les comptes cantonnés aujourd’hui", "cantonne"),
    ("payable", "dus aux acteurs", "du"),
    ("in_transfer", "en cours de virement", "virement"),
)


def public_tiles(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The money, and what it means for those who help."""
    money, actors, days = figures.get("money") or {}, figures.get("actors"), figures.get("days_to_payment")
    tiles = []
    for name, words, anchor in PUBLIC_MONEY:
        if money.get(name) is not None:
            tiles.append({"value": euros(money[name]), "sentence": words, "url": trail_url(anchor)})
    if actors:
        tiles.append({"value": number(actors), "sentence": "acteurs ont encaissé des pass depuis un an"})
    if days is not None:
        tiles.append({"value": french_days(days), "sentence": "en moyenne entre l’usage d’un pass et son paiement"})
    return tiles


def public_plots(figures: dict[str, Any]) -> list[Plot]:
    """Month by month, by département and by service; the small ones are already grouped."""
    rows = {
        name: [tuple(row) for row in figures.get(name) or []] for name in ("by_month", "by_departement", "by_service")
    }
    months, used = [row for row in rows["by_month"] if row[0] != OTHERS], trail_url("utilise")
    drawn = (
        months_plot(months, "Pass utilisés par mois", url=used),
        rows_plot("Pass utilisés par département du lieu", rows["by_departement"], "Département", url=used),
        rows_plot("Pass utilisés par service", rows["by_service"], "Service", url=used),
    )
    return [plot for plot in drawn if plot]


def delay_plot(delay: Delay) -> Plot | None:
    """How many booklets were first used how long after they were given; None when there are none."""
    if not delay.booklets:
        return None
    rows = [Segment(name, booklets) for name, booklets in delay.spans]
    title = "Délai entre la remise d’un carnet et son premier usage"
    return row_chart(rows, title=title, first="Délai", value_name="Carnets")
