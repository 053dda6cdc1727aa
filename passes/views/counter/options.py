"""The counter's settings: which device and site this is, its sound, whom to call, and the way to training."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from actors.models import Site
from aptic.accounts.models import Device
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from passes.views.till import at_till, counter_page


@require_safe
@at_till
def options(request: HttpRequest, place: Site) -> HttpResponse:
    """What is set here; the sound is kept on the device, the quick mode on the site's own page."""
    till = request.till  # type: ignore[attr-defined]
    context = {
        "section": "options",
        "device": Device.objects.filter(pk=till.device_id).first() if till.device_id else None,
        "operator": Organisation.objects.with_hat(Hat.OPERATOR).only("name", "phone").first(),
        "version": settings.SPECTACULAR_SETTINGS["VERSION"],
    }
    return counter_page(request, "passes/counter/options.html", place, context)
