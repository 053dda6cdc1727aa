"""An actor's mix of income as the components want it. No query here."""

from collections.abc import Sequence
from dataclasses import replace

from actors.income_rules import PASSES, Kind, Mix
from aptic.amounts import amount
from aptic.charts import Plot, Segment, Series, bar_chart, row_chart
from aptic.french import NBSP, euros, percent


def plots(mixes: Sequence[Mix], *, url: str) -> list[Plot]:
    """The latest year by source; and, from two years on, one year beside the other. `mixes` has the latest first."""
    return [mix_plot(mixes[0], url=url), *([years_plot(mixes, url=url)] if len(mixes) > 1 else [])]


def mix_plot(mix: Mix, *, url: str) -> Plot:
    """Where the income of a year comes from, the largest first; the table also has what brought nothing."""
    parts = sorted(mix.parts, key=lambda part: -part.cents)
    drawn = row_chart(
        [Segment(one.name, one.cents, f"{one.percents}{NBSP}%") for one in parts if one.cents],
        title=f"D’où viennent vos revenus de {mix.year}",
        first="Ressource",
    )
    table = [
        [one.name, amount(one.cents, url) if one.passes else euros(one.cents), f"{one.percents}{NBSP}%"]
        for one in parts
    ]
    rows = [*table, ["Total", euros(mix.total_cents), f"100{NBSP}%" if mix.total_cents else f"0{NBSP}%"]]
    return replace(drawn, columns=["Ressource", "Montant", "Part"], rows=rows)


def years_plot(mixes: Sequence[Mix], *, url: str) -> Plot:
    """Passes, the seven activities and the rest, year by year, the oldest first; the table has the share of passes."""
    in_order = sorted(mixes, key=lambda mix: mix.year)
    other = [mix.declared.get(Kind.OTHER, 0) for mix in in_order]
    own = [mix.declared_cents - rest for mix, rest in zip(in_order, other, strict=True)]
    series = [
        Series(PASSES, [mix.passes_cents for mix in in_order]),
        Series("Vos sept activités", own),
        Series(str(Kind.OTHER.label), other),
    ]
    title = "D’une année à l’autre"
    labels = [str(mix.year) for mix in in_order]
    drawn = bar_chart(labels, series, title=title, shown=lambda cents: euros(round(cents)), first="Année")
    table = [
        [
            str(mix.year),
            amount(mix.passes_cents, url),
            euros(activities),
            euros(rest),
            euros(mix.total_cents),
            percent(mix.passes_share),
        ]
        for mix, activities, rest in zip(in_order, own, other, strict=True)
    ]
    return replace(drawn, columns=[*drawn.columns, "Part des pass"], rows=table)
