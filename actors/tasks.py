"""Work of the actors' room that nobody waits for at a page: preparing runs, writing statements."""

from datetime import datetime
from typing import Any

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from actors import statements
from actors.models import Payout
from actors.open_data import importing
from actors.permissions import DECIDES
from actors.settlement.calendar import prepare_due
from actors.settlement.people import ROLES
from actors.settlement.prepare import prepare_settlement as prepare
from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.jobs.registry import job
from aptic.jobs.running import JobRun
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting

STATEMENT, STATEMENT_JOB = "statement", "payout_statement"  # the document, and the work that makes it


@shared_task(queue="settle", ignore_result=True)
def prepare_settlement() -> str:
    """Prepare the run of the operator's calendar, once; returns its number, empty when there is nothing to do."""
    operator = Organisation.objects.filter(is_operator=True).first()
    if operator is None:
        return ""
    with acting(Principal(hat=Hat.OPERATOR, organisation_id=operator.pk)):
        return prepare_due(at=timezone.now())


@job("settlement", queue="settle", roles=ROLES)
def prepare_run(run: JobRun) -> dict[str, Any]:
    """Prepare the run of a cutoff for the person who asked; resuming finds what a former attempt committed."""
    run.step(0, 1, "Calcul de ce qui est dû à chaque acteur")
    with run.acting() as principal:
        settlement = prepare(cutoff=datetime.fromisoformat(run.params["cutoff"]))
        address = reverse("operator_settlement", args=[principal.organisation_id, settlement.pk])
    run.step(1, 1, "Règlement prêt")
    return {"url": address, "label": f"Voir le règlement {settlement.number}"}


@job(STATEMENT_JOB, queue="documents", roles=ROLES)
def write_statement(run: JobRun) -> dict[str, Any]:
    """Write the PDF of a payout's statement and keep it with the actor's documents."""
    run.step(0, 1, "Mise en page du relevé")
    with run.acting() as principal:
        payout = (
            Payout.objects.visible_to(principal).select_related("actor", "bank_account").get(pk=run.params["payout"])
        )
        content = statements.as_pdf(payout=payout, principal=principal)
        document = find_statement(payout, principal) or documents.store(
            kind=STATEMENT,
            title=f"Relevé {payout.end_to_end_id}",
            filename=statement_filename(payout),
            media_type="application/pdf",
            content=content,
            owner_id=payout.actor_id,
            roles=ROLES,
        )
    run.step(1, 1, "Relevé prêt")
    return {"url": reverse("document", args=[document.pk]), "label": "Télécharger le relevé"}


def find_statement(payout: Payout, principal: Principal) -> Document | None:
    """The PDF already written for this payout, if there is one."""
    stored = Document.objects.visible_to(principal).stored().filter(kind=STATEMENT, owner_id=payout.actor_id)
    return stored.filter(filename=statement_filename(payout)).first()


def statement_filename(payout: Payout) -> str:
    """The file's name: the transfer's, which the bank shows too."""
    return f"releve-{payout.end_to_end_id}.pdf"


@job(importing.IMPORT, roles=DECIDES)
def import_places(run: JobRun) -> dict[str, Any]:
    """Take in the file named in the parameters: {"import": uuid}."""
    importing.work(run)
    organisation = run.principal.organisation_id
    address = reverse("operator_place_import", args=[organisation, run.params["import"]]) if organisation else ""
    return {"url": address, "label": "Voir le résultat"}
