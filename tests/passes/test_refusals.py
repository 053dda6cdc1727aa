"""Refusals: one closed list for schema, texts, constants and docs; what stands beside each, on page and in the API."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from actors.models import Site
from aptic.accounts.devices import DEVICE_COOKIE
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from passes import distribution, training
from passes.models import Batch, CampaignSite, Pass, Redemption
from passes.refusals import EXPLANATIONS, Call, Refusal, constants
from tests.contract.document import check, document
from tests.factories import OPERATOR, make_campaign, make_distributor, make_funder, make_operator
from tests.passes.world import SLUG, TestTill, code_of, first_service, make_batch, make_till

pytestmark = pytest.mark.django_db
BEGLES, LIBOURNE = "33039", "33243"
CAMPAIGN_PHONE, OPERATOR_PHONE = "0556000001", "0556000002"


@pytest.fixture
def till() -> TestTill:
    with acting(OPERATOR):
        operator = make_operator().organisation
        Organisation.objects.filter(pk=operator.pk).update(phone=OPERATOR_PHONE)
    return make_till()


def base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def plain(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()).replace("&nbsp;", " "))


def a_batch(**terms: Any) -> Batch:
    return make_batch(contact_phone=CAMPAIGN_PHONE, **terms)


def _used(till: TestTill) -> Batch:
    batch = a_batch()
    till.redeem(code_of(batch))
    return batch


def _expired(till: TestTill) -> Batch:
    batch, now = a_batch(), timezone.now()
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(valid_from=now - timedelta(9), valid_until=now - timedelta(1))
    return batch


def _blocked(till: TestTill) -> Batch:
    batch = a_batch()
    with acting(OPERATOR):
        Pass.objects.filter(batch=batch).update(state=Pass.State.BLOCKED)
    return batch


def _elsewhere_only(till: TestTill) -> Batch:
    batch, other = a_batch(), make_till(commune=BEGLES).site
    with acting(OPERATOR):
        type(batch.campaign).objects.filter(pk=batch.campaign_id).update(restricts_sites=True)
        CampaignSite.objects.create(campaign=batch.campaign, site=other, funder_id=batch.funder_id)
    return batch


def _limited(till: TestTill) -> Batch:
    batch = a_batch(passes_per_day=1)
    till.redeem(code_of(batch, position=2))
    return batch


def _suspended(till: TestTill) -> Batch:
    with acting(OPERATOR):
        type(till.site.actor.actor).objects.filter(pk=till.site.actor_id).update(
            state="suspended", suspended_at=timezone.now()
        )
    return a_batch()


CASES: dict[Refusal, Callable[[TestTill], Batch]] = {
    Refusal.ALREADY_REDEEMED: _used,
    Refusal.NOT_ACTIVE: lambda till: a_batch(active=False),
    Refusal.NOT_HANDED_OUT: lambda till: a_batch(needs_hand_out=True),
    Refusal.EXPIRED: _expired,
    Refusal.BLOCKED: _blocked,
    Refusal.SERVICE_NOT_COVERED: lambda till: a_batch(services=[3]),
    Refusal.SITE_NOT_COVERED: _elsewhere_only,
    Refusal.TERRITORY_NOT_COVERED: lambda till: a_batch(territories=["departement:75"]),
    Refusal.LIMIT_REACHED: _limited,
    Refusal.SITE_NOT_QUALIFIED: _suspended,
}
NOT_STORED = {Refusal.UNKNOWN, Refusal.TOO_MANY_ATTEMPTS}
AT_LOOKING = sorted(set(CASES) - {Refusal.SERVICE_NOT_COVERED})  # a service is chosen after the look-up


# --- one list ----------------------------------------------------------------------------------------------------


def test_schema_texts_constants_and_the_human_page_hold_every_code() -> None:
    page = (settings.BASE_DIR / "docs" / "api.md").read_text()
    assert list(EXPLANATIONS) == list(Refusal)
    assert [one["code"] for one in constants()] == Refusal.values
    assert document()["components"]["schemas"]["Refusal"]["enum"] == Refusal.values
    assert [one for one in Refusal.values if f"`{one}`" not in page] == []
    mediators = re.sub(r"\s", " ", (settings.BASE_DIR / "docs" / "roles" / "guichet.md").read_text())
    assert [why.sentence for why in EXPLANATIONS.values() if re.sub(r"\s", " ", why.sentence) not in mediators] == []
    assert {*CASES, *NOT_STORED} == set(Refusal)


def test_every_text_is_a_whole_sentence_in_careful_french() -> None:
    for why in EXPLANATIONS.values():
        for text in (why.sentence, why.next_step):
            assert text.endswith("."), text
            assert not re.search(r" [:;!?€»]|« ", text), f"a breaking space in: {text}"


def test_the_browser_reads_the_same_list_and_keeps_it(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/guichet/refus.json")
    assert answer.json() == {"refusals": constants()}
    assert "max-age=3600" in answer["Cache-Control"]
    assert client.get("/guichet/refus.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304


# --- the state of the counter --------------------------------------------------------------------------------------


def test_a_look_up_that_is_refused_is_kept_with_its_facts_and_moves_nothing(tablet: Client, till: TestTill) -> None:
    batch = _blocked(till)
    tablet.post(base(till), {"code": code_of(batch)})
    tablet.post(base(till), {"code": code_of(batch), "kept": [code_of(batch)], "attempt": [str(uuid.uuid4())]})
    with acting(OPERATOR):
        kept = Redemption.objects.filter(batch=batch)
        assert {(one.outcome, one.turn, one.device_id) for one in kept} == {("blocked", None, till.device.pk)}
        assert kept.count() == 2  # one for each time it was presented, none for what lay on the table
        assert all(one.facts["pass_state"] == "blocked" for one in kept)
    assert "refusé" in tablet.get(f"{base(till)}journee/").content.decode()


@pytest.mark.parametrize("reason", AT_LOOKING)
def test_looking_says_why_what_to_do_and_whom_to_call(tablet: Client, till: TestTill, reason: Refusal) -> None:
    code, why = code_of(CASES[reason](till)), EXPLANATIONS[reason]
    answer = tablet.post(base(till), {"code": code})
    page = plain(answer)
    assert answer.status_code == why.status
    for words in (why.sentence, why.next_step, code[:7], "Essayer un autre pass", "rien n’a été encaissé"):
        assert words.replace("\u00a0", " ") in page
    phone = OPERATOR_PHONE if why.call == Call.OPERATOR else CAMPAIGN_PHONE
    assert f'href="tel:+33{phone[1:]}"' in answer.content.decode()
    assert 'data-outcome="refused"' in answer.content.decode()


def _beside(tablet: Client, till: TestTill, code: str, kept: str) -> Any:
    form = {"code": code, "kept": [kept], "attempt": [str(uuid.uuid4())]}
    return tablet.post(base(till), form, headers={"HX-Request": "true"})  # the state alone


@pytest.mark.parametrize("reason", AT_LOOKING)
def test_of_another_booklet_it_says_as_much_and_what_was_on_the_table_is_there_no_more(
    tablet: Client, till: TestTill, reason: Refusal
) -> None:
    code, kept, why = code_of(CASES[reason](till)), code_of(make_batch()), EXPLANATIONS[reason]
    answer = _beside(tablet, till, code, kept)
    page = plain(answer)
    assert answer.status_code == why.status
    for words in (why.sentence, why.next_step, code[:7]):
        assert words.replace("\u00a0", " ") in page
    still_valid = reason != Refusal.SITE_NOT_QUALIFIED  # a site that was stopped takes neither
    assert ("Ce qui était affiché n’a pas été encaissé non plus." in page) == still_valid
    phone = OPERATOR_PHONE if why.call == Call.OPERATOR else CAMPAIGN_PHONE
    assert f'href="tel:+33{phone[1:]}"' in answer.content.decode()
    assert not [left for left in ("data-confirm", "Ce pass est valable", kept) if left in answer.content.decode()]


def test_of_the_same_booklet_it_says_as_much_above_what_stays_on_the_table(tablet: Client, till: TestTill) -> None:
    batch = _used(till)
    used, kept = code_of(batch), code_of(batch, position=2)
    answer = _beside(tablet, till, used, kept)
    page = answer.content.decode()
    headings = re.findall(r"<h1[^>]*>([^<]*)</h1>", page)
    assert headings == [EXPLANATIONS[Refusal.ALREADY_REDEEMED].sentence]
    for words in (used[:7], f"à {till.site.name}", "rien n’a été encaissé", "Ce qui était affiché reste là"):
        assert words in plain(answer)
    assert f'href="tel:+33{CAMPAIGN_PHONE[1:]}"' in page
    assert re.findall(r'name="code" value="([^"]+)"', page) == [kept]


def test_what_is_no_longer_to_be_taken_leaves_the_table_in_words(tablet: Client, till: TestTill) -> None:
    batch = _used(till)
    used, fresh = code_of(batch), code_of(batch, position=2)
    answer = _beside(tablet, till, fresh, used)
    page = plain(answer)
    assert f"Le pass {used[:7]} , affiché avant, n’est plus valable et n’est plus compté." in page
    assert "Ce pass est valable" in page
    assert re.findall(r'name="code" value="([^"]+)"', answer.content.decode()) == [fresh]


def test_a_training_code_leaves_nobody_else_s_pass_on_the_table(tablet: Client, till: TestTill) -> None:
    code = next(one.code for one in training.booklet(till.site.pk))
    answer = _beside(tablet, till, code, code_of(make_batch()))
    assert "Ouvrir l’entraînement" in plain(answer)
    assert "data-confirm" not in answer.content.decode()


def test_confirming_a_service_that_the_pass_does_not_pay_is_the_same_state(tablet: Client, till: TestTill) -> None:
    batch = CASES[Refusal.SERVICE_NOT_COVERED](till)
    form = {"code": code_of(batch), "attempt": "0d5c5f4e-7a52-4a0e-9c4b-5f0e6d1d8a11", "service": first_service().pk}
    answer = tablet.post(f"{base(till)}encaisser/", form)
    assert answer.status_code == 422
    assert EXPLANATIONS[Refusal.SERVICE_NOT_COVERED].sentence in plain(answer)
    assert code_of(batch)[:7] in plain(answer)


def test_what_was_taken_beside_a_refused_pass_is_told_to_the_device(tablet: Client, till: TestTill) -> None:
    codes = [code_of(make_batch()), code_of(_blocked(till))]
    attempts = [str(uuid.uuid4()) for _ in codes]
    form = {"code": codes, "attempt": attempts, "service": first_service().pk}
    answer = tablet.post(f"{base(till)}encaisser/", form)
    assert "1 autre pass encaissé." in plain(answer)
    assert f'data-taken="{attempts[0]}"' in answer.content.decode()


def test_a_code_that_is_not_genuine_comes_back_to_be_corrected(tablet: Client, till: TestTill) -> None:
    page = tablet.post(base(till), {"code": "ABCD-1234"}).content.decode()
    assert 'value="ABCD-1234"' in page
    assert "Corriger le code" in page
    assert f"tel:+33{OPERATOR_PHONE[1:]}" in page


def test_the_whole_page_of_a_refusal_takes_a_fixed_number_of_statements(
    tablet: Client, till: TestTill, django_assert_num_queries: Any
) -> None:
    batch = _elsewhere_only(till)
    tablet.post(base(till), {"code": code_of(batch)})
    with django_assert_num_queries(16):
        tablet.post(base(till), {"code": code_of(batch)})


# --- beside it -----------------------------------------------------------------------------------------------------


def test_when_and_where_are_for_the_same_actor_only(till: TestTill) -> None:
    batch = _used(till)
    sibling, stranger = make_till(actor=till.site.actor), make_till()
    for mine in (till, sibling):
        body = check(mine.redeem(code_of(batch)), "post")
        assert body["where"] == {"id": str(till.site.pk), "name": till.site.name}
        assert body["when"]
    body = check(stranger.redeem(code_of(batch)), "post")
    assert body["code"] == "already_redeemed"
    assert not {"when", "where"} & set(body)


def test_the_page_says_when_and_where_to_the_same_actor(tablet: Client, till: TestTill) -> None:
    batch = _used(till)
    assert f"à {till.site.name}" in plain(tablet.post(base(till), {"code": code_of(batch)}))
    stranger = make_till()
    tablet.cookies[DEVICE_COOKIE] = stranger.token
    assert "Encaissé le" not in plain(tablet.post(base(stranger), {"code": code_of(batch)}))


def _site(name: str, commune: str, **more: Any) -> Site:
    till = make_till(commune=commune)
    with acting(OPERATOR):
        till.site.name = name
        for field, value in more.items():
            setattr(till.site, field, value)
        till.site.save()
    return till.site


def test_the_nearest_sites_are_those_that_would_take_it(tablet: Client, till: TestTill) -> None:
    near = _site("Le plus proche", BEGLES)
    far = _site("Plus loin", LIBOURNE)
    _site("Fermé", BEGLES, open=False, closed_reason="travaux", closed_at=timezone.now())
    _site("Autre service", BEGLES, services=[7])
    stopped = _site("Suspendu", BEGLES)
    with acting(OPERATOR):
        type(stopped.actor.actor).objects.filter(pk=stopped.actor_id).update(
            state="suspended", suspended_at=timezone.now()
        )
    batch = a_batch(territories=[f"commune:{BEGLES}", f"commune:{LIBOURNE}"], services=[3])
    answer = tablet.post(base(till), {"code": code_of(batch)})
    body = check(till.redeem(code_of(batch)), "post")
    assert body["code"] == "territory_not_covered"
    assert [one["name"] for one in body["nearest"]] == [near.name, far.name]
    assert body["nearest"][0]["distance_km"] < body["nearest"][1]["distance_km"]
    assert body["nearest"][0]["phone"] == near.phone
    page = plain(answer)
    assert page.index(near.name) < page.index(far.name)
    assert not [name for name in ("Fermé", "Autre service", "Suspendu") if name in page]


def test_a_suspended_site_sends_to_its_neighbours(till: TestTill) -> None:
    near = _site("Le voisin", BEGLES)
    body = check(till.redeem(code_of(_suspended(till))), "post")
    assert (body["code"], [one["name"] for one in body["nearest"]]) == ("site_not_qualified", [near.name])
    assert body["call"]["phone"] == OPERATOR_PHONE


def test_a_booklet_not_handed_out_names_who_holds_it(till: TestTill) -> None:
    funder, ccas = make_funder(), make_distributor("CCAS de Bègles")
    batch = make_batch(campaign=make_campaign(funder, needs_hand_out=True))
    with acting(funder.principal):
        distribution.send_booklets(
            batch=batch, distributor=ccas.organisation, first_booklet=batch.first_booklet, booklets=1
        )
    body = check(till.redeem(code_of(batch)), "post")
    assert body["code"] == "not_handed_out"
    assert body["call"] == {"name": "CCAS de Bègles", "phone": ccas.organisation.phone}


def test_an_unknown_code_and_a_simulation_are_guided_too(till: TestTill) -> None:
    body = check(till.redeem("7Q2K9XM4T8WAVN3C"), "post")
    assert body["call"]["phone"] == OPERATOR_PHONE
    body = check(till.redeem(code_of(_elsewhere_only(till)), simulate=True), "post")
    assert (body["code"], len(body["nearest"])) == ("site_not_covered", 1)


def test_lines_of_a_batch_carry_the_refusal_alone(till: TestTill) -> None:
    line = {"id": "0d5c5f4e-7a52-4a0e-9c4b-5f0e6d1d8a11", "code": code_of(_elsewhere_only(till)), "service": SLUG}
    result = check(till.post("redemptions/batch/", {"redemptions": [line]}), "post")["results"][0]
    assert result["problem"]["code"] == "site_not_covered"
    assert "nearest" not in result["problem"]


def test_what_is_beside_a_refusal_may_be_missing(till: TestTill) -> None:
    with acting(OPERATOR):
        Organisation.objects.filter(is_operator=True).update(phone="")
    body = check(till.redeem(code_of(make_batch(territories=["departement:75"]))), "post")
    assert not {"when", "where", "nearest", "call"} & set(body)
