"""Batches, for the operator and for the funder who bought them: the list, and one with where its passes are."""

import uuid
from datetime import timedelta

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from aptic import charts, french
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.views.presenting import trace_url
from passes import printing
from passes.custody import REPLACED
from passes.models import Batch, Booklet, Pass, StockMove
from passes.permissions import DECIDERS
from passes.replacing import is_running

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
    return get_object_or_404(_batches(request).select_related("line", "replaces"), uuid=pk)


def tag(batch: Batch) -> tuple[str, str]:
    """Where a batch stands, in two words, and the colour that goes with them; `entrusted` comes with the query."""
    if batch.expired_at:
        return "expiré", ""
    if batch.activated_at is None:
        return "en cours d’émission", "wait"
    if batch.entrusted:
        return "confié", "brand"
    return ("imprimé", "ok") if batch.print_confirmed_at else ("à imprimer", "sun")


def _batches(request: HttpRequest) -> QuerySet[Batch]:
    """Those one may see, with what their pages say, and whether booklets left for a distributor."""
    entrusted = Exists(StockMove.objects.filter(batch=OuterRef("pk")))
    batches = Batch.objects.visible_to(request.principal).select_related("campaign", "funder", "order")
    return batches.annotate(entrusted=entrusted)


def _list(request: HttpRequest, side: str) -> HttpResponse:
    page = Paginator(_batches(request).order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
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
    context = {
        "batch": batch,
        "tag": tag(batch),
        "side": side,
        "trace": trace_url(request, "batch", batch.uuid),
        "segments": _segments(_counts(batch)),
        "columns": ["Où", "Carnets"],
        "booklets": _booklet_rows(batch),
        "facts": _facts(request, batch, side),
        "may_print": request.principal.role in printing.ROLES,
        "may_replace": request.principal.role in DECIDERS and is_running(batch),
        "list_name": f"{side}_batches",
        "print_name": f"{side}_batch_print",
        "replace_name": f"{side}_batch_replace",
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


def _booklet_rows(batch: Batch) -> list[list[str]]:
    """How many booklets wait with the funder, with distributors, and how many reached a person: rows of a table."""
    booklets = Booklet.objects.filter(pk__range=(batch.first_booklet, batch.last_booklet))
    counts = booklets.order_by().aggregate(
        made=Count("pk"),
        waiting=Count("pk", filter=Q(distributor=None, handed_out_at=None) & ~REPLACED),
        entrusted=Count("pk", filter=Q(distributor__isnull=False, handed_out_at=None) & ~REPLACED),
        handed_out=Count("pk", filter=Q(handed_out_at__isnull=False)),
    )
    rows = [
        ("Chez le commanditaire", counts["waiting"]),
        ("Confiés à un aiguilleur", counts["entrusted"]),
        ("Remis à une personne", counts["handed_out"]),
    ]
    if replaced := counts["made"] - counts["waiting"] - counts["entrusted"] - counts["handed_out"]:
        rows.append(("Remplacés avant d’être remis", replaced))
    if missing := batch.booklets - counts["made"]:
        rows.append(("Pas encore créés", missing))
    return [[words, french.number(count)] for words, count in rows]


def _facts(request: HttpRequest, batch: Batch, side: str) -> list[tuple[str, ...]]:
    """What is known of a batch, for `components/dl.html`. The last day printed is inclusive."""
    order = "operator_order_issue" if side == "operator" else "funder_order"
    facts = [
        ("Carnets", f"{french.plural(batch.booklets, 'carnet')} de {batch.passes_per_booklet} pass"),
        ("Valeur d’un pass", french.euros(batch.face_value_cents)),
        ("Commande", batch.order.number, reverse(order, args=[request.organisation.pk, batch.order_id])),
        ("Payés par", batch.line.source, trace_url(request, "line", batch.line_id)),
        ("Premier jour", french.date(batch.valid_from)),
        ("Dernier jour, inclus", french.date(batch.ends_on)),
        ("Encaissables jusqu’au", f"{french.date(batch.claim_until - SHORTLY)} inclus"),
        ("Activés", f"le {french.moment(batch.activated_at)}" if batch.activated_at else "pas encore"),
        ("Impression", f"confirmée le {french.date(batch.print_confirmed_at)}" if batch.print_confirmed_at else "–"),
    ]
    return facts + _replacements(request, batch, side)


def _replacements(request: HttpRequest, batch: Batch, side: str) -> list[tuple[str, ...]]:
    """What the batch replaces, and what replaces booklets of it."""
    organisation = request.organisation.pk

    def row(words: str, other: Batch, booklets: int) -> tuple[str, ...]:
        text = f"{french.plural(booklets, 'carnet')} du lot {french.number(other.pk)}"
        return words, text, reverse(f"{side}_batch", args=[organisation, other.uuid])

    rows = [row("Remplace", batch.replaces, batch.booklets)] if batch.replaces else []
    return rows + [row("Remplacés par", one, one.booklets) for one in batch.replacements.order_by("pk")]
