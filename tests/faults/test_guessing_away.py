"""Valkey dies while somebody guesses: real passes go on, false ones are refused as ever, nobody is told twice."""

from typing import Any

import pytest
from django.test import Client

from aptic.accounts.devices import DEVICE_COOKIE
from aptic.audit.models import Event
from aptic.tenancy.principal import acting
from passes import guessing, training
from tests.factories import OPERATOR
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db
FALSE = "7Q2K9XM4T8WAVN3C"


@pytest.fixture
def die(settings: Any) -> Any:
    """`die()`: from then on nobody listens at Valkey's address."""
    alive = settings.CACHES

    def work() -> None:
        settings.CACHES = {"default": {**alive["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    return work


@pytest.mark.parametrize("before", [0, 59, 61])
def test_in_the_middle_of_guessing(die: Any, before: int) -> None:
    till, batch, tablet = make_till(), make_batch(), Client()
    tablet.cookies[DEVICE_COOKIE] = till.token
    counter = f"/guichet/{till.site.actor_id}/{till.site.pk}/"
    for _ in range(before):
        tablet.post(counter, {"code": FALSE})
    die()
    for _ in range(3):
        assert tablet.post(counter, {"code": FALSE}).status_code == 404  # nobody can count, so nobody is slowed
        assert till.redeem(FALSE).status_code == 404
    page = tablet.post(counter, {"code": code_of(batch)})
    assert (page.status_code, "Ce pass est valable" in page.content.decode()) == (200, True)
    assert till.redeem(code_of(batch)).status_code == 201
    assert till.get(f"passes/{code_of(batch)}/").status_code == 200
    assert "Ce pass est valable" in tablet.post(f"{counter}entrainement/", _training(till)).content.decode()
    with acting(OPERATOR):
        assert Event.objects.filter(verb="false_codes_alert").count() == (before > guessing.LIMITS["device"].failures)


def _training(till: Any) -> dict[str, str]:
    return {"code": training.booklet(till.site.pk)[0].code}
