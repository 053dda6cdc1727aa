"""A funder's stock: who holds the booklets of each batch, sending some, taking some back."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from aptic import french
from aptic.errors import DomainError
from aptic.ids import parse_uuid
from aptic.spaces import space
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from passes import custody, distribution
from passes.custody import Share
from passes.forms import RunForm, SendForm
from passes.models import Batch, StockMove
from passes.permissions import DECIDERS

PER_PAGE = 10  # batches: their booklets are counted from the rows
OFFERED = 50  # distributors in the list; beyond, one searches by name
MOVES = 20


@require_GET
@space(Hat.FUNDER)
def stock(request: HttpRequest) -> HttpResponse:
    """Batch by batch and distributor by distributor: entrusted, handed out, used."""
    issued = _batches(request).filter(state=Batch.State.ISSUED).order_by("-pk")
    page = Paginator(issued, PER_PAGE).get_page(request.GET.get("page"))
    held = custody.shares(list(page))
    names = Organisation.objects.in_bulk({one.distributor_id for row in held.values() for one in row})
    now = timezone.now()
    context = {
        "page_obj": page,
        "rows": [_row(batch, held[batch.pk], names, over=batch.valid_until <= now) for batch in page],
        "may_decide": request.principal.role in DECIDERS,  # type: ignore[attr-defined]
        "moves": StockMove.objects.visible_to(request.principal)  # type: ignore[attr-defined]
        .filter(batch__in=held)
        .select_related("batch", "distributor")[:MOVES],
    }
    return TemplateResponse(request, "passes/stock/stock.html", context)


@require_http_methods(["GET", "POST"])
@space(Hat.FUNDER, roles=DECIDERS)
def send(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Entrust a run of booklets to a distributor; the first that nobody holds is proposed."""
    batch, typed = get_object_or_404(_batches(request), uuid=pk), request.GET.get("aiguilleur", "")
    first, count = distribution.next_run(batch)
    offered, many = _offered(request, batch, typed)
    data = request.POST if request.method == "POST" else None
    form = SendForm(data, batch=batch, offered=offered, initial=_proposed(batch, first, count))
    if form.is_valid():
        distributor = form.cleaned_data["distributor"]
        try:
            move = distribution.send_booklets(batch=batch, distributor=distributor, **form.run)
        except DomainError as error:
            form.refuse(error)
        else:
            words = french.agree(move.booklets, "confié")
            messages.success(request, f"{_said(move, batch)} {words} à {distributor.name}.")
            return redirect("funder_stock", batch.funder_id)
    context = {"form": form, "batch": batch, "left": count, "typed": typed, "many": many, "found": bool(offered)}
    return TemplateResponse(request, "passes/stock/send.html", context)


@require_http_methods(["GET", "POST"])
@space(Hat.FUNDER, roles=DECIDERS)
def take_back(request: HttpRequest, pk: uuid.UUID, distributor: uuid.UUID) -> HttpResponse:
    """Take back booklets that a distributor has not handed out."""
    batch = get_object_or_404(_batches(request), uuid=pk)
    holder = get_object_or_404(Organisation.objects.with_hat(Hat.DISTRIBUTOR), pk=distributor)
    first, count = distribution.next_run(batch, holder)
    data = request.POST if request.method == "POST" else None
    form = RunForm(data, batch=batch, initial=_proposed(batch, first, count))
    if form.is_valid():
        try:
            move = distribution.take_back(batch=batch, distributor=holder, **form.run)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{_said(move, batch)} repris à {holder.name}.")
            return redirect("funder_stock", batch.funder_id)
    context = {"form": form, "batch": batch, "distributor": holder, "left": count}
    return TemplateResponse(request, "passes/stock/take_back.html", context)


def _batches(request: HttpRequest) -> QuerySet[Batch]:
    return Batch.objects.visible_to(request.principal).select_related("campaign")  # type: ignore[attr-defined]


def _row(batch: Batch, held: list[Share], names: dict[uuid.UUID, Organisation], *, over: bool) -> dict[str, Any]:
    """One batch of the page: its distributors by name, and what nobody holds."""
    entrusted = [one for one in held if one.distributor_id is not None]
    lines = [{"share": one, "distributor": names[one.distributor_id]} for one in entrusted if one.distributor_id]
    return {
        "batch": batch,
        "over": over,
        "caption": f"Aiguilleurs du lot {batch.pk}",
        "lines": sorted(lines, key=lambda line: line["distributor"].search_key),  # type: ignore[attr-defined]
        "waiting": sum(one.left for one in held if one.distributor_id is None),
        "used": sum(one.passes_used for one in held),
    }


def _offered(request: HttpRequest, batch: Batch, typed: str) -> tuple[list[uuid.UUID], bool]:
    """The distributors to choose from, and whether there are more than a list should show."""
    known = Organisation.objects.with_hat(Hat.DISTRIBUTOR)
    many = known.count() > OFFERED
    if typed_id := request.POST.get("distributor", ""):
        chosen = parse_uuid(typed_id)
        return [chosen] if chosen else [], many
    if typed:
        return list(known.search(typed).values_list("pk", flat=True)[:OFFERED]), many
    if not many:
        return list(known.values_list("pk", flat=True)), many
    served = StockMove.objects.filter(funder_id=batch.funder_id).order_by().values("distributor").distinct()
    return list(known.filter(pk__in=served).values_list("pk", flat=True)[:OFFERED]), many


def _proposed(batch: Batch, first: int, count: int) -> dict[str, int]:
    return {"first": first - batch.first_booklet + 1, "booklets": count} if count else {}


def _said(move: StockMove, batch: Batch) -> str:
    """« 20 carnets (n° 1 à 20) »."""
    first = move.first_booklet - batch.first_booklet + 1
    numbers = f"n° {first}" if move.booklets == 1 else f"n° {first} à {first + move.booklets - 1}"
    return f"{french.plural(move.booklets, 'carnet')} ({numbers})"
