"""What can be checked of a file before reading it: one line each, in words, with how good it looks."""

from dataclasses import dataclass
from datetime import date

from aptic.tenancy.models import Organisation
from qualification import papers, rules, welcome
from qualification.candidacy_models import ApplicationDocument, RegisterCheck
from qualification.models import Application

REGISTER = {
    RegisterCheck.Outcome.ACTIVE: "ok",
    RegisterCheck.Outcome.CLOSED: "no",
    RegisterCheck.Outcome.UNKNOWN: "no",
    RegisterCheck.Outcome.NOT_PUBLIC: "wait",
    RegisterCheck.Outcome.AWAY: "wait",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `kind` is ok, wait (somebody should look) or no."""

    label: str
    said: str
    kind: str


def checks_of(
    row: Application,
    *,
    known: Organisation | None,
    given: list[ApplicationDocument],
    score: rules.Score | None,
    pass_mark: int,
    on: date,
) -> list[Check]:
    """Every check, the same ones in the same order."""
    found = [_register(row), *_score(score, pass_mark)]
    found += [
        Check(asked.kind.label, "jointe" if asked.given else asked.fault, "ok" if asked.given else "no")
        for asked in papers.asked_of(row.legal_status, given, on=on)
    ]
    if row.takes_over:
        found.append(Check("Reprise d’un SIRET", row.takeover_reason or "sans explication", "wait"))
    if known is not None and row.kind == Application.Kind.FIRST and row.organisation_id != known.pk:
        found.append(_known(known))
    twins = Application.objects.filter(siret=row.siret).exclude(pk=row.pk).sent().count()
    if twins:
        found.append(Check("Autres candidatures de ce SIRET", str(twins), "wait"))
    return found


def _register(row: Application) -> Check:
    """The last answer of the register about this SIRET, or that nobody asked it."""
    check = row.checks.filter(siret=row.siret).first()
    if check is None:
        return Check("Registre des entreprises", "clé du SIRET juste ; registre non interrogé", "wait")
    outcome = RegisterCheck.Outcome(check.outcome)
    words = [outcome.label, check.name, check.address]
    if check.head_office is not None:
        words.append("siège" if check.head_office else "établissement secondaire")
    return Check("Registre des entreprises", ", ".join(filter(None, words)), REGISTER[outcome])


def _known(organisation: Organisation) -> Check:
    """The organisation that has this SIRET, with its hats: whoever applies may not be one of its people."""
    actor = getattr(organisation, "actor", None)
    hats, state = welcome.hats_said(organisation), f" ; état : {actor.get_state_display().lower()}" if actor else ""
    said = f"{organisation.name} a ce SIRET ({hats}){state}"
    return Check("Déjà connu", said, "no" if organisation.is_operator else "wait")


def _score(score: rules.Score | None, pass_mark: int) -> list[Check]:
    if score is None:
        return []
    said = f"{score.points} points sur {score.maximum}, soit {score.percent} % (seuil conseillé : {pass_mark} %)"
    return [Check("Questionnaire", said, "ok" if score.percent >= pass_mark else "wait")]
