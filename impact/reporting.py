"""The report of one campaign: gathered once, then said as a page, as lines for a spreadsheet and as a PDF."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from actors.settlement_rules import harmless
from actors.statements import plain_euros
from aptic import french
from aptic.charts import Plot
from funders.models import Campaign
from impact import figures, observed, presenting
from impact.figures import Delay, Row, Usage
from impact.observed import Question


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure of a campaign, counted at one instant."""

    campaign: Campaign
    at: datetime
    usage: Usage
    by_service: list[Row]
    by_commune: list[Row]
    by_month: list[Row]
    handed_out_by_month: list[Row]
    delay: Delay
    observed: list[Question]

    @property
    def steps(self) -> list[presenting.Step]:
        """From issued to paid, each with its share of what was issued."""
        return presenting.steps(self.usage)

    def plots(self, url: str = "") -> list[Plot]:
        """The drawings that have something to draw; the amounts of their tables lead to `url`, on paper nowhere."""
        drawn = (
            presenting.months_plot(self.by_month, "Pass utilisés par mois", url=url),
            presenting.months_plot(self.handed_out_by_month, "Pass remis par mois", value_name="Pass remis", url=url),
            presenting.delay_plot(self.delay),
            presenting.rows_plot("Pass utilisés par service", self.by_service, "Service", url=url),
            presenting.rows_plot("Pass utilisés par commune du lieu", self.by_commune, "Commune", url=url),
        )
        return [plot for plot in drawn if plot]


def gather(campaign: Campaign, *, at: datetime | None = None) -> Report:
    """Count everything, as whoever is acting may see it."""
    return Report(
        campaign=campaign,
        at=at or timezone.now(),
        usage=figures.usage(campaign_id=campaign.pk, funder_id=campaign.funder_id),
        by_service=figures.used_by("service", campaign_id=campaign.pk),
        by_commune=figures.used_by("commune", campaign_id=campaign.pk),
        by_month=figures.used_by("month", campaign_id=campaign.pk),
        handed_out_by_month=figures.handed_out_by_month(campaign.pk),
        delay=figures.delay_to_first_use(campaign.pk),
        observed=observed.observed(campaign.pk),
    )


def as_csv(report: Report) -> str:
    """The same figures as lines: section, name, count, euros. Made for a French spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Rubrique", "Libellé", "Nombre", "Montant en euros"])
    for row in _lines(report):
        section, name, count, cents = row
        writer.writerow([section, harmless(name), count, "" if cents is None else plain_euros(cents)])
    return "\ufeff" + out.getvalue()


def _lines(report: Report) -> Iterator[tuple[str, str, int, int | None]]:
    for step in report.steps:
        yield "Étape (pass)", step.name, step.passes, step.cents
    yield "Étape (carnets)", "Carnets entamés", report.usage.started, None
    for section, rows in (("Service", report.by_service), ("Commune du lieu", report.by_commune)):
        for name, passes, cents in rows:
            yield section, name, passes, cents
    for section, rows in (("Mois d’utilisation", report.by_month), ("Mois de remise", report.handed_out_by_month)):
        for name, passes, cents in rows:
            yield section, name, passes, cents
    for name, booklets in report.delay.spans:
        yield "Délai entre remise et premier usage (carnets)", name, booklets, None
    for question in report.observed:
        for name, count in question.rows:
            yield f"Effet noté au guichet : {question.title} (réponses)", name, count, None


def as_pdf(report: Report, *, scheme: str) -> bytes:
    """The report as PDF."""
    from aptic.documents import pdf  # WeasyPrint takes half a second to load: only who prints pays

    return pdf.render("impact/report_pdf.html", {"report": report, "scheme": scheme})


def filename(report: Report) -> str:
    """The PDF's name: the operation and the day it was counted."""
    return f"rapport-{report.campaign.name[:60]}-{timezone.localdate(report.at).isoformat()}.pdf"


def title(report: Report) -> str:
    """Its title among the documents."""
    return f"{title_of(report.campaign)} du {french.date(report.at)}"[:160]


def title_of(campaign: Campaign) -> str:
    """How the title of every report of a campaign begins."""
    return f"Rapport « {campaign.name[:120]} »"
