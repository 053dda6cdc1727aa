"""The proof, account by account: what the ledger says, what was counted, and whether they agree."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.celery import SYSTEM_QUEUE
from aptic.errors import NotAllowed
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Proof, ProofLine
from aptic.ledger.tasks import prove_nightly
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import FundingLine
from passes.models import Batch

PAGE = 50
MAY_RUN = (Role.MANAGER, Role.FINANCE)
PAUSE = timedelta(minutes=1)  # between two runs that people ask for
POINTS = {
    AccountKind.CREDIT: "line",
    AccountKind.RECEIVABLE: "line",
    AccountKind.CIRCULATION: "batch",
    AccountKind.PAYABLE: "actor",
    AccountKind.IN_TRANSFER: "payout",
}


@space(Hat.OPERATOR)
def show(request: HttpRequest) -> HttpResponse:
    """The last proof: the accounts that differ first, then each with its count; a button runs it again."""
    may_run = request.principal.role in MAY_RUN
    last = Proof.objects.first()
    if request.method == "POST":
        if not may_run:
            raise NotAllowed
        _run_again(request, last)
        return redirect("operator_proof", request.organisation.pk)
    lines = ProofLine.objects.filter(proof=last).select_related("account__actor", "purse__funder")
    kinds = list(
        lines.order_by("kind")
        .values("kind")
        .annotate(count=Count("pk"), wrong=Count("pk", filter=~Q(ledger_cents=F("counted_cents"))))
    )
    chosen = request.GET.get("compte", "")
    shown = lines.filter(kind=chosen) if chosen in {row["kind"] for row in kinds} else lines
    page = Paginator(shown.order_by("kind", "label", "pk"), PAGE).get_page(request.GET.get("page"))
    wrong = list(lines.exclude(ledger_cents=F("counted_cents")).order_by("pk")[:PAGE])
    names = _names([*page, *wrong])
    context = {
        "proof": last,
        "tabs": _tabs(kinds, chosen),
        "rows": [_row(request, one, names) for one in page],
        "wrong": [_row(request, one, names) for one in wrong],
        "page_obj": page,
        "runs": Proof.objects.all()[:8],
        "may_run": may_run,
    }
    return TemplateResponse(request, "impact/proof.html", context)


def _run_again(request: HttpRequest, last: Proof | None) -> None:
    """Ask the one worker that reads every tenant; what it finds is published here."""
    if last is not None and timezone.now() - last.proved_at < PAUSE:
        messages.info(request, "La dernière vérification date de moins d’une minute : elle est déjà là.")
        return
    record(verb="proof_asked", target=None)
    transaction.on_commit(partial(prove_nightly.apply_async, queue=SYSTEM_QUEUE), robust=True)
    messages.success(request, "La vérification est lancée. Son résultat paraît ici dans quelques secondes.")


def _tabs(kinds: list[dict[str, Any]], chosen: str) -> list[tuple[str, str, bool]]:
    labels = {**dict(AccountKind.choices), "purse": "Disponible par cantonnement"}
    order = [*AccountKind.values, "purse"]
    found = sorted(kinds, key=lambda row: order.index(row["kind"]))
    tabs = [
        (f"{labels[row['kind']]} ({row['count']})", f"?compte={row['kind']}", row["kind"] == chosen) for row in found
    ]
    return [("Tous", "?", not any(active for _, _, active in tabs)), *tabs]


def _names(lines: list[ProofLine]) -> dict[Any, str]:
    """What accounts are about, in words: a line, a batch."""
    abouts = {one.account.about for one in lines if one.account and one.account.about}
    funding = FundingLine.objects.filter(pk__in=abouts).select_related("campaign").order_by("pk")
    names: dict[Any, str] = {one.pk: f"{one.source}, {one.campaign.name}" for one in funding}
    names |= {one.uuid: f"Lot {one.pk}" for one in Batch.objects.filter(uuid__in=abouts).order_by("pk")}
    return names


def _row(request: HttpRequest, line: ProofLine, names: dict[Any, str]) -> dict[str, Any]:
    account, by = line.account, line.label.rpartition(" : ")[2]
    about = account.actor.name if account and account.actor else names.get(account.about, "") if account else ""
    kind = POINTS.get(AccountKind(account.kind)) if account else None
    point = (kind, account.about) if account and kind and account.about else ("funder", line.funder_id)
    url = reverse("operator_trace", args=[request.organisation.pk, *map(str, point)]) if point[1] else ""
    return {
        "line": line,
        "about": about,
        "by": by,
        "url": url,
        "title": account.get_kind_display() if account else "Disponible",
    }
