"""The page that started long work shows it to those who may see it, and to nobody else."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from aptic.jobs import registry, running, services
from aptic.jobs.following import back_to, followed
from aptic.jobs.models import Job
from aptic.jobs.registry import job
from aptic.tenancy.principal import acting
from tests.factories import Member, make_funder

pytestmark = pytest.mark.pg15


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(services, "send", lambda *args: None)
    job("tests.nothing")(lambda run: {"url": "/fini/", "label": "Voir le lot"})
    job("tests.other")(lambda run: None)


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


@pytest.fixture
def work(funder: Member) -> Job:
    with acting(funder.principal):
        return services.start(kind="tests.nothing", params={"lot": "7"}, title="Émettre 300 carnets")


def shown(member: Member, address: str = "/", kind: str = "tests.nothing", lot: int = 7) -> Job | None:
    request = RequestFactory().get(address)
    request.principal = member.principal
    with acting(member.principal):
        return followed(request, kind, lot=lot)


def test_the_address_names_it_until_its_end_and_after(funder, work):
    address = back_to(work, "operator_settlements", funder.organisation.pk).url
    assert address.endswith(f"?travail={work.pk}")
    assert shown(funder, address) == shown(funder) == work
    running.run(work.pk)
    assert shown(funder, address).state == Job.State.DONE
    assert shown(funder) is None


def test_of_others_and_of_other_pages_it_shows_nothing(funder, work):
    address = f"/?travail={work.pk}"
    assert shown(make_funder(), address) is None
    assert shown(make_funder()) is None
    assert shown(funder, address, lot=8) is None
    assert shown(funder, address, kind="tests.other") is None
    assert shown(funder, "/?travail=nothing") is None
    assert shown(funder, "/?travail=") == work


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Job.State.QUEUED, "en attente"),
        (Job.State.DONE, 'href="/fini/">Voir le lot'),
        (Job.State.FAILED, "Une raison."),
        (Job.State.CANCELLED, "abandonné"),
    ],
)
def test_each_end_is_told(work, state, words):
    work.state, work.error, work.result = state, "Une raison.", {"url": "/fini/", "label": "Voir le lot"}
    page = render_to_string("components/work.html", {"job": work})
    assert words in page
    assert ("hx-get" in page) is (state == Job.State.QUEUED)
    assert ("/fini/" in page) is (state == Job.State.DONE)


def test_without_javascript_the_link_loads_the_same_page_again(work):
    assert f'href="?travail={work.pk}"' in render_to_string("components/work.html", {"job": work})
    assert render_to_string("components/work.html", {"job": None}).strip() == ""
