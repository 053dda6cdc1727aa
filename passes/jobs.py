"""Long work on passes, each step committed, resumable after a crash."""

from typing import Any

from aptic.jobs.registry import job
from aptic.jobs.running import JobRun
from funders.models import Order
from passes.issuance import activate, fill_batch, open_batch


@job("passes.issue", queue="documents")
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
    return {"batch": batch.pk, "label": f"Lot {batch.pk} : {batch.passes} pass"}
