"""The operator's pages of settlement: prepare, check, approve, send, and hear what the bank did."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from actors.calendar_rules import Calendar
from actors.models import Payout, PayoutPurse, Settlement, SettlementCalendar, Waiting
from actors.settlement import approve, outcome, prepare, send
from actors.settlement.calendar import calendar
from actors.settlement.people import ROLES
from actors.settlement.prepare import live_settlement
from actors.settlement_forms import BankReferenceForm, CutoffForm, ReasonForm
from aptic.accounts.models import User
from aptic.errors import DomainError
from aptic.jobs import services as jobs
from aptic.jobs.following import ASKED, back_to, followed
from aptic.jobs.models import Job
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.text import search_key

PAGE = 50
SHOWN = 200  # of what waits; the totals count everything
TAGS = {
    "prepared": "wait", "approved": "brand", "sent": "sun", "closed": "ok", "settled": "ok",
    "rejected": "no", "returned": "no", "cancelled": "", "released": "",
}  # fmt: skip
operator = space(Hat.OPERATOR, roles=ROLES)


@operator
def settlement_list(request: HttpRequest) -> HttpResponse:
    """Every run, the newest first, with what it pays; and the one that is being prepared."""
    runs = Settlement.objects.annotate(
        payouts_count=Count("payouts"), net=Sum("payouts__net_cents", default=0)
    ).order_by("-cutoff", "id")
    page = Paginator(runs, 20).get_page(request.GET.get("page"))
    for run in page:
        run.tag = TAGS.get(run.state, "")
    # Asked with the calendar: a run is being prepared once a week, and the list is opened every day.
    under_way = Job.objects.visible_to(request.principal).filter(kind="settlement").live()
    row = SettlementCalendar.objects.annotate(busy=Exists(under_way)).get()
    job = followed(request, "settlement") if row.busy or ASKED in request.GET else None
    return render(request, "actors/settlement/list.html", {"page_obj": page, "job": job, **_calendar(row.in_force)})


@operator
def settlement_prepare(request: HttpRequest) -> HttpResponse:
    """Ask for a run at a cutoff; a worker prepares it and the list shows its progress."""
    form = CutoffForm(
        _typed(request),
        initial={"last_day": timezone.localdate() - timedelta(days=1)},
    )
    if request.method == "POST" and form.is_valid():
        cutoff = form.cleaned_data["last_day"]
        if existing := live_settlement(cutoff):
            messages.info(request, "Ce règlement existe déjà : le voici.")
            return redirect("operator_settlement", request.organisation.pk, existing.pk)
        job = jobs.start(kind="settlement", params={"cutoff": cutoff.isoformat()}, title="Préparation d’un règlement")
        return back_to(job, "operator_settlements", request.organisation.pk)
    return render(request, "actors/settlement/prepare.html", {"form": form, **_calendar(calendar())})


@operator
def settlement_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One run: its totals, by funder, by actor, what waits and why, and the one next step."""
    run = get_object_or_404(Settlement.objects.select_related("bank_file"), pk=pk)
    payouts = Payout.objects.filter(settlement=run).select_related("actor", "bank_account")
    typed = request.GET.get("q", "").strip()
    listed = _named(payouts, typed).order_by("actor__search_key", "id")
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    for one in page:
        one.tag = TAGS.get(one.state, "")
    totals = payouts.aggregate(
        gross=Sum("gross_cents", default=0), fee=Sum("fee_cents", default=0), vat=Sum("fee_vat_cents", default=0),
        net=Sum("net_cents", default=0), lines=Sum("lines_count", default=0), count=Count("id"),
    )  # fmt: skip
    context = {
        "run": run,
        "tag": TAGS.get(run.state, ""),
        "totals": totals,
        "page_obj": page,
        "typed": typed,
        "shares": _by_purse(run),
        **_waiting(run),
        "people": _people(run),
        "may_approve": run.prepared_by != request.principal.person_id,
        "may_send": run.prepared_by is not None or run.approved_by != request.principal.person_id,
        "steps": _steps(run),
        "under_way": payouts.filter(state=Payout.State.SENT).count(),
    }
    return render(request, "actors/settlement/detail.html", context)


