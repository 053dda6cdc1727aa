"""What runs behind the pages, for the operator: seals, proofs, long work that failed, messages that did not leave."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from aptic.accounts.models import Role
from aptic.audit.models import Head, Seal, Verification
from aptic.jobs.models import Job
from aptic.ledger.models import Proof
from aptic.outbox import services
from aptic.outbox.models import Message
from aptic.spaces import space
from aptic.tenancy.principal import Hat

PAGE = 25  # messages
LAST_JOBS = 10


@require_safe
@space(Hat.OPERATOR, roles=(Role.MANAGER,))
def show(request: HttpRequest) -> HttpResponse:
    """Everything that a person should look at, then what went well last."""
    given_up = Message.objects.visible_to(request.principal).given_up().select_related("organisation")
    jobs = Job.objects.visible_to(request.principal).select_related("organisation")
    context: dict[str, Any] = {
        "messages_given_up": Paginator(given_up.order_by("-failed_at", "id"), PAGE).get_page(request.GET.get("page")),
        "waiting": Message.objects.visible_to(request.principal).waiting().count(),
        "failed": jobs.filter(state=Job.State.FAILED)[:LAST_JOBS],
        "live": jobs.live()[:LAST_JOBS],
        "seal": Seal.objects.order_by("-id").first(),
        "verification": Verification.objects.first(),
        "head": Head.objects.first(),
        "proof": Proof.objects.first(),
    }
    return render(request, "running/machinery.html", context)


@require_POST
@space(Hat.OPERATOR, roles=(Role.MANAGER,))
def retry(request: HttpRequest, message: uuid.UUID) -> HttpResponse:
    """Try a message again that was given up."""
    found = get_object_or_404(Message.objects.visible_to(request.principal).given_up(), pk=message)
    services.retry(message=found)
    messages.success(request, "L’envoi va être essayé de nouveau.")
    return redirect("operator_machinery", organisation=request.organisation.pk)
