"""The operator's first page: counted at once while that is quick, else as the hourly job last counted it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aptic.french import euros
from aptic.tenancy.principal import Principal, acting
from impact import scheme
from impact.models import SchemeFigures
from tests.factories import OPERATOR, make_funder, make_operator

pytestmark = pytest.mark.pg15


@pytest.fixture
def scene(world):
    """The module's world, left without kept figures."""
    yield world
    with acting(OPERATOR):
        SchemeFigures.objects.all().delete()


def page(member):
    answer = member.log_in(Client()).get(reverse("operator_home", args=[member.organisation.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def kept(**fields):
    with acting(OPERATOR):
        SchemeFigures.objects.filter(pk=1).update(**fields)


def test_what_was_kept_is_what_was_counted(scene):
    with acting(OPERATOR):
        counted = scheme.keep(at=scene.now)
        row = SchemeFigures.objects.get()
        assert scheme._kept(row) == scheme.Scheme(
            counted.money, counted.usage, counted.ratio, counted.actors, counted.earned, scene.now
        )
    assert len(counted.actors) == 2
    assert counted.earned == [cents for _, _, cents, _ in counted.actors]


def test_quick_figures_are_those_of_now(scene):
    with acting(OPERATOR):
        scheme.keep(at=scene.now)
    kept(seconds=scheme.QUICK)
    assert "comptés toutes les heures" not in page(scene.first)


def test_slow_figures_are_those_of_the_job_with_its_hour_and_cost_less(scene):
    with acting(OPERATOR):
        scheme.keep(at=timezone.now())
        figures = SchemeFigures.objects.get().figures
    kept(seconds=scheme.QUICK)
    with CaptureQueriesContext(connection) as before:
        page(scene.first)
    kept(seconds=3.0, figures={**figures, "money": {**figures["money"], "collected": 123_456_700}})
    with CaptureQueriesContext(connection) as after:
        shown = page(scene.first)
    assert "comptés toutes les heures" in shown
    assert euros(123_456_700) in shown
    assert "2 en dessous, 0 dans l’objectif, 0 au-dessus" in shown.replace("\xa0", " ")
    assert len(after) < len(before)


def test_the_table_stops_and_leads_to_the_whole_list(scene, monkeypatch):
    monkeypatch.setattr(scheme, "SHOWN", 1)
    shown = page(scene.first)
    assert "Tous les acteurs, avec leur ratio" in shown
    assert "2 en dessous" in shown.replace("\xa0", " ")


def test_there_is_one_row_and_only_the_operator_reads_it(db):
    row = {"counted_at": timezone.now(), "seconds": 1.0, "figures": {}}
    with acting(make_operator().principal):
        SchemeFigures.objects.create(**row)
        with pytest.raises(IntegrityError, match="one_scheme_figures"), transaction.atomic():
            SchemeFigures.objects.create(pk=2, **row)
    for principal in (Principal(), make_funder().principal):
        with acting(principal):
            assert not SchemeFigures.objects.exists()
