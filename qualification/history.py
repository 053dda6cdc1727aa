"""What happened to an application, from the trail: each act in words, with who did it."""

from dataclasses import dataclass
from datetime import datetime

from aptic.accounts.models import User
from aptic.audit.models import Event
from aptic.tenancy.principal import Hat
from qualification.models import Application

WORDS = {
    "application_begun": "commencée",
    "application_edited": "modifiée",
    "application_site_saved": "lieu ajouté ou modifié",
    "application_site_removed": "lieu retiré",
    "application_answered": "questionnaire rempli",
    "application_account_given": "coordonnées bancaires données",
    "application_document_added": "pièce jointe",
    "application_document_removed": "pièce retirée",
    "application_submitted": "envoyée",
    "application_withdrawn": "abandonnée",
    "application_assigned": "attribuée",
    "application_correction": "correction demandée",
    "application_waiting": "mise sur liste d’attente",
    "application_accepted": "acceptée",
    "application_refused": "refusée",
    "application_replaced": "remplacée",
    "appeal_lodged": "recours demandé",
    "appeal_granted": "recours accordé",
    "appeal_dismissed": "recours rejeté",
    "register_checked": "registre interrogé",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One line."""

    at: datetime
    words: str
    who: str


def history_of(row: Application, *, most: int = 60) -> list[Act]:
    """The latest first: two queries. Whoever applies has no account and is named as such."""
    events = list(Event.objects.about(row).order_by("-id")[:most])
    people = {event.person_id for event in events if event.person_id}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "full_name"))
    return [
        Act(
            event.at,
            WORDS.get(event.verb, event.verb),
            _who(event, names.get(event.person_id, "") if event.person_id else ""),
        )
        for event in events
    ]


def _who(event: Event, name: str) -> str:
    return name or ("machine" if event.hat == Hat.OPERATOR else "qui candidate")
