"""The operator's space: the services of the standard, and the local parcours under each."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.forms import DomainForm
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.vocabulary.models import Service
from aptic.vocabulary.services import add_parcours, offer_parcours

DECIDERS = (Role.MANAGER, Role.AGENT)


class ParcoursForm(DomainForm):
    """A finer service, in words for citizens."""

    parent = forms.ModelChoiceField(
        label="Sous quel service", queryset=Service.objects.standard(), empty_label=None, help_text="Standard national."
    )
    name = forms.CharField(label="Nom du parcours", max_length=100, help_text="Par exemple : créer une adresse mail.")
    description = forms.CharField(label="Pour les habitants, en une phrase", max_length=240)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR)
def service_list(request: HttpRequest) -> HttpResponse:
    """The nine, and what the standard's first version and this installation put under each; a POST adds a parcours."""
    may_decide = request.principal.role in DECIDERS
    form = ParcoursForm(request.POST or None)
    if request.method == "POST" and may_decide and form.is_valid():
        try:
            made = add_parcours(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"« {made.name} » est ajouté.")
            return redirect("operator_services", request.organisation.pk)
    context = {"services": Service.objects.standard().with_children(), "form": form, "may_decide": may_decide}
    return render(request, "qualification/operator/referential/services.html", context)


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def parcours_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a parcours again (`propose` is "1"), or no longer."""
    parcours = get_object_or_404(Service, pk=pk, kind=Service.Kind.PARCOURS)
    offer_parcours(parcours=parcours, offered=request.POST.get("propose") == "1")
    return redirect("operator_services", request.organisation.pk)
