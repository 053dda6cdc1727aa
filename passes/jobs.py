"""Long work on passes, each step committed, resumable after a crash."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from aptic.jobs.errors import LeaseLost
from aptic.jobs.registry import job
from aptic.jobs.running import JobRun
from funders.models import Order
from passes import attendance, booklets_pdf, printing
from passes.issuance import ISSUE, ROLES, activate, fill_batch, open_batch
from passes.models import Batch, Session


@job(ISSUE, queue="documents", roles=ROLES)
def issue(run: JobRun) -> dict[str, Any]:
    """Issue the order named in the parameters: {"order": uuid}. Its result names the batch."""
    with run.acting():
        batch = open_batch(order=Order.objects.get(pk=run.params["order"]))
    fill_batch(
        batch=batch,
        principal=run.principal,
        progress=lambda done, total: run.step(done, total, "Création des pass"),
    )
    with run.acting():
        activate(batch=batch)
    return {"batch": batch.pk, "label": f"Voir le lot {batch.pk}", "url": _address(run, "batch", batch)}


@job(printing.PRINT, queue="documents", roles=printing.ROLES)
def print_booklets(run: JobRun) -> dict[str, Any]:
    """Make the files that the batch named in the parameters lacks: {"batch": id}. Each file is one committed step."""
    with run.acting():
        batch = Batch.objects.select_related("campaign", "funder").get(pk=run.params["batch"])
        sheet = booklets_pdf.sheet_of(batch)
        spans = list(printing.missing_spans(batch))
    made = batch.booklets - sum(span.booklets for span in spans)
    for span in spans:
        _make_file(run, batch, sheet, span, made)
        made += span.booklets
    return {"batch": batch.pk, "label": "Voir les fichiers", "url": _address(run, "batch_print", batch)}


@job(attendance.SHEET, queue="documents")
def write_sheet(run: JobRun) -> dict[str, Any]:
    """The attendance sheet of a session: {"session": uuid}. A second attempt finds what the first one kept."""
    if not run.state.get("document"):
        run.step(0, 2, "Lecture des pass de la séance")
        with run.acting():
            session = Session.objects.select_related("site__commune", "actor", "service").get(pk=run.params["session"])
            rows = attendance.participants(session)
        content = attendance.as_pdf(session, rows, at=timezone.now())
        with run.acting():
            run.save_state(document=str(attendance.keep(session, content).pk))
            run.step(2, 2, "Feuille prête")
    return {"url": reverse("document", args=[run.state["document"]]), "label": "Télécharger la feuille"}


def _make_file(run: JobRun, batch: Batch, sheet: booklets_pdf.Sheet, span: printing.Span, made: int) -> None:
    """Lay out one file, showing how far it is, then store it; the row and the step commit together."""
    words = f"Mise en page des carnets {span.first} à {span.last}"

    def show(booklets: int) -> None:
        run.step((made + booklets) * batch.passes_per_booklet, batch.passes, words)

    show(0)
    content = booklets_pdf.render(sheet, first=span.first, last=span.last, progress=show)
    kept = None
    try:
        with run.acting():
            kept = printing.keep_file(batch=batch, span=span, content=content)
            show(span.booklets)
    except LeaseLost:
        if kept is not None:
            printing.discard(kept.document)
        raise


def _address(run: JobRun, page: str, batch: Batch) -> str:
    """The page of the batch in the space of who started the work; empty for the machinery."""
    organisation = run.principal.organisation_id
    return reverse(f"{run.principal.hat.value}_{page}", args=[organisation, batch.uuid]) if organisation else ""
