"""Whoever applies, in tests: a file begun by the services and filled in part by part, ready to be sent."""

from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.utils import timezone

from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from qualification import attachments, candidacy, link, referentials, rules
from qualification.models import Application
from qualification.papers import EXPIRING, NEEDED
from tests.factories import make_siret

PUBLIC = Principal(hat=Hat.PUBLIC)
IBAN = "FR7630006000011234567890189"
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj
xref
0 4
0000000000 65535 f 
0000000009 00000 n 
0000000052 00000 n 
0000000101 00000 n 
trailer<</Size 4/Root 1 0 R>>
startxref
161
%%EOF"""  # noqa: W291


def begin(**more: Any) -> Application:
    """A file begun by nobody in particular."""
    said = {
        "organisation_name": "Les Ateliers d’essai",
        "siret": make_siret(),
        "contact_name": "Camille Essai",
        "email": "camille@ateliers.example",
        **more,
    }
    with acting(PUBLIC):
        return candidacy.begin(**said)


@contextmanager
def holding(application: Application):
    """As whoever opened its link; gives the row as it stands."""
    with acting(PUBLIC), link.opened(application.pk):
        yield Application.objects.select_related("commune", "referential").get(pk=application.pk)


def place(**more: Any) -> dict[str, Any]:
    """What a place says of itself."""
    commune = Commune.objects.get(pk=more.pop("commune", "33063"))
    return {"name": "L’Atelier", "address": "1 rue de l’Essai", "commune": commune, "phone": "0500000000",
            "services": [1, 2], "opening_hours": "mardi 9h-12h", **more}  # fmt: skip


def all_answers(content: rules.Content) -> dict[str, Any]:
    """An answer to every question that is asked, the first choice of each."""
    found: dict[str, Any] = {}
    for question in rules.questions_of(content):
        choices = rules.choices_of(question)
        kind = question["kind"]
        first = choices[0]["key"] if choices else None
        found[question["key"]] = (
            [first] if kind == "choices" else first if choices else 3 if kind == "number" else "Une phrase."
        )
    return rules.kept(content, found)


def join_papers(application: Application) -> None:
    """Every paper that its legal status needs."""
    later = timezone.localdate() + timedelta(days=200)
    for kind in NEEDED[application.legal_status]:
        attachments.attach(
            application=application,
            kind=kind,
            filename=f"{kind}.pdf",
            content=PDF,
            expires_on=later if kind in EXPIRING else None,
        )


def fill(application: Application, **more: Any) -> Application:
    """Every part of the file."""
    with holding(application) as row:
        said = {
            "legal_status": "association", "address": "1 rue de l’Essai, 33000 Bordeaux", "phone": "0500000000",
            "representative_name": "Dominique Essai", "mandated": True, **more,
        }  # fmt: skip
        candidacy.edit(application=row, **said)
        candidacy.save_site(application=row, **place())
        candidacy.answer(application=row, answers=all_answers(row.referential.content))
        row.refresh_from_db()
        join_papers(row)
        candidacy.give_account(application=row, holder=row.organisation_name, iban=IBAN)
        row.refresh_from_db()
        return row


def send(application: Application, **more: Any) -> Application:
    """Agreed to and sent."""
    with holding(application) as row:
        return candidacy.submit(
            application=row, agreed=[str(text.pk) for text in referentials.texts_in_force()], **more
        )


def sent(**more: Any) -> Application:
    """A whole file, sent."""
    return send(fill(begin(**more)))
