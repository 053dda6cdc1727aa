"""An actor's part of qualification: renewing before the end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from aptic.accounts.models import Role
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from qualification.renewal import begin_renewal
from qualification.views.by_link import remember


@require_POST
@space(Hat.ACTOR, roles=(Role.MANAGER, Role.AGENT))
def renew(request: HttpRequest) -> HttpResponse:
    """Begin the renewal, or go on with it, on the pages where a first application is filled in."""
    row = begin_renewal(actor=request.organisation)
    remember(request, row.pk)
    messages.success(request, "Votre renouvellement est prérempli : vérifiez chaque partie, puis envoyez-le.")
    return redirect("application_page", row.pk)
