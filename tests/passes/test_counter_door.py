"""Who stands at a counter: its paired devices without a log-in, people by membership, and nobody else."""

import re
import uuid

import pytest
from django.test import Client

from aptic.accounts.devices import revoke_device
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes.models import Redemption
from tests.factories import OPERATOR, make_member
from tests.passes.world import TestTill, code_of, first_service, make_batch, make_till

pytestmark = pytest.mark.django_db


def base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def take(client: Client, till: TestTill, *codes: str) -> str:
    """Look the codes up one after the other, take them in one go; the receipt."""
    hidden: list[tuple[str, str]] = []
    for code in codes:
        kept = [value for name, value in hidden if name == "code"]
        attempts = [value for name, value in hidden if name == "attempt"]
        page = client.post(base(till), {"code": code, "kept": kept, "attempt": attempts}).content.decode()
        form = page.split("data-confirm", 1)[1].split("</form>", 1)[0]
        hidden = re.findall(r'name="(code|attempt)" value="([^"]+)"', form)
    body = {name: [value for each, value in hidden if each == name] for name in ("code", "attempt")}
    answer = client.post(f"{base(till)}encaisser/", {**body, "service": first_service().pk}, follow=True)
    return answer.content.decode()


def test_a_paired_device_redeems_without_a_log_in(tablet, till):
    assert tablet.get("/guichet/").url == base(till)
    assert "C’est encaissé" in take(tablet, till, code_of(make_batch()))
    with acting(OPERATOR):
        stored = Redemption.objects.accepted().get()
    assert (stored.device_id, stored.person_id) == (till.device.pk, None)


def test_it_undoes_its_own_and_reads_its_day(tablet, till):
    receipt = take(tablet, till, code_of(make_batch()))
    undo = re.search(r'action="([^"]+annuler/)"', receipt)[1]
    assert "Encaissement annulé" in tablet.post(undo, follow=True).content.decode()
    assert "annulé" in tablet.get(f"{base(till)}journee/").content.decode()


def test_several_passes_of_one_booklet_are_taken_in_one_go(tablet, till):
    batch = make_batch()
    receipt = take(tablet, till, code_of(batch), code_of(batch, position=2))
    assert "2 pass du même carnet" in receipt
    assert "20\u00a0€" in receipt
    with acting(OPERATOR):
        assert Redemption.objects.accepted().count() == 2


def test_a_pass_of_another_booklet_replaces_what_was_shown(tablet, till):
    batch = make_batch()
    tablet.post(base(till), {"code": code_of(batch)})
    page = tablet.post(
        base(till), {"code": code_of(batch, booklet=1), "kept": [code_of(batch)], "attempt": [str(uuid.uuid4())]}
    ).content.decode()
    assert "a remplacé celui qui était affiché" in page
    assert page.count('name="code" value="') == 1


def test_a_false_code_leaves_the_table_as_it_was(tablet, till):
    code = code_of(make_batch())
    answer = tablet.post(base(till), {"code": "ABCD", "kept": [code], "attempt": [str(uuid.uuid4())]})
    assert answer.status_code == 404
    assert f'name="code" value="{code}"' in answer.content.decode()


def test_a_device_sees_its_own_site_only(tablet, till):
    for other in (make_till(), make_till(actor=till.site.actor)):
        assert tablet.get(base(other)).status_code == 404
        assert tablet.get(f"{base(other)}journee/").status_code == 404


def test_a_stopped_device_is_told_so_and_takes_nothing(tablet, till):
    manager = make_member(till.site.actor, Hat.ACTOR, Role.MANAGER)
    with acting(manager.principal):
        revoke_device(device=till.device)
    for address in ("/guichet/", base(till), f"{base(till)}journee/"):
        answer = tablet.get(address)
        assert answer.status_code == 403
        assert "Cet appareil n’encaisse plus" in answer.content.decode()
    manager.log_in(tablet)  # the person is still who it is
    assert tablet.get(base(till)).status_code == 200


def test_somebody_unknown_logs_in_first(client, till):
    for address in ("/guichet/", base(till)):
        assert client.get(address).url.startswith("/compte/login/")


def test_a_script_gets_the_state_alone(tablet, till):
    answer = tablet.get(base(till), headers={"HX-Request": "true"})
    assert "<h1" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_cookie_opens_the_api_only_to_the_counters_own_page(tablet, till):
    line = {"id": str(uuid.uuid4()), "code": code_of(make_batch()), "service": first_service().slug}
    send = {"data": line, "content_type": "application/json"}
    assert tablet.post("/api/v1/redemptions/", **send).status_code == 401
    page = {"X-Aptic-Counter": str(till.site.pk)}  # what the page is for, since the cookie may be another site's by now
    assert tablet.post("/api/v1/redemptions/", headers=page, **send).status_code == 201


def test_a_page_left_open_does_nothing_at_the_site_that_the_cookie_was_paired_with_since(tablet, till):
    left = make_till(actor=till.site.actor)
    page = {"X-Aptic-Counter": str(left.site.pk)}
    line = {"id": str(uuid.uuid4()), "code": code_of(make_batch()), "service": first_service().slug}
    for address, body in (
        ("/api/v1/redemptions/batch/", {"redemptions": [line]}),
        ("/api/v1/redemptions/", line),
        ("/api/v1/sessions/", {"id": str(uuid.uuid4()), "service": line["service"], "minutes": 60}),
    ):
        answer = tablet.post(address, body, content_type="application/json", headers=page)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
        revoke_device(device=till.device)  # stopped a moment ago, it may still hand in what its own site did
    answer = tablet.post(
        "/api/v1/redemptions/batch/", {"redemptions": [line]}, content_type="application/json", headers=page
    )
    assert answer.status_code == 401
    with acting(OPERATOR):
        assert not Redemption.objects.exists()
