"""Incidents, held lines and late voids in plain French: what happened, who bears it and why, what comes next."""

from datetime import datetime
from typing import Any

from passes.models import Held, Incident, VoidRequest
from passes.refusals import Refusal

State = Incident.State
TAGS = {
    "open": "wait", "prepared": "sun", "awaiting": "sun", "closed": "ok",
    "waiting": "wait", "released": "ok", "approved": "ok", "refused": "no", "incident": "sun",
}  # fmt: skip


def why_refused(incident: Incident) -> str:
    """The reason of the attempt, in two or three words; what a mistake is, otherwise."""
    if incident.kind == Incident.Kind.MISTAKE:
        return "Encaissé par erreur"
    return str(Refusal(incident.redemption.outcome).label)


def why_bearer(incident: Incident) -> str:
    """Why the rule names this bearer."""
    if incident.kind == Incident.Kind.MISTAKE:
        return "L’acteur a été payé pour un pass qui n’aurait pas dû être encaissé : il rend l’argent."
    if incident.bearer == Incident.Bearer.GUARANTEE:
        return "L’appareil est resté sous son plafond hors ligne, et sans réseau il ne pouvait pas le savoir."
    if not incident.within_ceiling:
        return "L’appareil était au-delà de son plafond hors ligne."
    if incident.redemption.outcome == Refusal.ALREADY_REDEEMED:
        return "Cet appareil avait lui-même encaissé ce pass."
    return "Le pass imprimé, ou les règles que le lieu connaît, le disaient déjà."


def what_comes(incident: Incident, at: datetime) -> str:
    """What the actor reads of its own incident."""
    decided = {
        Incident.Decision.GUARANTEE: "La garantie vous paie ce pass : il est dans votre prochain paiement.",
        Incident.Decision.SITE: "Ce pass ne vous est pas payé.",
        Incident.Decision.RETAINED: "La somme est retenue sur votre prochain paiement.",
        Incident.Decision.REPAID: "Vous avez remboursé : merci.",
        Incident.Decision.KEPT: "L’encaissement reste payé.",
    }
    if incident.state == State.CLOSED:
        return decided[Incident.Decision(incident.decision)]
    if incident.state == State.AWAITING:
        return "Remboursez par virement au compte que l’opérateur vous indique."
    if incident.is_late(at):
        return "L’opérateur a dépassé le délai : vous pouvez l’appeler."
    return "L’opérateur instruit ; deux personnes décident."


def dress(rows: list[Any]) -> list[Any]:
    """Give each row the colour of its state."""
    for one in rows:
        one.tag = TAGS[one.state]
    return rows


def dress_incidents(rows: list[Any], at: datetime) -> list[Any]:
    """Give each incident what its line on a page says."""
    for one in dress(rows):
        one.why, one.late, one.next_words = why_refused(one), one.is_late(at), what_comes(one, at)
    return rows


def steps(incident: Incident) -> list[dict[str, str]]:
    """Where an incident stands on its way."""
    way = [(State.OPEN, "Préparer"), (State.PREPARED, "Approuver"), (State.CLOSED, "Clos")]
    if incident.decision == Incident.Decision.REPAID:
        way.insert(2, (State.AWAITING, "Remboursement"))
    order = [state for state, _ in way]
    here = order.index(State(incident.state))
    closed = incident.state == State.CLOSED
    return [
        {"title": title, "state": "done" if rank < here or closed else "here" if rank == here else ""}
        for rank, (_, title) in enumerate(way)
    ]


def held_words(one: Held) -> str:
    """What the actor reads of a held line."""
    return {
        Held.State.RELEASED: "Accepté.",
        Held.State.REFUSED: f"Refusé : {one.reason}",
    }.get(Held.State(one.state), "L’opérateur vérifie ; deux personnes décident.")


def who_answers(one: VoidRequest) -> str:
    """Whose turn it is, on the pages of the actor and of the operator."""
    if one.is_from_device:
        return "L’opérateur seul : un appareil ne dit pas qui s’en servait."
    return "Un responsable de l’acteur ou l’opérateur, jamais la personne qui demande."


def answer_words(one: VoidRequest) -> str:
    """What came of a request."""
    if one.state == VoidRequest.State.REFUSED:
        return f"Refusé : {one.answer}"
    return str(one.get_state_display())
