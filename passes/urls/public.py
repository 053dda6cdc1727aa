"""The citizen's addresses: no account, no space."""

from django.urls import path, re_path

from passes.views import citizen, directory, public, site_page

urlpatterns = [
    path("solde/", citizen.balance, name="balance"),
    # `/P/<CODE>/<SIGNED>` is what the printed square says, in capitals because that makes it smaller.
    re_path(r"^[pP]/(?P<text>[^/]+)(?:/(?P<signed>[^/]*))?/?$", citizen.pass_page, name="pass_page"),
    path("lieux/", directory.directory, name="directory"),
    path("lieux/<uuid:pk>/", site_page.show, name="site_page"),
    path("accessibilite/", public.accessibility, name="accessibility"),
    path("mentions/", public.legal, name="legal"),
]
