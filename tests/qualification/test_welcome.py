"""Who an accepted application invites: nobody into an organisation that has its people, or more than one hat."""

import pytest

from actors.models import Actor
from aptic.accounts.models import Invitation
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from qualification import candidacy, errors, services, waiting
from qualification.models import Application
from tests.actors.network import make_actor
from tests.factories import OPERATOR, make_distributor, make_funder, make_operator
from tests.qualification.candidates import begin, fill, holding, place, send
from tests.qualification.test_applications import delivered, mails
from tests.qualification.test_pages import text, url
from tests.qualification.world import LIBOURNE, METROPOLE, accept, accept_elsewhere, apply, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
STRANGER = "quelqu-un@ailleurs.example"


def invited(organisation):
    with acting(OPERATOR):
        return list(Invitation.objects.filter(organisation=organisation, email=STRANGER))


@pytest.mark.parametrize("make", [make_funder, make_distributor])
def test_whoever_applies_with_the_siret_of_another_is_not_invited_into_it(make):
    set_cap(1)
    known = make(role="manager")
    actor = accept(siret=known.organisation.siret, email=STRANGER)
    assert (actor.pk, actor.is_actor) == (known.organisation.pk, True)  # it may become an actor too
    assert not invited(actor)
    assert {("actor_joined", known.user.email), ("application_accepted", STRANGER)} <= set(mails())
    with acting(OPERATOR):
        assert Actor.objects.get(pk=actor.pk).state == "qualified"
        assert actor.sites.count() == 1


def test_the_letters_say_who_applied_and_who_decides(mailoutbox):
    set_cap(1)
    known = make_funder("L’Agence & Cie")
    accept(siret=known.organisation.siret, email=STRANGER, contact_name="Camille")
    told, answered = [body for body in delivered(mailoutbox) if "est acceptée" in body]
    assert f"Camille ({STRANGER}) a candidaté au nom de L’Agence & Cie" in told
    assert f"/acteur/{known.organisation.pk}/equipe/" in told
    assert "demandez-leur de vous inviter" in answered
    assert known.user.email not in answered


def test_a_funder_that_nobody_has_joined_yet_is_told_at_its_own_address():
    set_cap(1)
    known = make_funder().organisation
    with acting(OPERATOR):
        known.memberships.update(active=False)
    actor = accept(siret=known.siret, email=STRANGER)
    assert not invited(actor)
    assert ("actor_joined", known.email) in mails()


def test_a_takeover_of_an_actor_with_people_is_theirs_to_open():
    network = make_actor()
    row = begin(siret=network.organisation.siret, takes_over=True, email=STRANGER)
    row = send(fill(row, takeover_reason="Nouvelle direction."))
    assert accept(row).pk == network.organisation.pk
    assert not invited(network.organisation)
    assert ("actor_joined", network.manager.user.email) in mails()


def test_an_actor_whose_people_have_left_is_opened_to_whoever_takes_over():
    network = make_actor()
    with acting(OPERATOR):
        network.organisation.memberships.update(active=False)
    row = begin(siret=network.organisation.siret, takes_over=True, email=STRANGER)
    accept(send(fill(row, takeover_reason="L’équipe est partie.")))
    assert len(invited(network.organisation)) == 1


def test_the_operator_is_no_actor():
    operator = make_operator()
    set_cap(1)
    row = apply(siret=operator.organisation.siret, email=STRANGER)
    with acting(operator.principal), pytest.raises(errors.OperatorIsNoActor):
        services.accept(application=row)
    with acting(operator.principal):
        services.put_on_waiting_list(application=row, reason="En attente.")
        with pytest.raises(errors.OperatorIsNoActor):
            waiting.promote(application=row, territory=METROPOLE, reason="Une place.")
    with acting(OPERATOR):
        assert not Organisation.objects.get(pk=operator.organisation.pk).is_actor
        assert Application.objects.get(pk=row.pk).state == "waiting"
    assert not invited(operator.organisation)


