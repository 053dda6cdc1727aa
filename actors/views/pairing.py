"""The pairing link, as the device opens it: for which site, in place of which, and a button that claims it once."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from actors.models import Site
from aptic.accounts import devices, tokens
from aptic.accounts.devices import DEVICE_COOKIE, DEVICE_COOKIE_AGE
from aptic.spaces import public

COUNTER = "/guichet/"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@public
def pair_device(request: HttpRequest, token: str) -> HttpResponse:
    """Make this browser the counter's device. Opening the link does nothing: a button claims it, once.

    A browser that stands at another site is asked first, also when its cookie only comes with the form: a link opened
    from a mail brings none (SameSite=Strict).
    """
    offered = devices.find_pairing(token)
    site = Site.objects.select_related("commune", "actor").get(pk=offered.site_id)
    former = _former_site(request, site)
    if request.method != "POST" or (former is not None and request.POST.get("former") != str(former.pk)):
        context = {"site": site, "device": offered.name, "former": former}
        status = 409 if request.method == "POST" else 200
        return render(request, "actors/network/pair_device.html", context, status=status)
    paired = devices.claim_pairing(token)
    messages.success(request, f"Cet appareil encaisse pour « {site.name} », {site.commune.name}.")
    response = redirect(COUNTER)
    response.set_cookie(
        DEVICE_COOKIE,
        paired.token,
        max_age=DEVICE_COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


def _former_site(request: HttpRequest, wanted: Site) -> Site | None:
    """The other site for which this browser redeems until now."""
    cookie = request.COOKIES.get(DEVICE_COOKIE)
    held = devices.find_device(tokens.digest(cookie)) if cookie else None
    if held is None or held.site_id == wanted.pk:
        return None
    return Site.objects.select_related("commune").get(pk=held.site_id)
