"""The effect of a help, noted at the counter in one tap a question, and shown to the funder without small counts."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from aptic.audit.models import Event
from aptic.tenancy.principal import Hat, Principal, acting
from impact import observed, observing, reporting
from impact.models import Observation
from passes.models import Redemption
from tests.factories import OPERATOR, Member, make_campaign, make_funder
from tests.passes.test_sessions import standing
from tests.passes.world import TestTill, code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


def base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def redeem(till: TestTill, code: str) -> str:
    return till.redeem(code).json()["id"]


def noted() -> list[Observation]:
    with acting(OPERATOR):
        return list(Observation.objects.order_by("observed_at"))


def test_the_receipt_asks_and_the_answers_are_kept(tablet, till):
    batch = make_batch()
    key = redeem(till, code_of(batch))
    page = tablet.get(f"{base(till)}{key}/").content.decode()
    assert "L’effet de cette aide" in page
    assert page.count("<fieldset>") == 5
    assert page.count("Ne souhaite pas répondre") == 5
    answers = {"first_here": "yes", "before": "helped", "after": "guided", "referred": "unsaid"}
    page = tablet.post(f"{base(till)}effet/{key}/", answers, follow=True).content.decode()
    assert "C’est noté." in page
    (one,) = noted()
    assert (one.first_here, one.never_helped, one.before, one.after, one.referred) == (
        "yes", "", "helped", "guided", "unsaid",
    )  # fmt: skip
    assert (str(one.pk), one.actor_id, one.site_id) == (key, till.site.actor_id, till.site.pk)
    assert one.batch_id == batch.pk
    assert page.count("checked") == 4


def test_a_tap_is_saved_at_once_and_corrected_in_place(tablet, till):
    key = redeem(till, code_of(make_batch()))
    for answers in ({"first_here": "yes"}, {"first_here": "no", "after": "alone"}):
        answer = tablet.post(f"{base(till)}effet/{key}/", answers, headers={"HX-Request": "true"})
        assert answer.content.decode() == "C’est noté."
    (one,) = noted()
    assert (one.first_here, one.after) == ("no", "alone")
    with acting(OPERATOR):
        assert Event.objects.filter(verb="effect_observed").count() == 1


def test_nothing_that_is_typed_gets_in(tablet, till):
    key = redeem(till, code_of(make_batch()))
    answer = tablet.post(f"{base(till)}effet/{key}/", {"first_here": "Mme Durand", "name": "Durand"}, follow=True)
    assert "Rien n’est noté." in answer.content.decode()
    assert noted() == []


def test_what_was_undone_or_is_old_is_not_noted(tablet, till, monkeypatch):
    batch = make_batch()
    undone, old = redeem(till, code_of(batch)), redeem(till, code_of(batch, position=2))
    till.post(f"redemptions/{undone}/void/")
    assert "L’effet" not in tablet.get(f"{base(till)}{undone}/").content.decode()
    answer = tablet.post(f"{base(till)}effet/{undone}/", {"first_here": "yes"}, follow=True)
    assert "ne peut plus être noté" in answer.content.decode()
    monkeypatch.setattr(observing, "WEEK", timedelta(0))
    answer = tablet.post(f"{base(till)}effet/{old}/", {"first_here": "yes"}, headers={"HX-Request": "true"})
    assert "ne peut plus être noté" in answer.content.decode()
    assert noted() == []


def test_another_counters_redemption_does_not_exist(tablet, till):
    batch, sister = make_batch(), make_till(actor=till.site.actor)
    key = redeem(sister, code_of(batch))
    assert tablet.post(f"{base(till)}effet/{key}/", {"first_here": "yes"}).status_code == 404
    assert tablet.post(f"{base(sister)}effet/{key}/", {"first_here": "yes"}).status_code == 404
    assert tablet.post(f"{base(till)}effet/{uuid.uuid4()}/", {"first_here": "yes"}).status_code == 404


# --- what PostgreSQL holds ---


def facts(till: TestTill, key: str) -> dict[str, Any]:
    with acting(OPERATOR):
        one = Redemption.objects.get(pk=key)
    return {"redemption_id": one.pk, "actor_id": one.actor_id, "funder_id": one.funder_id, "site_id": one.site_id,
            "batch_id": one.batch_id, "observed_at": timezone.now()}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "observation_says_something"),
        ({"first_here": "maybe"}, "observation_first_here_known"),
        ({"never_helped": "maybe"}, "observation_never_helped_known"),
        ({"before": "yes"}, "observation_before_known"),
        ({"after": "yes"}, "observation_after_known"),
        ({"referred": "alone"}, "observation_referred_known"),
    ],
)
def test_answers_stand_in_closed_lists(till, more, name):
    values = facts(till, redeem(till, code_of(make_batch())))
    with pytest.raises(IntegrityError, match=name), acting(standing(till)):
        Observation.objects.create(**values, **more)


def test_the_site_writes_the_actor_and_the_funder_read_nobody_takes_away(till):
    values = facts(till, redeem(till, code_of(make_batch())))
    other, sister = make_till(), make_till(actor=till.site.actor)
    for stranger in (other, sister):
        with pytest.raises(DatabaseError, match="row-level security"), acting(standing(stranger)):
            Observation.objects.create(**values, first_here="yes")
    with acting(standing(till)):
        Observation.objects.create(**values, first_here="yes")
    for principal, count in (
        (standing(sister), 1),
        (Principal(hat=Hat.FUNDER, organisation_id=values["funder_id"]), 1),
        (standing(other), 0),
        (Principal(hat=Hat.FUNDER, organisation_id=make_funder().organisation.pk), 0),
    ):
        with acting(principal):
            assert Observation.objects.count() == count
            assert Observation.objects.visible_to(principal).count() == count
    with pytest.raises(DatabaseError, match="denied"), acting(standing(till)), connection.cursor() as cursor:
        cursor.execute("DELETE FROM impact_observation")


# --- what is shown ---


def test_counts_under_five_are_not_told_nor_found_by_difference():
    assert observed.said("Q", [("Oui", 7, 0), ("Non", 6, 0)]).answers == 13
    for rows in ([("Oui", 4, 0)], [("Oui", 20, 0), ("Non", 2, 0)], [("Oui", 2, 0), ("Non", 2, 0)]):
        assert observed.said("Q", rows).too_few
    three = observed.said("Q", [("Plus", 20, 0), ("Autant", 9, 0), ("Moins", 1, 0)])
    assert three.rows == (("Plus", 20), ("Autres, regroupés", 10))


@pytest.fixture
def told(till: TestTill) -> tuple[Member, Any]:
    """A funder, and its operation of which fourteen people answered; one of them was undone afterwards."""
    funder = make_funder()
    campaign = make_campaign(funder, name="Premiers clics", needs_hand_out=False)
    batch = make_batch(booklets=3, campaign=campaign)
    keys = [redeem(till, code_of(batch, n // 5, n % 5 + 1)) for n in range(15)]
    with acting(standing(till)):
        for n, key in enumerate(keys):
            answers = {"first_here": "yes" if n % 2 else "no", "before": "helped", "after": "guided",
                       "never_helped": "unsaid", "referred": "yes" if n == 0 else "no"}  # fmt: skip
            observing.observe(redemption=Redemption.objects.get(pk=key), answers=answers)
    till.post(f"redemptions/{keys[-1]}/void/")
    return funder, campaign


def test_the_report_counts_each_question_over_those_who_answered(told, django_assert_num_queries):
    funder, campaign = told
    with acting(funder.principal), django_assert_num_queries(1):
        found = {one.title: one for one in observed.observed(campaign.pk)}
    first = found["Première fois dans ce lieu"]
    assert (first.answers, set(first.rows)) == (14, {("Oui", 7), ("Non", 7)})
    assert found["Autonomie, après l’aide"].rows == (("Plus autonome qu’avant", 14),)
    assert found["Une autre structure conseillée"].too_few
    assert "Toute première aide avec le numérique" not in found  # nobody wished to answer


def test_page_lines_and_pdf_say_the_same(told, client):
    funder, campaign = told
    funder.log_in(client)
    base = f"/commanditaire/{funder.organisation.pk}/operations/{campaign.pk}/rapport"
    page = client.get(f"{base}/").content.decode()
    for words in ("Ce que les guichets ont noté", "14\u00a0réponses", "trop peu de réponses"):
        assert words in page
    rows = list(csv.reader(io.StringIO(client.get(f"{base}.csv").content.decode("utf-8-sig")), delimiter=";"))
    assert ["Effet noté au guichet : Première fois dans ce lieu (réponses)", "Oui", "7", ""] in rows
    with acting(funder.principal):
        assert reporting.as_pdf(reporting.gather(campaign), scheme="Aptic").startswith(b"%PDF")


def test_another_funder_reads_nothing_of_it(told):
    _, campaign = told
    with acting(make_funder().principal):
        assert observed.observed(campaign.pk) == []
