"""Payouts as both sides read them: the actor its own, the operator all; amounts, lines, statement."""

import itertools
import uuid
from collections.abc import Callable
from functools import partial

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from actors import statements, tasks
from actors.models import Payout
from actors.settlement.owed import owed_to
from actors.settlement.people import ROLES
from actors.views.settlement import TAGS
from aptic.accounts.models import Role
from aptic.jobs import services as jobs
from aptic.jobs.following import back_to, followed
from aptic.spaces import space
from aptic.tenancy.principal import Hat

PAGE = 50
SHOWN = 200  # lines on the page; the CSV and the PDF have them all
actor = space(Hat.ACTOR, roles=(Role.MANAGER, Role.FINANCE))
operator = space(Hat.OPERATOR, roles=ROLES)


@actor
def payout_list(request: HttpRequest) -> HttpResponse:
    """Every payout of the actor, and what it is owed today."""
    payouts = Payout.objects.visible_to(request.principal).exclude(state=Payout.State.RELEASED)
    page = Paginator(payouts.order_by("-cutoff", "id"), PAGE).get_page(request.GET.get("page"))
    for one in page:
        one.tag = TAGS.get(one.state, "")
    owed = owed_to(actor_id=request.organisation.pk, principal=request.principal)
    return render(request, "actors/settlement/payouts.html", {"page_obj": page, "owed": owed})


@actor
def owed(request: HttpRequest) -> HttpResponse:
    """What the actor is owed, debtor by debtor, what waits and why, and the next date."""
    position = owed_to(actor_id=request.organisation.pk, principal=request.principal)
    return render(request, "actors/settlement/owed.html", {"owed": position})


def _detail(request: HttpRequest, pk: uuid.UUID, *, side: str) -> HttpResponse:
    payout = _find(request, pk)
    payout.tag = TAGS.get(payout.state, "")
    lines = list(itertools.islice(statements.lines(payout=payout, principal=request.principal), SHOWN))
    context = {
        "payout": payout,
        "side": side,
        "shares": list(payout.purses.select_related("funder").order_by("funder__search_key", "id")),
        "lines": lines,
        "shown": SHOWN,
        "back_url": reverse(
            "operator_settlement" if side == "operator" else "actor_payouts",
            args=[request.organisation.pk, *([payout.settlement_id] if side == "operator" else [])],
        ),
        "csv_url": reverse(f"{side}_payout_csv", args=[request.organisation.pk, payout.pk]),
        "pdf_url": reverse(f"{side}_payout_pdf", args=[request.organisation.pk, payout.pk]),
    }
    return render(request, "actors/settlement/payout.html", context)


def _csv(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    payout = _find(request, pk)
    content = "".join(statements.rows_as_csv(payout=payout, principal=request.principal))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="releve-{payout.end_to_end_id}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _pdf(request: HttpRequest, pk: uuid.UUID, *, side: str) -> HttpResponse:
    """The PDF when it is written; else a worker writes it, and the page shows its progress and then its link."""
    payout = _find(request, pk)
    if payout.state == Payout.State.PREPARED:
        raise Http404
    job = followed(request, tasks.STATEMENT_JOB, payout=payout.pk)
    if job is None and (document := tasks.find_statement(payout, request.principal)):
        return redirect("document", document.pk)
    if request.method != "POST":
        back_url = reverse(f"{side}_payout", args=[request.organisation.pk, payout.pk])
        context = {"payout": payout, "back_url": back_url, "job": job}
        return render(request, "actors/settlement/payout_pdf.html", context)
    if job is None or not job.is_live:
        title = f"Relevé {payout.end_to_end_id}"
        job = jobs.start(kind=tasks.STATEMENT_JOB, params={"payout": str(payout.pk)}, title=title)
    return back_to(job, f"{side}_payout_pdf", request.organisation.pk, payout.pk)


def _find(request: HttpRequest, pk: uuid.UUID) -> Payout:
    visible = Payout.objects.visible_to(request.principal).exclude(state=Payout.State.RELEASED)
    return get_object_or_404(visible.select_related("actor", "bank_account"), pk=pk)


def _named(view: Callable[..., HttpResponse], name: str, **more: str) -> Callable[..., HttpResponse]:
    found = partial(view, **more)
    found.__name__, found.__doc__, found.__module__ = name, view.__doc__, __name__  # type: ignore[attr-defined]
    return found


actor_payout = actor(_named(_detail, "actor_payout", side="actor"))
operator_payout = operator(_named(_detail, "operator_payout", side="operator"))
actor_payout_csv, operator_payout_csv = actor(_csv), operator(_csv)
actor_payout_pdf = actor(_named(_pdf, "actor_payout_pdf", side="actor"))
operator_payout_pdf = operator(_named(_pdf, "operator_payout_pdf", side="operator"))
