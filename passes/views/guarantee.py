"""The guarantee in the operator's space: what it holds, what is put in it; one person enters, another confirms."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from actors.settlement.people import ROLES
from aptic.errors import DomainError
from aptic.ids import parse_uuid
from aptic.ledger import guarantee
from aptic.ledger.models import GuaranteeFunding
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from passes.conflict_forms import FundingForm
from passes.models import Incident
from passes.views.incidents import tabs

PAGE = 50
operator = space(Hat.OPERATOR, roles=ROLES)


@operator
def show(request: HttpRequest) -> HttpResponse:
    """What it holds, what it is asked for, and its payments; confirm or set aside those that wait."""
    if request.method == "POST":
        funding = get_object_or_404(GuaranteeFunding, pk=parse_uuid(request.POST.get("funding")))
        try:
            if "discard" in request.POST:
                guarantee.discard_funding(funding=funding)
                messages.success(request, "Versement écarté.")
            else:
                guarantee.confirm_funding(funding=funding)
                messages.success(request, "Versement confirmé : la garantie peut le verser.")
        except DomainError as error:
            messages.error(request, f"{error.text} {error.next_step}".strip())
        return redirect("operator_guarantee", request.organisation.pk)
    fundings = GuaranteeFunding.objects.all()
    asked = Incident.objects.visible_to(request.principal).pending().filter(bearer=Incident.Bearer.GUARANTEE)
    held = guarantee.guaranteed_cents()
    wanted = asked.order_by().aggregate(cents=Sum("value_cents", default=0))["cents"]
    context = {
        "held": held,
        "wanted": wanted,
        "missing": max(0, wanted - held),
        "waiting": fundings.filter(confirmed_at=None),
        "page_obj": Paginator(fundings.exclude(confirmed_at=None), PAGE).get_page(request.GET.get("page")),
        "person": request.principal.person_id,
        "tabs": tabs(request, "operator_guarantee"),
    }
    return render(request, "passes/conflicts/guarantee.html", context)


@operator
def enter(request: HttpRequest) -> HttpResponse:
    """Copy a payment into the guarantee from the bank's paper."""
    form = FundingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            guarantee.enter_funding(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Versement enregistré. Une autre personne doit maintenant le confirmer.")
            return redirect("operator_guarantee", request.organisation.pk)
    return render(request, "passes/conflicts/funding.html", {"form": form})