def test_the_page_says_whose_siret_it_is_before_it_is_accepted(client):
    operator, known = make_operator(), make_funder("Département du Test")
    operator.log_in(client)
    page = text(client.get(url("operator_application", operator, apply(email="tot@essai.example").pk)))
    assert "Une place manque" in page
    assert "Accepter crée l’acteur" not in page  # nothing is said of what is not offered
    set_cap(3)
    page = text(client.get(url("operator_application", operator, apply(email="nouvelle@essai.example").pk)))
    assert "Accepter crée l’acteur" in page
    row = apply(siret=known.organisation.siret, email=STRANGER)
    page = text(client.get(url("operator_application", operator, row.pk)))
    assert "Ce SIRET est celui de Département du Test, déjà connu ici comme commanditaire." in page
    assert f"({STRANGER}) n’y sera pas invité" in page
    assert "Accepter crée l’acteur" not in page
    assert "Accepter la candidature" in page
    own = apply(siret=operator.organisation.siret)
    page = text(client.get(url("operator_application", operator, own.pk)))
    assert "ne peut pas être acceptée" in page
    assert "Accepter la candidature" not in page
    with acting(operator.principal):
        services.put_on_waiting_list(application=row, reason="En attente.")
    promote = client.get(url("operator_waiting_promote", operator, METROPOLE, row.pk))
    assert "déjà connu ici comme commanditaire" in text(promote)


def test_an_actor_without_people_is_named_with_who_would_be_invited(client):
    operator = make_operator()
    operator.log_in(client)
    set_cap(2)
    former = accept(organisation_name="L’Ancienne")
    row = begin(siret=former.siret, takes_over=True, email=STRANGER)
    row = send(fill(row, takeover_reason="Nouvelle direction."))
    page = text(client.get(url("operator_application", operator, row.pk)))
    assert "Ce SIRET est celui de L’Ancienne, déjà connu ici comme acteur." in page
    assert f"({STRANGER}) sera invité à l’être" in page


def test_a_takeover_in_a_full_territory_needs_no_further_place(client):
    operator = make_operator()
    operator.log_in(client)
    set_cap(1)
    former = accept()
    row = begin(siret=former.siret, takes_over=True, email=STRANGER)
    row = send(fill(row, takeover_reason="Nouvelle direction."))
    address = url("operator_application", operator, row.pk)
    page = text(client.get(address))
    assert "sa place est prise" in page
    assert "Une place manque" not in page
    assert "Accepter la candidature" in page
    assert client.post(address).status_code == 302
    with acting(OPERATOR):
        assert former.actor.qualifications.filter(until=None).count() == 1


def test_a_takeover_finds_the_territories_full_where_it_has_no_place(client):
    operator = make_operator()
    operator.log_in(client)
    accept_elsewhere()
    set_cap(1)
    former = accept()
    row = fill(begin(siret=former.siret, takes_over=True, email=STRANGER), takeover_reason="Nouvelle direction.")
    with holding(row) as mine:
        candidacy.save_site(application=mine, **place(name="À Libourne", commune=LIBOURNE))
    page = text(client.get(url("operator_application", operator, send(row).pk)))
    assert "sa place est prise" in page
    assert "Une place manque" in page
    assert "Accepter la candidature" not in page


def test_the_operator_invites_somebody_to_run_an_actor(client):
    network, operator = make_actor(), make_operator()
    with acting(OPERATOR):
        Organisation.objects.filter(pk=network.organisation.pk).update(is_distributor=True)
    operator.log_in(client)
    address = url("operator_actor_invite", operator, network.organisation.pk)
    assert address in text(client.get(url("operator_actor", operator, network.organisation.pk)))
    assert "aiguilleur, acteur" in text(client.get(address))
    assert client.post(address, {"email": STRANGER}).status_code == 302
    assert len(invited(network.organisation)) == 1
    assert "à corriger" in text(client.post(address, {"email": network.manager.user.email}))
    make_operator("agent").log_in(client)
    assert client.get(address).status_code == 403
    assert address not in text(client.get(url("operator_actor", operator, network.organisation.pk)))
