"""Batches, for the operator and for the funder who bought them: the list, and one with where its passes are."""

import uuid
from datetime import timedelta

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from aptic import charts, french
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.views.presenting import trace_url
from passes import printing
from passes.models import Batch, Booklet, Pass

PER_PAGE = 25
SHORTLY = timedelta(microseconds=1)  # limits are exclusive midnights; people read days


@space(Hat.OPERATOR)
def operator_list(request: HttpRequest) -> HttpResponse:
    """Every batch, the latest first."""
    return _list(request, "operator")


@space(Hat.FUNDER)
def funder_list(request: HttpRequest) -> HttpResponse:
    """The batches of the funder, the latest first."""
    return _list(request, "funder")


@space(Hat.OPERATOR)
def operator_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One batch, seen by the operator."""
    return _detail(request, pk, "operator")


@space(Hat.FUNDER)
def funder_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One batch, seen by who bought it."""
    return _detail(request, pk, "funder")


def find(request: HttpRequest, pk: uuid.UUID) -> Batch:
    """The batch of this address, or Http404 where it is not theirs."""
    batches = Batch.objects.visible_to(request.principal)
    return get_object_or_404(batches.select_related("campaign", "funder", "order", "line"), uuid=pk)


def tag(batch: Batch) -> tuple[str, str]:
    """Where a batch stands, in two words, and the colour that goes with them."""
    if batch.expired_at:
        return "expiré", ""
    if batch.activated_at is None:
        return "en cours d’émission", "wait"
    return ("imprimé", "ok") if batch.print_confirmed_at else ("à imprimer", "sun")


def _list(request: HttpRequest, side: str) -> HttpResponse:
    batches = Batch.objects.visible_to(request.principal).select_related("campaign", "funder", "order")
    page = Paginator(batches.order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "batch": batch,
            "tag": tag(batch),
            "trace": trace_url(request, "batch", batch.uuid),
        }
        for batch in page
    ]
    context = {"page_obj": page, "rows": rows, "side": side, "detail": f"{side}_batch"}
    return render(request, "passes/batches/list.html", context)


def _detail(request: HttpRequest, pk: uuid.UUID, side: str) -> HttpResponse:
    batch = find(request, pk)
    booklets = _booklets(batch)
    context = {
        "batch": batch,
        "tag": tag(batch),
        "side": side,
        "trace": trace_url(request, "batch", batch.uuid),
        "segments": _segments(_counts(batch)),
        "booklets": booklets,
        "missing": batch.booklets - booklets["made"],
        "facts": _facts(batch),
        "may_print": request.principal.role in printing.ROLES,
        "list_name": f"{side}_batches",
        "print_name": f"{side}_batch_print",
    }
    return render(request, "passes/batches/detail.html", context)


def _counts(batch: Batch) -> dict[str, int]:
    """How many passes stand in each state, by one walk along the primary key."""
    passes = Pass.objects.filter(pk__range=(batch.first_booklet << 4, batch.last_booklet << 4 | 15))
    return dict(passes.order_by().values_list("state").annotate(Count("pk")))


def _segments(counts: dict[str, int]) -> list[charts.Segment]:
    """Where the passes are, for `components/bar.html`."""
    parts = (
        ("utilisés", counts.get(Pass.State.REDEEMED, 0)),
        ("disponibles", counts.get(Pass.State.OPEN, 0)),
        ("bloqués ou remplacés", counts.get(Pass.State.BLOCKED, 0) + counts.get(Pass.State.REPLACED, 0)),
        ("expirés", counts.get(Pass.State.EXPIRED, 0)),
    )
    return [charts.Segment(label, count, french.number(count)) for label, count in parts]


def _booklets(batch: Batch) -> dict[str, int]:
    """How many booklets wait with the funder, with distributors, and how many reached a person."""
    booklets = Booklet.objects.filter(pk__range=(batch.first_booklet, batch.last_booklet))
    return booklets.order_by().aggregate(
        made=Count("pk"),
        waiting=Count("pk", filter=Q(distributor=None, handed_out_at=None)),
        entrusted=Count("pk", filter=Q(distributor__isnull=False, handed_out_at=None)),
        handed_out=Count("pk", filter=Q(handed_out_at__isnull=False)),
    )


def _facts(batch: Batch) -> list[tuple[str, str]]:
    """What is known of a batch, for `components/dl.html`. The last day printed is inclusive."""
    return [
        ("Carnets", f"{french.plural(batch.booklets, 'carnet')} de {batch.passes_per_booklet} pass"),
        ("Numéros", f"de 1 à {french.number(batch.booklets)}"),
        ("Valeur d’un pass", french.euros(batch.face_value_cents)),
        ("Payés par", batch.line.source),
        ("Commande", batch.order.number),
        ("Utilisables du", french.date(batch.valid_from)),
        ("Dernier jour, inclus", french.date(batch.ends_on)),
        ("Encaissables jusqu’au", f"{french.date(batch.claim_until - SHORTLY)} inclus"),
        ("Activés le", french.moment(batch.activated_at) if batch.activated_at else "pas encore"),
    ]
