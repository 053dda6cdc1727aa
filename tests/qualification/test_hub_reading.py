"""What a hub reads of applications and operations: these columns, of its territory, while it acts as a hub."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from aptic.tenancy.principal import Hat, Principal, acting
from funders.models import Campaign, FundingLine, Order, PaymentOrder, Receipt
from qualification import models, services
from qualification.models import Application, HubApplication, HubCampaign
from tests.factories import OPERATOR, make_distributor, make_funder, make_operator
from tests.qualification.hubs import (
    GIRONDE,
    LIBOURNAIS,
    METROPOLE,
    bought,
    consent,
    make_hub,
    take_back,
    touched,
    withdraw,
)
from tests.qualification.world import LIBOURNE, accept, apply, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def applications(hub):
    with acting(hub.principal):
        return {one.organisation_name: one for one in HubApplication.objects.all()}


def campaigns(hub):
    with acting(hub.principal):
        return {one.name: one for one in HubCampaign.objects.all()}


def columns(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
        return {name for (name,) in cursor.fetchall()}


def test_applications_of_the_territory_with_their_state_and_dates():
    set_cap(5)
    here, answered, elsewhere = apply(), apply(), apply(commune=LIBOURNE)
    accept(answered)
    with acting(make_operator().principal):
        services.refuse(application=(refused := apply()), reason="Dépannage de matériel.")
    found = applications(make_hub(METROPOLE))
    assert found.keys() == {one.organisation_name for one in (here, answered, refused)}
    assert {one.state for one in found.values()} == {"submitted", "accepted", "refused"}
    row = found[here.organisation_name]
    assert (row.commune, row.sites, row.decided_at, row.submitted_at) == ("Bordeaux", 1, None, here.submitted_at)
    assert found[refused.organisation_name].decided_at is not None
    assert applications(make_hub(LIBOURNAIS)).keys() == {elsewhere.organisation_name}
    assert len(applications(make_hub(GIRONDE))) == 4


def test_a_second_site_brings_an_application_into_the_territory():
    set_cap(5)
    application = apply(commune=LIBOURNE)
    with acting(OPERATOR):
        first = application.sites.get()
        first.pk, first.position, first.commune_id = None, 2, "33063"
        first._state.adding = True
        first.save()
    row = applications(make_hub(METROPOLE))[application.organisation_name]
    assert (row.commune, row.sites) == ("Libourne", 1)


def test_what_is_not_sent_or_is_over_is_not_read():
    names = []
    for state in ("draft", "withdrawn", "replaced"):
        one = apply()
        names.append(one.organisation_name)
        dated = {"decided_at": one.submitted_at} if state == "replaced" else {}
        sent = {"submitted_at": None} if state == "draft" else {}
        with acting(OPERATOR):
            Application.objects.filter(pk=one.pk).update(state=state, **dated, **sent)
    assert applications(make_hub()) == {}


def test_nothing_of_a_file_can_be_read():
    """The columns are a closed list, and the tables behind stay shut."""
    set_cap(5)
    apply()
    assert columns("qualification_hubapplication") == {
        "id", "organisation_name", "kind", "state", "commune", "sites", "submitted_at", "decided_at",
    }  # fmt: skip
    with acting(make_hub().principal):
        for model in (Application, models.ApplicationSite, models.ApplicationDocument, models.Remark, models.Decision,
                      models.Appeal, models.Acceptance, models.RegisterCheck, models.Weighting):  # fmt: skip
            assert touched(f"SELECT * FROM {model._meta.db_table}") == 0, model


def test_operations_of_the_territory_without_their_amounts():
    seated = make_funder()  # in Bègles
    bought(seated, name="Sans limite", booklets=3)
    bought(make_funder(), name="Libournais", territories=(LIBOURNAIS,))
    bought(make_funder(), name="Région", territories=("region:75",))
    found = campaigns(make_hub(METROPOLE))
    assert found.keys() == {"Sans limite", "Région"}
    row = found["Sans limite"]
    assert (row.passes, row.consented, row.issued_cents, row.face_value_cents) == (30, False, None, None)
    assert (row.funder_id, row.funder_name) == (seated.organisation.pk, seated.organisation.name)
    assert campaigns(make_hub(LIBOURNAIS)).keys() == {"Libournais", "Région"}
    assert len(campaigns(make_hub(GIRONDE))) == 3


def test_what_is_prepared_and_what_is_only_ordered_stay_the_funders():
    campaign = bought(name="Secrète")
    ordered = bought(name="Commandée")
    with acting(OPERATOR):
        Campaign.objects.filter(pk=campaign.pk).update(state="draft")
        Order.objects.filter(campaign=ordered).update(state="placed")
    found = campaigns(make_hub())
    assert found.keys() == {"Commandée"}
    assert found["Commandée"].passes == 0


def test_amounts_live_and_die_with_the_funders_consent():
    funder, other, hub = make_funder(), make_funder(), make_hub()
    bought(funder, name="À lire", booklets=2)
    bought(other, name="À taire")
    consent(funder, hub)
    row = campaigns(hub)["À lire"]
    assert (row.issued_cents, row.face_value_cents, row.consented) == (20_000, 1000, True)
    assert campaigns(hub)["À taire"].issued_cents is None
    assert campaigns(make_hub())["À lire"].issued_cents is None  # for that hub, and no other
    withdraw(funder, hub)
    assert campaigns(hub)["À lire"].issued_cents is None
    assert campaigns(hub)["À lire"].face_value_cents is None


def test_the_amounts_are_nowhere_else_for_a_hub():
    funder, hub = make_funder(), make_hub()
    bought(funder)
    consent(funder, hub)  # it opens one view, and no table
    with acting(hub.principal):
        for model in (Campaign, Order, FundingLine, PaymentOrder, Receipt):
            assert touched(f"SELECT * FROM {model._meta.db_table}") == 0, model
        for table in ("ledger_transfer", "ledger_account", "passes_batch", "passes_redemption", "actors_payout"):
            assert touched(f"SELECT * FROM {table}") == 0, table


def test_a_filter_finds_no_amount_by_halves():
    bought(name="À taire")
    with acting(make_hub().principal):
        assert HubCampaign.objects.count() == 1
        for question in ({"issued_cents__gte": 0}, {"issued_cents__lt": 10**12}, {"face_value_cents__gt": 0}):
            assert not HubCampaign.objects.filter(**question).exists()


@pytest.mark.parametrize("view", ["qualification_hubapplication", "qualification_hubcampaign"])
def test_the_views_answer_to_a_hub_that_acts_as_one_and_to_nobody_else(view):
    set_cap(5)
    apply()
    bought()
    hub = make_hub()
    with acting(hub.principal):
        assert touched(f"SELECT * FROM {view}") > 0
    others = [
        Principal(),
        OPERATOR,
        make_funder().principal,
        make_distributor().principal,
        replace(hub.principal, hat=Hat.ACTOR),  # the same organisation under another hat
        replace(hub.principal, organisation_id=None),
        make_hub("").principal,
    ]
    for principal in others:
        with acting(principal):
            assert touched(f"SELECT * FROM {view}") == 0, principal
    take_back(hub)
    with acting(hub.principal):
        assert touched(f"SELECT * FROM {view}") == 0


@pytest.mark.parametrize("view", ["qualification_hubapplication", "qualification_hubcampaign", "impact_hubactor"])
def test_nobody_writes_through_a_view(view):
    with acting(OPERATOR):
        for sql in (
            f"DELETE FROM {view}",
            f"UPDATE {view} SET state = 'x'",
            f"INSERT INTO {view} (state) VALUES ('x')",
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                touched(sql)
