"""The hub's space: applications and operations of its territory, and writing its plan.

What needs ratio or coverage is in `impact/views/hub.py`.
"""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aptic.errors import DomainError
from aptic.french import number
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from qualification import plans
from qualification.hub_forms import PlanForm, TaskForm
from qualification.hubs import remit_of
from qualification.models import Application, HubApplication, HubCampaign, Plan, PlanTask

PER_PAGE = 25
State = Application.State
GROUPS = (
    ("", "En cours", (State.SUBMITTED, State.CORRECTION, State.WAITING)),
    ("acceptees", "Acceptées", (State.ACCEPTED,)),
    ("refusees", "Refusées", (State.REFUSED,)),
)
TAGS = {State.SUBMITTED: "brand", State.CORRECTION: "wait", State.WAITING: "wait", State.ACCEPTED: "ok"}
TIMES = (("", "En cours"), ("a-venir", "À venir"), ("terminees", "Terminées"))


@require_safe
@space(Hat.HUB)
def application_list(request: HttpRequest) -> HttpResponse:
    """Who asks to join on this territory, and where each one is."""
    remit_of(request.organisation)
    counts = dict(HubApplication.objects.order_by().values_list("state").annotate(Count("pk")))
    chosen, _, states = next((one for one in GROUPS if one[0] == request.GET.get("etat")), GROUPS[0])
    paginator = Paginator(HubApplication.objects.filter(state__in=states), PER_PAGE)
    paginator.count = sum(counts.get(one, 0) for one in states)  # asked once: the function reads a whole territory
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [(one, State(one.state).label, TAGS.get(State(one.state), "")) for one in page],
        "tabs": [
            (f"{label} ({number(sum(counts.get(one, 0) for one in among))})", f"?etat={code}", code == chosen)
            for code, label, among in GROUPS
        ],
        "chosen": chosen,
    }
    return render(request, "qualification/hub/applications.html", context)


@require_safe
@space(Hat.HUB)
def funder_list(request: HttpRequest) -> HttpResponse:
    """Operations of this territory, by funder; amounts of those who consent."""
    remit_of(request.organisation)
    chosen = next((code for code, _ in TIMES if code == request.GET.get("etat")), "")
    today, known = timezone.localdate(), HubCampaign.objects.all()
    over = known.filter(ends_on__lt=today) | known.filter(state="closed")
    coming = known.filter(state="open", starts_on__gt=today)
    rows = {
        "": known.filter(state="open", starts_on__lte=today, ends_on__gte=today),
        "a-venir": coming,
        "terminees": over,
    }[chosen]
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "tabs": [(label, f"?etat={code}", code == chosen) for code, label in TIMES],
        "chosen": chosen,
    }
    return render(request, "qualification/hub/funders.html", context)


@require_POST
@space(Hat.HUB, roles=plans.WRITES)
def plan_begin(request: HttpRequest) -> HttpResponse:
    """Open an empty plan, then ask for its diagnosis."""
    plans.begin_plan(remit=remit_of(request.organisation))
    messages.success(request, "Le plan est ouvert : écrivez le diagnostic et le jour visé.")
    return redirect("hub_plan_edit", request.organisation.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.HUB, roles=plans.WRITES)
def plan_edit(request: HttpRequest) -> HttpResponse:
    """The diagnosis and the day that is aimed at."""
    plan = _plan(request)
    form = PlanForm(request.POST or None, initial={"diagnosis": plan.diagnosis, "aimed_on": plan.aimed_on})
    if request.method == "POST" and form.is_valid():
        try:
            plans.edit_plan(plan=plan, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Le plan est enregistré.")
            return redirect("hub_plan", request.organisation.pk)
    return render(request, "qualification/hub/plan_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.HUB, roles=plans.WRITES)
def plan_end(request: HttpRequest) -> HttpResponse:
    """Ask, then close the plan."""
    plan = _plan(request)
    if request.method == "POST":
        plans.end_plan(plan=plan)
        messages.success(request, "Le plan est clos. Il reste lisible sur cette page.")
        return redirect("hub_plan", request.organisation.pk)
    return render(request, "qualification/hub/plan_end.html")


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.HUB, roles=plans.WRITES)
def task_create(request: HttpRequest) -> HttpResponse:
    """One more task, at the step that the address names."""
    plan = _plan(request)
    form = TaskForm(request.POST or None, initial={"step": request.GET.get("etape", PlanTask.Step.DIAGNOSIS)})
    if request.method == "POST" and form.is_valid():
        try:
            plans.add_task(plan=plan, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "La tâche est ajoutée.")
            return redirect("hub_plan", request.organisation.pk)
    return render(request, "qualification/hub/task_form.html", {"form": form, "task": None})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.HUB, roles=plans.WRITES)
def task_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a task."""
    task = _task(request, pk)
    names = ("step", "text", "note", "who", "due_on")
    form = TaskForm(request.POST or None, initial={name: getattr(task, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            plans.edit_task(task=task, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "La tâche est enregistrée.")
            return redirect("hub_plan", request.organisation.pk)
    return render(request, "qualification/hub/task_form.html", {"form": form, "task": task})


@require_POST
@space(Hat.HUB, roles=plans.WRITES)
def task_mark(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Tick a task (`faite` is "1"), or take the tick back; then stand where it was."""
    task = _task(request, pk)
    plans.mark_task(task=task, done=request.POST.get("faite") == "1")
    answer = redirect("hub_plan", request.organisation.pk)
    answer["Location"] += f"#{task.step}"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.HUB, roles=plans.WRITES)
def task_remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, then take a task off the plan."""
    task = _task(request, pk)
    if request.method == "POST":
        plans.remove_task(task=task)
        messages.success(request, "La tâche est retirée du plan.")
        return redirect("hub_plan", request.organisation.pk)
    return render(request, "qualification/hub/task_remove.html", {"task": task})


def _plan(request: HttpRequest) -> Plan:
    plan = plans.live_plan(remit_of(request.organisation))
    if plan is None:
        raise Http404
    return plan


def _task(request: HttpRequest, pk: uuid.UUID) -> PlanTask:
    mine = PlanTask.objects.visible_to(request.principal).filter(plan__ended_at=None)
    return get_object_or_404(mine.select_related("plan"), pk=pk)
