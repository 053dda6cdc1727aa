"""Two browsers on one application: an appeal stands once, and a place taken out meanwhile is said to be."""

from typing import Any

import pytest

from aptic.audit.models import Event
from aptic.tenancy.principal import acting
from qualification import candidacy, errors, services
from qualification.candidacy_models import Appeal
from qualification.models import Application
from tests.factories import OPERATOR, make_operator
from tests.qualification.candidates import begin, fill, holding, place, sent
from tests.races.overlap import overlapped

pytestmark = pytest.mark.pg15


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def refused(fresh_database: Any) -> Application:
    """A file that was sent and refused."""
    row = sent()
    with acting(make_operator().principal):
        services.refuse(application=row, reason="Hors du périmètre.")
    return row


def appeal(row: Application, text: str) -> Appeal:
    with holding(row) as mine:
        return candidacy.appeal(application=mine, text=text)


def test_an_appeal_sent_twice_is_one(fresh_database: Any, together: Any, refused: Application) -> None:
    first, second = overlapped(
        fresh_database, together, lambda: appeal(refused, "Relisez."), lambda: appeal(refused, " Relisez. ")
    )
    assert isinstance(second, Appeal), second
    assert first.pk == second.pk
    with acting(OPERATOR):
        assert Appeal.objects.count() == 1
        assert Event.objects.about(refused).filter(verb="appeal_lodged").count() == 1


def test_another_appeal_at_the_same_instant_is_refused_in_words(
    fresh_database: Any, together: Any, refused: Application
) -> None:
    first, second = overlapped(
        fresh_database, together, lambda: appeal(refused, "Relisez."), lambda: appeal(refused, "Regardez mieux.")
    )
    assert isinstance(second, errors.NotRefused), second
    with acting(OPERATOR):
        assert Appeal.objects.get().text == first.text == "Relisez."


def test_a_place_that_was_taken_out_meanwhile_is_not_written(fresh_database: Any, together: Any) -> None:
    row = fill(begin())
    with holding(row) as mine:
        site = candidacy.save_site(application=mine, **place(name="Le Second"))

    def take_out() -> None:
        with holding(row) as mine:
            candidacy.remove_site(application=mine, site=site)

    def write() -> Any:
        with holding(row) as mine:
            return candidacy.save_site(application=mine, site=site, **place(name="Le Troisième"))

    done, said = overlapped(fresh_database, together, take_out, write)
    assert done is None
    assert isinstance(said, errors.SiteTakenOut), said
    with holding(row) as mine:
        assert [one.name for one in mine.sites.all()] == ["L’Atelier"]
