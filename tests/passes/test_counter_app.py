"""The counter as an app: its worker, its manifest, and the one page that a device keeps."""

import gzip
import json
import posixpath
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage
from django.test import Client

from aptic.accounts.devices import DEVICE_COOKIE
from aptic.accounts.models import Role
from aptic.static_files import COMMENTS, NamedByContent
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


def test_every_module_that_a_kept_one_imports_is_kept_and_no_map(client):
    kept = set(json.loads(re.search(r"const FILES = (.+);", client.get("/guichet/sw.js").content.decode())[1]))
    for name in kept:
        if name.startswith("/static/counter/"):
            text = Path(finders.find(name.removeprefix("/static/"))).read_text()
            asked = {posixpath.join("/static/counter", each) for each in re.findall(r' from "(\.[^"]+)"', text)}
            assert {posixpath.normpath(each) for each in asked} <= kept, name
    assert not [name for name in kept if "leaflet" in name or name.endswith(".png")]


def test_what_is_asked_for_by_its_address_travels_compressed_and_no_answer_to_a_form():
    till = make_till()
    tablet = Client(headers={"accept-encoding": "gzip"})
    tablet.cookies[DEVICE_COOKIE] = till.token
    page = f"/guichet/{till.site.actor_id}/{till.site.pk}/"
    for address in (page, f"{page}hors-ligne/", "/guichet/sw.js"):
        assert tablet.get(address)["Content-Encoding"] == "gzip", address
    assert "Content-Encoding" not in tablet.post(page, {"code": "ABCD-1234"})
    assert "essai-de-mesure" not in gzip.decompress(tablet.get(f"{page}?q=essai-de-mesure").content).decode()


def in_a_text(text: str, at: int) -> bool:
    """Is a text open there: one in quotes on this line, or one in backticks?"""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return any(line.count(quote) % 2 for quote in "\"'") or bool(text[:at].count("`") % 2)


def test_a_module_travels_without_its_comments_and_names_what_it_imports(tmp_path, settings):
    """As the storage writes it; what it takes for a comment stands outside of every text."""
    folder = settings.BASE_DIR / "passes" / "static" / "counter"
    texts = {each.name: each.read_text() for each in folder.glob("*.js")}
    found = [(name, each) for name, text in texts.items() for each in re.finditer(COMMENTS, text)]
    assert [(name, each[0]) for name, each in found if in_a_text(texts[name], each.start())] == []
    storage, source = NamedByContent(location=tmp_path, base_url="/static/"), FileSystemStorage(folder.parent)
    names = [f"counter/{name}.js" for name in ("queue-list", "queue", "screens")]
    for name in names:
        with source.open(name) as file:
            storage.save(name, file)
    done = {name: hashed for name, hashed, _ in storage.post_process({name: (source, name) for name in names})}
    written = (tmp_path / done["counter/queue-list.js"]).read_text()
    assert "//" not in written
    assert done["counter/queue.js"].removeprefix("counter/") in written
    assert len(written.splitlines()) == len(re.sub(COMMENTS, "", texts["queue-list.js"]).splitlines())


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
