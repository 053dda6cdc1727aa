"""The devices of an actor's counters: paired by a link that works once, renamed, paired again, stopped at once."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from actors.models import Site
from actors.network_forms import DeviceForm, DeviceNameForm, PairingMailForm
from aptic.accounts import devices
from aptic.accounts.models import Device, Role
from aptic.accounts.rules import PAIRING_LIFETIME
from aptic.documents.qr import svg_data_uri
from aptic.spaces import space
from aptic.tenancy.principal import Hat

PER_PAGE = 50
MOST_STOPPED = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_list(request: HttpRequest) -> HttpResponse:
    """The devices by site and the form that adds some; their links are shown in this answer and never again."""
    sites = Site.objects.visible_to(request.principal).filter(open=True).order_by("search_key", "id")
    form = DeviceForm(request.POST or None, sites=sites, initial={"site": request.GET.get("lieu"), "count": 1})
    if request.method == "POST" and form.is_valid():
        return _created(request, **form.cleaned_data)
    live = _with_places(Device.objects.visible_to(request.principal).live()).order_by("place_key", "name", "id")
    stopped = _with_places(Device.objects.visible_to(request.principal).revoked()).select_related("revoked_by")
    context = {
        "form": form,
        "page_obj": Paginator(live, PER_PAGE).get_page(request.GET.get("page")),
        "stopped": stopped[:MOST_STOPPED],
        "has_sites": Site.objects.visible_to(request.principal).exists(),
    }
    return render(request, "actors/network/devices.html", context)


def _created(request: HttpRequest, *, site: Site, name: str, count: int) -> HttpResponse:
    """One device: its code on the screen. Several: a sheet of codes to print."""
    to = {"organisation_id": request.organisation.pk, "site_id": site.pk, "name": name}  # type: ignore[attr-defined]
    if count == 1:
        return _pairing(request, *devices.create_device(**to))
    made = devices.create_devices(**to, count=count)
    cards = [{"name": device.name, "qr": svg_data_uri(devices.pairing_url(token))} for device, token in made]
    return render(request, "actors/network/device_sheet.html", {"site": site, "cards": cards})


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One device: rename it, pair it again by a code or by a mail, stop it."""
    device = _device(request, pk)
    form = DeviceNameForm(request.POST or None, initial={"name": device.name})
    if request.method == "POST" and form.is_valid():
        devices.rename_device(device=device, name=form.cleaned_data["name"])
        messages.success(request, "Le nom de l’appareil est à jour.")
        return redirect("actor_device", request.organisation.pk, pk)
    return _detail(request, device, form=form)


@never_cache
@require_POST
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_pair(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new pairing code, after the former one ran out or to move the counter to another device."""
    device = _device(request, pk)
    return _pairing(request, device, devices.renew_pairing(device=device))


@require_POST
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_send(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Mail the link to whoever holds the device."""
    device, form = _device(request, pk), PairingMailForm(request.POST)
    if not form.is_valid():
        return _detail(request, device, mail=form)
    email = form.cleaned_data["email"]
    site = Site.objects.get(pk=device.site_id)
    devices.send_pairing(device=device, email=email, site=site.name, organisation=request.organisation.name)
    messages.success(request, f"Le lien part vers {email} : il fonctionne une fois, pendant un jour.")
    return redirect("actor_device", request.organisation.pk, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=(Role.MANAGER,))
def device_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what it means, then stop the device."""
    device = _device(request, pk)
    if request.method == "POST":
        devices.revoke_device(device=device)
        messages.success(request, f"L’appareil « {device.name} » n’encaisse plus.")
        return redirect("actor_devices", request.organisation.pk)
    return render(request, "actors/network/device_revoke.html", {"device": device})


def _detail(request: HttpRequest, device: Device, **forms: Any) -> HttpResponse:
    context = {"device": device, "form": DeviceNameForm(initial={"name": device.name}), "mail": PairingMailForm()}
    return render(request, "actors/network/device.html", context | forms)


def _pairing(request: HttpRequest, device: Device, token: str) -> HttpResponse:
    url = devices.pairing_url(token)
    context = {
        "device": device,
        "site": Site.objects.filter(pk=device.site_id).first(),
        "url": url,
        "qr": svg_data_uri(url),
        "minutes": PAIRING_LIFETIME.seconds // 60,
        "mail": PairingMailForm(),
    }
    return render(request, "actors/network/device_pairing.html", context)


def _with_places(found: QuerySet[Device]) -> QuerySet[Device]:
    """Each device with the name of its site, and the key to sort by it."""
    site = Site.objects.filter(pk=OuterRef("site_id"))
    return found.annotate(place=Subquery(site.values("name")[:1]), place_key=Subquery(site.values("search_key")[:1]))


def _device(request: HttpRequest, pk: uuid.UUID) -> Device:
    live = Device.objects.visible_to(request.principal).live()  # type: ignore[attr-defined]
    return get_object_or_404(_with_places(live), pk=pk)
