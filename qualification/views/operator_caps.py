"""The operator's space: caps and their exceptions."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from aptic import charts, french
from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.errors import UnknownTerritory
from aptic.territories.services import territory_label
from qualification import places, services
from qualification.forms import CapForm
from qualification.models import Cap

DECIDERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25


@require_safe
@space(Hat.OPERATOR)
def cap_list(request: HttpRequest) -> HttpResponse:
    """How full each territory is, the fullest first, and those that somebody asks for and nobody has counted."""
    typed = request.GET.get("q", "").strip()
    caps = Cap.objects.filter(pk__in=places.found_by(typed)) if typed else Cap.objects.all()
    page = Paginator(caps.fullest_first(), PER_PAGE).get_page(request.GET.get("page"))
    taken, free = places.totals(caps)
    context = {
        "page_obj": page,
        "typed": typed,
        "rows": places.places_of(page, request.principal),
        "uncapped": places.uncapped(request.principal),
        "segments": [
            charts.Segment("places prises", taken, french.number(taken)),
            charts.Segment("places libres", free, french.number(free)),
        ],
        "may_decide": request.principal.role in DECIDERS,
    }
    return render(request, "qualification/operator/caps.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def cap_edit(request: HttpRequest, territory: str = "") -> HttpResponse:
    """Set the cap of a territory: the one in the address, or that of the commune typed."""
    label = _label(territory)
    cap = Cap.objects.filter(pk=territory).first()
    initial = {"cap": cap.cap, "exceptions": cap.exceptions, "exception_reason": cap.exception_reason} if cap else {}
    form = CapForm(request.POST or None, known=bool(territory), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        commune = data.pop("commune", None)
        try:
            done = services.set_cap(territory=territory or places.territory_of(commune), **data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Plafond enregistré : {territory_label(done.territory)}, {done.cap}.")
            return redirect("operator_caps", request.organisation.pk)
    context = {
        "form": form,
        "label": label,
        "cap": cap,
    }
    return render(request, "qualification/operator/cap_form.html", context)


def _label(territory: str) -> str:
    try:
        return territory_label(territory) if territory else ""
    except UnknownTerritory as error:
        raise Http404 from error
