"""How far an application is: its parts, what each still lacks, in the order in which they are asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from qualification import papers, rules
from qualification.models import Application


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the file: its name in addresses, its title, and what is still missing, one sentence each."""

    key: str
    title: str
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=(), compare=False)

    @property
    def done(self) -> bool:
        """Nothing is missing."""
        return not self.faults


TITLES = {
    "organisation": "Votre organisation",
    "personnes": "Les personnes",
    "lieux": "Vos lieux",
    "questionnaire": "Le questionnaire",
    "pieces": "Les pièces",
    "banque": "Être payé",
}


def parts_of(row: Application, *, on: date) -> list[Part]:
    """Each part, judged on one day: three queries."""
    open_remarks = remarks_of(row)
    checks: dict[str, Callable[[], list[str]]] = {
        "organisation": lambda: _organisation(row),
        "personnes": lambda: _people(row),
        "lieux": lambda: _sites(row),
        "questionnaire": lambda: _questions(row),
        "pieces": lambda: _papers(row, on),
        "banque": lambda: _account(row),
    }
    return [
        Part(
            key,
            title,
            tuple(checks[key]()),
            tuple(text for name, text in open_remarks.items() if name.partition(":")[0] == key),
        )
        for key, title in TITLES.items()
    ]


def remarks_of(row: Application) -> dict[str, str]:
    """The remarks made since the file was last sent, by field (« part:field »)."""
    if row.state != Application.State.CORRECTION or row.submitted_at is None:
        return {}
    return dict(row.remarks.filter(made_at__gte=row.submitted_at).values_list("field", "text"))


def _organisation(row: Application) -> list[str]:
    asked = {"legal_status": "Le statut juridique.", "address": "L’adresse du siège."}
    found = [sentence for name, sentence in asked.items() if not getattr(row, name)]
    if row.takes_over and not row.takeover_reason:
        found.append("Ce qui s’est passé avec le SIRET que vous reprenez.")
    return found


def _people(row: Application) -> list[str]:
    asked = {"phone": "Votre téléphone.", "representative_name": "Le nom du représentant légal."}
    found = [sentence for name, sentence in asked.items() if not getattr(row, name)]
    return found if row.mandated else [*found, "Votre confirmation d’être mandaté par l’organisation."]


def _sites(row: Application) -> list[str]:
    sites = list(row.sites.all())
    if not sites:
        return ["Au moins un lieu."]
    without = [site.name for site in sites if not site.services]
    return [f"Les services de {name}." for name in without]


def _account(row: Application) -> list[str]:
    """An actor that renews is paid already."""
    known = row.iban_last4 or row.kind == Application.Kind.RENEWAL
    return [] if known else ["Les coordonnées bancaires."]


def _questions(row: Application) -> list[str]:
    if row.referential is None:
        return []
    lacking = set(rules.missing(row.referential.content, row.answers))
    return [one["text"] for one in rules.questions_of(row.referential.content) if one["key"] in lacking]


def _papers(row: Application, on: date) -> list[str]:
    if not row.legal_status:
        return ["Les pièces dépendent du statut juridique : indiquez-le d’abord."]
    given = row.documents.filter(deleted_at=None)
    return [asked.fault for asked in papers.asked_of(row.legal_status, given, on=on) if asked.fault]