@operator
def settlement_approve(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The second person's page: what is approved, by its digest, then the approval."""
    run = get_object_or_404(Settlement, pk=pk)
    if request.method == "POST":
        approve.approve_settlement(settlement=run, digest=request.POST.get("digest", ""))
        messages.success(request, "Règlement approuvé. Reste à préparer l’ordre de virement pour la banque.")
        return redirect("operator_settlement", request.organisation.pk, run.pk)
    if run.state != Settlement.State.PREPARED:
        return redirect("operator_settlement", request.organisation.pk, run.pk)
    payouts = Payout.objects.filter(settlement=run)
    context = {
        "run": run,
        "totals": payouts.aggregate(net=Sum("net_cents", default=0), count=Count("id")),
        "shares": _by_purse(run),
        "people": _people(run),
        "may_approve": run.prepared_by != request.principal.person_id,
        **_new_accounts(payouts),
    }
    return render(request, "actors/settlement/approve.html", context)


@operator
def settlement_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a run up, after a word of warning."""
    run = get_object_or_404(Settlement, pk=pk)
    if request.method == "POST":
        prepare.cancel_settlement(settlement=run)
        messages.success(request, "Règlement abandonné. Toutes ses lignes sont de nouveau dues.")
        return redirect("operator_settlements", request.organisation.pk)
    return render(request, "actors/settlement/cancel.html", {"run": run})


@require_POST
@operator
def settlement_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the bank file, once; nothing of the money moves here."""
    send.write_bank_file(settlement=get_object_or_404(Settlement, pk=pk))
    messages.success(request, "Fichier prêt. Déposez-le à la banque, puis marquez le règlement comme envoyé.")
    return redirect("operator_settlement", request.organisation.pk, pk)


@require_POST
@operator
def settlement_sent(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The bank has the order."""
    send.mark_sent(settlement=get_object_or_404(Settlement, pk=pk))
    messages.success(request, "Règlement envoyé. Chaque virement est suivi jusqu’à son exécution.")
    return redirect("operator_settlement", request.organisation.pk, pk)


@operator
def settlement_settled(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The bank executed everything that was still under way."""
    run = get_object_or_404(Settlement, pk=pk)
    form = BankReferenceForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        count = outcome.settle_all(settlement=run, **form.cleaned_data)
        messages.success(request, f"Virements exécutés : {count}.")
        return redirect("operator_settlement", request.organisation.pk, pk)
    under_way = Payout.objects.filter(settlement=run, state=Payout.State.SENT).aggregate(
        count=Count("id"), net=Sum("net_cents", default=0)
    )
    return render(request, "actors/settlement/settled.html", {"run": run, "form": form, "under_way": under_way})


@operator
def payout_settled(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One transfer was executed."""
    payout = get_object_or_404(Payout.objects.select_related("actor"), pk=pk)
    form = BankReferenceForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        outcome.settle_payout(payout=payout, **form.cleaned_data)
        messages.success(request, "Virement exécuté.")
        return redirect("operator_payout", request.organisation.pk, pk)
    return render(request, "actors/settlement/payout_settled.html", {"payout": payout, "form": form})


@operator
def payout_failed(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One transfer was rejected, or came back after it was executed: why."""
    payout = get_object_or_404(Payout.objects.select_related("actor"), pk=pk)
    form = ReasonForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        undo = outcome.return_payout if payout.state == Payout.State.SETTLED else outcome.reject_payout
        try:
            undo(payout=payout, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, f"{error.text} {error.next_step}")
        else:
            messages.success(request, "Noté. La somme est de nouveau due et partira au prochain règlement, sans frais.")
            return redirect("operator_payout", request.organisation.pk, pk)
    return render(request, "actors/settlement/payout_failed.html", {"payout": payout, "form": form})


def _named(payouts: QuerySet[Payout], typed: str) -> QuerySet[Payout]:
    """Those of an actor's name, or of a transfer's, as the bank's statement shows it."""
    if not typed:
        return payouts
    return payouts.filter(Q(actor__search_key__contains=search_key(typed)) | Q(end_to_end_id__icontains=typed))


def _typed(request: HttpRequest) -> QueryDict | None:
    """What was posted, be it empty; None while the page is only looked at."""
    return request.POST if request.method == "POST" else None


def _calendar(in_force: Calendar) -> dict[str, Any]:
    """What the calendar does, and when next."""
    return {"calendar": in_force, "next_day": in_force.next_day(timezone.localdate())}


def _by_purse(run: Settlement) -> list[dict]:
    """What each funder's money pays in the run."""
    shares = PayoutPurse.objects.filter(payout__settlement=run).order_by("funder__search_key", "purse_id")
    return list(
        shares.values("purse_id", "funder_id", "funder__name").annotate(
            gross=Sum("gross_cents"), fee=Sum("fee_cents"), vat=Sum("fee_vat_cents"), net=Sum("net_cents"),
            actors=Count("actor_id", distinct=True),
        )
    )  # fmt: skip


def _waiting(run: Settlement) -> dict[str, Any]:
    """What the run left: totals by reason, and the largest amounts."""
    rows = Waiting.objects.filter(settlement=run)
    by_reason = rows.order_by("reason").values("reason").annotate(cents=Sum("amount_cents"), count=Count("id"))
    totals = [{**one, "words": Waiting.Reason(one["reason"]).label.lower()} for one in by_reason]
    return {
        "waiting": list(rows.select_related("actor", "funder").order_by("reason", "-amount_cents", "id")[:SHOWN]),
        "waiting_totals": totals,
        "waiting_count": sum(one["count"] for one in totals),
    }


def _new_accounts(payouts: QuerySet[Payout]) -> dict[str, Any]:
    """Payees on an account that was never paid before: what the second person looks at first."""
    before = Payout.objects.filter(bank_account=OuterRef("bank_account"), state=Payout.State.SETTLED)
    fresh = payouts.filter(~Exists(before))
    listed = fresh.select_related("actor", "bank_account").order_by("-net_cents", "id")[:PAGE]
    return {"new_accounts": list(listed), "new_accounts_count": fresh.count()}


def _people(run: Settlement) -> dict[str, str]:
    """Who did each step, by name; the calendar has none."""
    ids = {"prepared": run.prepared_by, "approved": run.approved_by, "filed": run.filed_by, "sent": run.sent_by}
    names = dict(User.objects.filter(pk__in=filter(None, ids.values())).order_by("pk").values_list("pk", "full_name"))
    people = {step: names.get(person, "") for step, person in ids.items()}
    people["prepared"] = people["prepared"] or "le calendrier"
    return people


def _steps(run: Settlement) -> list[dict[str, str]]:
    """Where the run stands on its way."""
    way = [("prepared", "Préparé"), ("approved", "Approuvé"), ("sent", "Envoyé"), ("closed", "Exécuté")]
    if run.state == Settlement.State.CANCELLED:
        return []
    rank = [state for state, _ in way].index(run.state) if run.state != Settlement.State.PREPARING else -1
    states = ["done" if index <= rank else "here" if index == rank + 1 else "" for index in range(len(way))]
    return [{"title": title, "state": state} for (_, title), state in zip(way, states, strict=True)]
