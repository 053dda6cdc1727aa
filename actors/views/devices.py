"""The devices of an actor's counters: paired by a QR code that works once, stopped at once."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from actors.models import Site
from actors.network_forms import DeviceForm
from aptic.accounts.devices import create_device, pairing_url, renew_pairing, revoke_device
from aptic.accounts.models import Device, Role
from aptic.accounts.rules import PAIRING_LIFETIME
from aptic.documents.qr import svg_data_uri
from aptic.spaces import space
from aptic.tenancy.principal import Hat

PER_PAGE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_list(request: HttpRequest) -> HttpResponse:
    """The devices in use and the form that adds one; its pairing code is shown in this answer and never again."""
    sites = Site.objects.visible_to(request.principal).filter(open=True).order_by("search_key", "id")
    form = DeviceForm(request.POST or None, sites=sites, initial={"site": request.GET.get("lieu")})
    if request.method == "POST" and form.is_valid():
        site = form.cleaned_data["site"]
        device, token = create_device(
            organisation_id=request.organisation.pk, site_id=site.pk, name=form.cleaned_data["name"]
        )
        return _pairing(request, device, token)
    live = Device.objects.visible_to(request.principal).live().order_by("site_id", "name", "id")
    page = Paginator(live, PER_PAGE).get_page(request.GET.get("page"))
    places = dict(Site.objects.visible_to(request.principal).values_list("pk", "name"))
    for device in page:
        device.place = places.get(device.site_id, "")
    context = {"form": form, "page_obj": page, "has_sites": bool(places)}
    return render(request, "actors/network/devices.html", context)


@never_cache
@require_POST
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_pair(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new pairing code, after the former one ran out or to move the counter to another device."""
    device = _device(request, pk)
    return _pairing(request, device, renew_pairing(device=device))


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what it means, then stop the device."""
    device = _device(request, pk)
    if request.method == "POST":
        revoke_device(device=device)
        messages.success(request, f"L’appareil « {device.name} » n’encaisse plus.")
        return redirect("actor_devices", request.organisation.pk)
    return render(request, "actors/network/device_revoke.html", {"device": device})


def _pairing(request: HttpRequest, device: Device, token: str) -> HttpResponse:
    url = pairing_url(token)
    context = {
        "device": device,
        "site": Site.objects.filter(pk=device.site_id).first(),
        "url": url,
        "qr": svg_data_uri(url),
        "minutes": PAIRING_LIFETIME.seconds // 60,
    }
    return render(request, "actors/network/device_pairing.html", context)


def _device(request: HttpRequest, pk: uuid.UUID) -> Device:
    return get_object_or_404(Device.objects.visible_to(request.principal).live(), pk=pk)
