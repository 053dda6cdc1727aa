"""The waiting list: in order, whoever finds a place at every level first, and each promotion with its reason."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.documents.crypto import decrypt_text
from aptic.errors import NotAllowed
from aptic.outbox.models import Message
from aptic.outbox.services import email_context
from aptic.tenancy.principal import Hat, acting
from qualification import caps, errors, services, waiting, waiting_lists
from qualification.disqualification import disqualify_actor
from qualification.models import Promotion
from tests.factories import OPERATOR, make_member, make_operator
from tests.qualification.world import BORDEAUX, LIBOURNAIS, LIBOURNE, METROPOLE, accept, apply, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
GIRONDE = "departement:33"


@pytest.fixture
def operator():
    return make_operator()


def wait(operator, commune=BORDEAUX):
    application = apply(commune=commune)
    with acting(operator.principal):
        return services.put_on_waiting_list(application=application, reason="Complet.")


def line(operator, territory=GIRONDE):
    with acting(operator.principal):
        return waiting_lists.waiting_for(territory, operator.principal)


def test_the_next_one_is_the_first_who_finds_a_place_at_every_level(operator):
    set_cap(1)
    set_cap(5, LIBOURNAIS)
    set_cap(1, GIRONDE)
    first = accept()
    one, two, three = wait(operator), wait(operator, LIBOURNE), wait(operator)
    found = line(operator)
    assert [(each.application_id, each.rank) for each in found] == [(one.pk, 1), (two.pk, 2), (three.pk, 3)]
    assert waiting_lists.next_in_line(found) is None
    assert found[0].full == ("Bordeaux Métropole", "Gironde (33)")
    set_cap(2, GIRONDE, reason="Une commande de plus.")
    assert waiting_lists.next_in_line(line(operator)).application_id == two.pk  # the métropole is still full
    with acting(operator.principal):
        caps.release_places(actor=first, reason="Départ.")
    assert waiting_lists.next_in_line(line(operator)).application_id == one.pk
    assert [each.rank for each in line(operator, METROPOLE)] == [1, 2]


def test_a_promotion_keeps_its_rank_and_its_reason(operator):
    set_cap(2)
    one, two = wait(operator), wait(operator)
    with acting(operator.principal):
        with pytest.raises(errors.CapReasonMissing):
            waiting.promote(application=two, territory=METROPOLE, reason=" ")
        waiting.promote(application=two, territory=METROPOLE, reason="Seule à recevoir le soir.")
        kept = Promotion.objects.get()
        assert (kept.application_id, kept.rank, kept.reason) == (two.pk, 2, "Seule à recevoir le soir.")
        assert Event.objects.filter(verb="application_promoted").count() == 1
        with pytest.raises(errors.NobodyWaits):
            waiting.promote(application=two, territory=METROPOLE, reason="Encore.")
        waiting.promote(application=one, territory=METROPOLE, reason="Une place s’est libérée.")
        with pytest.raises(IntegrityError, match="promotion_justified"), transaction.atomic():
            Promotion.objects.create(application_id=BAD, organisation_id=kept.organisation_id, rank=1, reason="")


BAD = "00000000-0000-0000-0000-000000000001"


def test_a_full_level_refuses_a_promotion(operator):
    set_cap(3)
    set_cap(1, GIRONDE)
    accept()
    late = wait(operator)
    with acting(operator.principal), pytest.raises(errors.CapReached, match="Gironde"):
        waiting.promote(application=late, territory=METROPOLE, reason="Essai.")
    finance = make_operator("finance")
    with acting(finance.principal), pytest.raises(NotAllowed):
        waiting.promote(application=late, territory=METROPOLE, reason="Essai.")


def test_one_click_accepts_the_next_one(client, operator):
    set_cap(1)
    first = accept()
    late = wait(operator)
    operator.log_in(client)
    page = reverse("operator_waiting", args=[operator.organisation.pk, METROPOLE])
    assert "Aucune place n’est libre" in client.get(page).content.decode()
    with acting(operator.principal):
        caps.release_places(actor=first, reason="Départ.")
    assert "Accepter la suivante" in client.get(page).content.decode()
    promote = reverse("operator_waiting_promote", args=[operator.organisation.pk, METROPOLE, late.pk])
    assert "Le prix de cette décision" in client.get(promote).content.decode()
    assert client.post(promote, {"reason": ""}).status_code == 200
    assert client.post(promote, {"reason": "Une place s’est libérée."}).url == page
    assert client.get(promote).status_code == 404
    assert "Personne n’attend ici" in client.get(page).content.decode()
    with acting(OPERATOR):
        assert Promotion.objects.get().promoted_by == operator.user.pk


def test_one_who_waits_is_accepted_from_the_list_wherever_one_starts(client, operator):
    set_cap(2)
    wait(operator)
    second = wait(operator)
    operator.log_in(client)
    file = reverse("operator_application", args=[operator.organisation.pk, second.pk])
    promote = reverse("operator_waiting_promote", args=[operator.organisation.pk, METROPOLE, second.pk])
    assert f'<a class="btn" href="{promote}">Accepter la candidature</a>' in client.get(file).content.decode()
    refused = client.post(file)  # whoever kept an older page open
    assert (refused.status_code, "est sur la liste d’attente" in refused.content.decode()) == (409, True)
    assert client.get(promote).context["form"]["reason"].value() is None  # nobody's reason is written beforehand
    assert client.post(promote, {"reason": "Seule à recevoir le soir."}).status_code == 302
    with acting(OPERATOR):
        assert Promotion.objects.values_list("rank", "reason").get() == (2, "Seule à recevoir le soir.")


def test_whom_a_newcomer_would_pass_is_said_before(client, operator):
    set_cap(3)
    new = apply()
    operator.log_in(client)
    file = reverse("operator_application", args=[operator.organisation.pk, new.pk])
    assert client.get(file).context["passed"] == 0
    wait(operator)
    wait(operator, LIBOURNE)  # another list
    assert "<b>1\xa0candidature attend déjà une place dans ce territoire.</b>" in client.get(file).content.decode()
    wait(operator)
    page = client.get(file).content.decode()
    assert "<b>2\xa0candidatures attendent déjà une place dans ce territoire.</b>" in page
    assert reverse("operator_waiting", args=[operator.organisation.pk, METROPOLE]) in page
    assert client.post(file).status_code == 302  # it is said, and not forbidden


def told(member):
    """What each letter about places that opened names, of those that a member got."""
    with acting(OPERATOR):
        sealed = Message.objects.filter(kind="email").order_by("created_at").values_list("pk", "payload__sealed")
        letters = [json.loads(decrypt_text(text, context=email_context(pk))) for pk, text in sealed]
    return [
        [(one["territory"], one["name"]) for one in letter["context"]["openings"]]
        for letter in letters
        if (letter["template"], letter["to"]) == ("place_open", member.user.email)
    ]


def test_the_operator_s_managers_are_told_once_when_a_place_opens(operator):
    set_cap(1)
    set_cap(1, GIRONDE)
    actor = accept()
    one = wait(operator)
    wait(operator)
    agent = make_member(operator.organisation, Hat.OPERATOR, Role.AGENT)
    assert told(operator) == []
    with acting(operator.principal):
        disqualify_actor(actor=actor, reason="Charte rompue.")  # both levels at once
    assert told(operator) == [[("Bordeaux Métropole", one.organisation_name)]]
    assert told(agent) == []
    message = render_to_string(
        "mail/place_open.txt", {"openings": [{"territory": "Ici", "name": "A", "url": "https://x"}]}
    )
    assert "Ici : A est la première qui puisse la prendre." in message.replace("\xa0", " ")


def test_a_cap_that_is_raised_tells_and_one_with_a_place_already_does_not(operator):
    set_cap(1)
    accept()
    one = wait(operator)
    set_cap(1, GIRONDE)  # another level fills: nobody can enter
    set_cap(2)
    assert told(operator) == []
    set_cap(2, GIRONDE)
    assert told(operator) == [[("Gironde (33)", one.organisation_name)]]
    set_cap(3)  # a place was free already
    set_cap(1, LIBOURNAIS)  # nobody waits there
    assert len(told(operator)) == 1


def test_the_list_costs_the_same_however_long(client, operator, monkeypatch, django_assert_num_queries):
    set_cap(1)
    set_cap(2, GIRONDE)
    accept()
    operator.log_in(client)
    monkeypatch.setattr("qualification.views.caps.PER_PAGE", 4)
    address = reverse("operator_waiting", args=[operator.organisation.pk, GIRONDE])
    files = [wait(operator) for _ in range(2)]
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    files += [wait(operator) for _ in range(4)]
    with django_assert_num_queries(len(queries)):
        first = client.get(address).content.decode()
    second = client.get(address, {"page": 2}).content.decode()
    shown = [[str(file.pk) in page for file in files] for page in (first, second)]
    assert shown == [[True] * 4 + [False] * 2, [False] * 4 + [True] * 2]
    assert "page=2" in first
