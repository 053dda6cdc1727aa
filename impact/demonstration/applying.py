"""Those who apply on line, part by part, as people do: some send, one must correct, one appeals, one has just begun."""

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from pypdf import PdfWriter

from aptic.tenancy.principal import Hat, Principal, acting
from impact.demonstration import cast
from impact.demonstration.opening import commune
from impact.demonstration.stage import Stage, working_day
from qualification import attachments, candidacy, decisions, link, referentials, rules
from qualification.models import Application
from qualification.papers import EXPIRING, NEEDED
from qualification.services import put_on_waiting_list, refuse

PUBLIC = Principal(hat=Hat.PUBLIC)
DECIDES = "claire.bonnet"
DAYS_TO_DECIDE, DAYS_TO_APPEAL = 6, 9
OPEN_HOURS = "Mo-Fr 09:00-12:00,14:00-18:00; PH off"
WAITING = "Le plafond de ce territoire est atteint : quand une place se libère, la liste est reprise dans l’ordre."
REFUSED = "Votre activité est le dépannage de matériel ; le dispositif paie l’accompagnement des personnes."
FAR = "Le lieu n’ouvre que sur rendez-vous : nous ne pouvons pas y envoyer d’habitants."
APPEAL = "Nous ouvrons désormais deux matinées sans rendez-vous ; la page que vous avez lue n’était pas à jour."
REMARKS = {
    "pieces:insurance": "L’attestation jointe est un devis : joignez l’attestation elle-même.",
    "lieux:opening_hours": "Précisez les heures du mercredi.",
}
SERVICES = ((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 4, 6))


def apply_on_line(stage: Stage, provider: cast.Provider, iban: str, day: date) -> None:
    """Begin, fill in, send, and plan the answer that its fate asks for."""
    one, at = provider.organisation, stage.at(day, 10)
    with acting(PUBLIC):
        row = candidacy.begin(
            organisation_name=one.name,
            siret=one.siret,
            contact_name="Direction",
            email=one.email,
            phone=one.phone,
            at=at,
        )
        with link.opened(row.pk):
            _fill(row, provider, iban, at)
            if provider.fate == "draft":
                return
            row = candidacy.submit(application=row, agreed=_texts(), at=at)
    answers: Mapping[str, Callable[[date], Any]] = {
        "waiting": partial(_decline, stage, put_on_waiting_list, row, WAITING),
        "refused": partial(_decline, stage, refuse, row, REFUSED),
        "appealed": partial(_decline, stage, refuse, row, FAR),
        "correction": partial(_correct, stage, row),
    }
    if provider.fate in answers:
        stage.plan(working_day(day + timedelta(days=DAYS_TO_DECIDE)), answers[provider.fate])
    if provider.fate == "appealed":
        stage.plan(working_day(day + timedelta(days=DAYS_TO_APPEAL)), partial(_appeal, stage, row))


def _fill(row: Application, provider: cast.Provider, iban: str, at: datetime) -> None:
    """Every part; a draft stops before its papers."""
    one = provider.organisation
    candidacy.edit(
        application=row,
        legal_status="association",
        address=provider.places[0].address,
        contact_role="Direction",
        representative_name="Présidence",
        mandated=True,
        motivation="Nous recevons chaque semaine des personnes qui butent sur leurs démarches en ligne.",
    )
    for place in provider.places:
        candidacy.save_site(
            application=row,
            name=place.name,
            address=place.address,
            commune=commune(place.commune),
            phone=one.phone,
            opening_hours=OPEN_HOURS,
            services=SERVICES[one.rank % len(SERVICES)],
            access_modes=["walk_in", "call"],
            support_modes=["one_to_one", "workshop"],
            host_kind="social_centre" if one.rank % 2 else "third_place",
            mediators=2,
        )
    content = row.referential.content if row.referential else {}
    candidacy.answer(application=row, answers=_answers(content, one.rank))
    if provider.fate == "draft":
        return
    row.refresh_from_db()
    for kind in NEEDED[row.legal_status]:
        attachments.attach(
            application=row,
            kind=kind,
            filename=f"{kind.value}.pdf",
            content=_blank_page(),
            expires_on=at.date() + timedelta(days=300) if kind in EXPIRING else None,
            at=at,
        )
    candidacy.give_account(application=row, holder=one.name, iban=iban)


def _answers(content: rules.Content, rank: int) -> dict[str, Any]:
    """An answer to each question, which differ from one applicant to the next."""
    found: dict[str, Any] = {}
    for number, question in enumerate(rules.questions_of(content)):
        keys = [one["key"] for one in rules.choices_of(question)]
        chosen = keys[(rank * 3 + number) % len(keys)] if keys else None
        simple = {"choices": [chosen], "number": 2 + (rank + number) % 7, "text": "Un point d’équipe chaque mois."}
        found[question["key"]] = simple.get(question["kind"], chosen)
    return found


def _decline(stage: Stage, verb: Callable[..., Application], row: Application, reason: str, day: date) -> None:
    with stage.playing(DECIDES):
        verb(application=row, reason=reason, at=stage.at(day, 16))


def _correct(stage: Stage, row: Application, day: date) -> None:
    with stage.playing(DECIDES):
        decisions.assign(application=row, person_id=stage.people[DECIDES].pk)
        decisions.ask_correction(application=row, remarks=REMARKS, message="Presque !", at=stage.at(day, 16))


def _appeal(stage: Stage, row: Application, day: date) -> None:
    with acting(PUBLIC), link.opened(row.pk):
        candidacy.appeal(application=row, text=APPEAL, at=stage.at(day, 11))


def _texts() -> list[str]:
    return [str(text.pk) for text in referentials.texts_in_force()]


def _blank_page() -> bytes:
    """A paper on which nothing is written."""
    writer, content = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(content)
    return content.getvalue()
