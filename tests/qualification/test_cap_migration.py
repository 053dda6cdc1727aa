"""Caps of one level become nested ones, rounds say where a site helps: what was there before keeps its meaning."""

from typing import Any

import pytest
from django.core.management import call_command

from actors.models import Site
from aptic.tenancy.principal import acting
from qualification import caps, errors
from qualification.models import Cap, Qualification
from tests.factories import OPERATOR
from tests.qualification.world import LIBOURNAIS, LIBOURNE, METROPOLE, accept, accept_elsewhere, set_cap

pytestmark = pytest.mark.pg15
KEPT = ("territory", "cap", "exceptions", "exception_reason", "qualified")


def migrate(*name: str) -> None:
    """The tables of qualification, as that migration leaves them; without a name, as they are today."""
    call_command("migrate", "qualification", *name, database="owner", verbosity=0, interactive=False)


def test_caps_set_before_keep_their_meaning(fresh_database: Any) -> None:
    set_cap(2, exceptions=1, exception_reason="Quartier sans lieu.")
    first, second = accept(), accept()
    accept_elsewhere()
    with acting(OPERATOR):
        before = list(
            Cap.objects.order_by("pk").values("territory", "cap", "exceptions", "exception_reason", "qualified")
        )
        places = set(Qualification.objects.values_list("actor", "territory", "until"))
    migrate("0003")
    with fresh_database.connect("owner") as owner:  # the former version's own statement still counts, row by row
        count = "SELECT qualified FROM qualification_cap WHERE territory = %s"
        owner.execute("UPDATE qualification_qualification SET until = now() WHERE actor_id = %s", [second.pk])
        assert owner.execute(count, [METROPOLE]).fetchone() == (1,)
        owner.execute("UPDATE qualification_qualification SET until = NULL WHERE actor_id = %s", [second.pk])
    migrate("0004")
    with acting(OPERATOR):
        rows = Cap.objects.order_by("pk")
        assert list(rows.values(*KEPT)) == before
        assert set(rows.values_list("extinction", "reason")) == {(0, "")}
        assert set(Qualification.objects.values_list("actor", "territory", "until")) == places
        assert caps.policy_in_force().version == 1
    migrate()
    accept()
    with pytest.raises(errors.CapReached):
        accept()
    with acting(OPERATOR):
        caps.release_places(actor=first, reason="Départ.")
        assert dict(Cap.objects.values_list("pk", "qualified")) == {METROPOLE: 2, LIBOURNAIS: 1}


def test_rounds_declared_before_say_where_their_site_helps(fresh_database: Any) -> None:
    set_cap(1)
    actor = accept()
    with acting(OPERATOR):
        home = Site.objects.get(actor=actor).territories
    migrate("0010")
    with fresh_database.connect("owner") as owner:
        owner.execute(
            "INSERT INTO qualification_round (site_id, actor_id, commune_id, declared_at)"
            " SELECT id, actor_id, %s, now() FROM actors_site",
            [LIBOURNE],
        )
    with acting(OPERATOR):
        assert Site.objects.get(actor=actor).territories == home
    migrate()
    with acting(OPERATOR):
        assert Site.objects.get(actor=actor).territories == [*home, f"commune:{LIBOURNE}", LIBOURNAIS]
