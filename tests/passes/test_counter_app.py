"""The counter as an app: its worker, its manifest, and the one page that a device keeps."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from aptic.accounts.devices import DEVICE_COOKIE
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat
from tests.factories import make_member
from tests.passes.test_sessions import close, opened
from tests.passes.world import make_till

pytestmark = pytest.mark.django_db


def test_the_worker_names_the_files_of_the_page_and_is_asked_for_anew(client):
    answer = client.get("/guichet/sw.js")
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "text/javascript", "no-cache")
    files = json.loads(re.search(r"const FILES = (.+);", answer.content.decode())[1])
    assert {"/static/counter/app.js", "/static/counter/offline.js", "/static/vendor/ed25519.js"} <= set(files)
    assert all(finders.find(name.removeprefix("/static/")) for name in files), (
        "a worker with a wrong name never installs"
    )
    assert not any("service-worker" in name for name in files)


def test_every_file_that_the_page_asks_for_is_kept():
    till = make_till()
    tablet = Client()
    tablet.cookies[DEVICE_COOKIE] = till.token
    page = tablet.get(f"/guichet/{till.site.actor_id}/{till.site.pk}/").content.decode()
    asked = set(re.findall(r'(?:src|href)="(/static/[^"#]+)"', page)) - {"/static/counter/icon-180.png"}
    kept = set(json.loads(re.search(r"const FILES = (.+);", tablet.get("/guichet/sw.js").content.decode())[1]))
    assert asked <= kept


def test_the_manifest_installs_the_counter(client):
    answer = client.get("/guichet/manifest.webmanifest")
    body = answer.json()
    assert answer["Content-Type"] == "application/manifest+json"
    assert (body["start_url"], body["scope"], body["display"]) == ("/guichet/", "/guichet/", "standalone")
    sizes = {(icon["sizes"], icon.get("purpose", "any")) for icon in body["icons"]}
    assert sizes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in body["icons"])


def test_the_page_that_is_kept_has_no_pass_and_is_for_devices(client):
    till = make_till()
    address = f"/guichet/{till.site.actor_id}/{till.site.pk}/hors-ligne/"
    tablet = Client()
    tablet.cookies[DEVICE_COOKIE] = till.token
    page = tablet.get(address).content.decode()
    assert "data-shell" in page
    assert "Aujourd’hui ici" not in page
    assert make_member(till.site.actor, Hat.ACTOR, Role.AGENT).log_in(client).get(address).status_code == 403
    assert tablet.get(f"/guichet/{make_till().site.actor_id}/{till.site.pk}/").status_code == 200


def test_an_open_session_has_one_of_its_own():
    till = make_till()
    session = opened(till)
    around = f"/guichet/{till.site.actor_id}/{till.site.pk}/"
    tablet = Client()
    tablet.cookies[DEVICE_COOKIE] = till.token
    address = f"{around}seances/{session.pk}/hors-ligne/"
    assert f'data-keep-session="{address}"' in tablet.get(f"{around}seances/{session.pk}/").content.decode()
    page = tablet.get(address).content.decode()
    assert "data-shell" in page
    assert f'data-session="{session.pk}"' in page
    close(till, session)
    assert tablet.get(address).status_code == 404
    for left in (f"{around}seances/{session.pk}/", around, f"{around}hors-ligne/"):
        page = tablet.get(left).content.decode()
        assert "data-leaves-session" in page
        assert "data-keep-session" not in page
    assert "-session" not in tablet.get(f"{around}journee/").content.decode(), "a look at the day leaves nothing"


def test_a_person_is_offered_no_app(client):
    till = make_till()
    page = (
        make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
        .log_in(client)
        .get(f"/guichet/{till.site.actor_id}/{till.site.pk}/")
    )
    assert "data-keep" not in page.content.decode()
    assert 'id="install"' not in page.content.decode()
