"""Applying and being answered: what is asked, what becomes of it, who is told."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from actors.errors import UnknownService
from actors.models import Actor, Site
from aptic.accounts.models import Invitation
from aptic.audit.models import Event
from aptic.documents.crypto import decrypt_text
from aptic.errors import NotAllowed
from aptic.outbox.handlers import send_email
from aptic.outbox.models import Message
from aptic.outbox.services import email_context
from aptic.siret import InvalidSiret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from funders.services import create_distributor
from qualification import errors, services, waiting
from qualification.models import Application, Qualification
from tests.factories import OPERATOR, make_funder, make_operator, make_siret
from tests.qualification.world import METROPOLE, accept, apply, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def mails():
    """(template, address) of every e-mail waiting."""
    with acting(OPERATOR):
        sealed = [(m.pk, m.payload["sealed"]) for m in Message.objects.filter(kind="email").order_by("created_at")]
    contents = [json.loads(decrypt_text(text, context=email_context(pk))) for pk, text in sealed]
    return [(content["template"], content["to"]) for content in contents]


def delivered(mailoutbox):
    """The text of every e-mail waiting, sent in order."""
    with acting(OPERATOR):
        for message in Message.objects.filter(kind="email").order_by("created_at"):
            send_email(message)
    return [mail.body for mail in mailoutbox]


def test_anybody_applies_and_is_answered_by_mail():
    application = apply(email=" Camille@Essai.example ")
    assert application.state == "submitted"
    assert mails() == [("application_received", "camille@essai.example")]
    with acting(Principal(hat=Hat.PUBLIC)):
        assert not Application.objects.exists()  # who applied cannot read it, nor can anybody else
    with acting(OPERATOR):
        assert Event.objects.filter(verb="application_submitted", object_id=str(application.pk)).exists()


def test_a_wrong_siret_is_refused_before_anything_is_kept():
    right = make_siret()
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    for typed, said in ((wrong, "clé de contrôle"), (right[:9], "SIREN"), ("12", "14 chiffres"), ("abc", "chiffres")):
        with pytest.raises(InvalidSiret, match=said):
            apply(siret=typed)
    with acting(OPERATOR):
        assert not Application.objects.exists()


def test_a_siret_with_spaces_is_understood_and_applies_once():
    siret = make_siret()
    apply(siret=f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}")
    with pytest.raises(errors.AlreadyApplied) as refusal:
        apply(siret=siret)
    assert refusal.value.field == "siret"


def test_the_same_siret_may_apply_again_once_refused():
    first = apply()
    with acting(make_operator().principal):
        services.refuse(application=first, reason="Pas encore de local.")
    assert apply(siret=first.siret).pk != first.pk


@pytest.mark.parametrize("field", ["organisation_name", "contact_name", "email", "phone", "site_name", "site_address"])
def test_what_nobody_can_do_without_is_asked(field):
    with pytest.raises(errors.MissingField) as refusal:
        apply(**{field: "  "})
    assert refusal.value.field == field


def test_a_service_that_does_not_exist_is_refused():
    with pytest.raises(UnknownService):
        apply(services=[1, 999])


def test_acceptance_makes_the_actor_its_site_its_place_and_its_invitation():
    set_cap(2)
    application = apply(services=[2, 1, 2], site_hours="Lundi 9 h-12 h")
    at = timezone.now()
    with acting(make_operator().principal):
        accepted = services.accept(application=application, at=at)
        actor = accepted.organisation
        assert (actor.is_actor, actor.siret, actor.name) == (True, application.siret, application.organisation_name)
        assert Actor.objects.get(pk=actor.pk).state == "qualified"
        site = Site.objects.get(actor=actor)
        assert (site.name, site.services, site.hours) == (application.site_name, [1, 2], "Lundi 9 h-12 h")
        assert METROPOLE in site.territories
        place = Qualification.objects.get(actor_id=actor.pk)
        assert (place.territory_id, place.until, place.territory.qualified) == (METROPOLE, None, 1)
        assert Invitation.objects.get(organisation=actor).role == "manager"
        stored = Application.objects.get(pk=application.pk)
        assert (stored.state, stored.organisation_id, stored.decided_at) == ("accepted", actor.pk, at)
    assert mails()[-1] == ("invitation", application.email)
    with acting(Principal(hat=Hat.ACTOR, organisation_id=actor.pk)):
        assert Application.objects.visible_to(Principal(hat=Hat.ACTOR, organisation_id=actor.pk)).count() == 1
        assert not Application.objects.get().sites.exists()  # what it was made of stays between it and the operator
    with acting(make_funder().principal):
        assert not Application.objects.exists()


def test_a_known_organisation_keeps_what_it_said_and_wears_one_more_hat():
    set_cap(1)
    siret = make_siret()
    with acting(OPERATOR):
        first = create_distributor(
            name="CCAS", siret=siret, commune=None, email="a@essai.example", phone="", manager_email="b@essai.example"
        )
    actor = accept(siret=siret)
    assert (actor.pk, actor.name) == (first.pk, "CCAS")
    with acting(OPERATOR):
        assert Organisation.objects.get(pk=actor.pk).is_actor


def test_an_actor_is_not_accepted_twice():
    set_cap(5)
    actor = accept()
    with acting(OPERATOR):
        Application.objects.update(siret=make_siret())
    with pytest.raises(errors.AlreadyApplied):
        apply(siret=actor.siret)
    again = apply()
    with acting(OPERATOR):
        Application.objects.filter(pk=again.pk).update(siret=actor.siret)
    with acting(make_operator().principal), pytest.raises(errors.AlreadyActor):
        services.accept(application=again)


def test_a_full_territory_accepts_nobody_and_keeps_the_application():
    set_cap(1)
    accept()
    late = apply()
    with acting(make_operator().principal):
        with pytest.raises(errors.CapReached, match="plafond de ce territoire est atteint"):
            services.accept(application=late)
        assert Application.objects.get(pk=late.pk).state == "submitted"
        assert not Organisation.objects.filter(siret=late.siret).exists()
        services.put_on_waiting_list(application=late, reason="Le territoire est complet.")
    assert mails()[-1] == ("application_waiting", late.email)
    set_cap(1, exceptions=1, exception_reason="Quartier sans aucun lieu.")
    with acting(make_operator().principal):
        with pytest.raises(errors.WaitsItsTurn):  # one who waits is taken from the list, and only from there
            services.accept(application=late)
        done = waiting.promote(application=late, territory="epci:243300316", reason="Une exception.")
        assert done.organisation.is_actor


def test_a_territory_without_a_cap_says_so():
    with pytest.raises(errors.CapMissing, match="Bordeaux Métropole"):
        accept()


def test_a_decision_is_taken_once():
    set_cap(3)
    application = apply()
    accept(application)
    with acting(make_operator().principal):
        for decide in (services.refuse, services.put_on_waiting_list):
            with pytest.raises(errors.AlreadyDecided):
                decide(application=application, reason="Trop tard.")
        with pytest.raises(errors.AlreadyDecided):
            services.accept(application=application)


def test_saying_no_gives_a_reason():
    application = apply()
    with acting(make_operator().principal):
        for decide in (services.refuse, services.put_on_waiting_list):
            with pytest.raises(errors.ReasonMissing):
                decide(application=application, reason="   ")
        services.refuse(application=application, reason="Hors du périmètre.")
        assert Application.objects.get(pk=application.pk).reason == "Hors du périmètre."
    assert mails()[-1] == ("application_refused", application.email)


def test_only_those_who_decide_for_the_operator_decide():
    application = apply()
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal):
            with pytest.raises(NotAllowed):
                services.accept(application=application)
            with pytest.raises(NotAllowed):
                services.refuse(application=application, reason="Non.")


def broken(work, match):
    with pytest.raises((IntegrityError, ProgrammingError), match=match), transaction.atomic():
        work()


def test_the_database_holds_the_rules_of_applications():
    application = apply()
    with acting(OPERATOR):
        rows = Application.objects.filter(pk=application.pk)
        broken(lambda: rows.update(state="refused"), "application_decided_iff_dated")
        broken(lambda: rows.update(state="accepted", decided_at=timezone.now()), "application_accepted_is_actor")
        twin = Application.objects.get(pk=application.pk)
        twin.pk = None
        twin._state.adding = True
        broken(lambda: twin.save(force_insert=True), "one_live_application_per_siret")
    with acting(Principal(hat=Hat.PUBLIC)):
        twin.siret, twin.state, twin.decided_at = make_siret(), "waiting", timezone.now()
        broken(lambda: twin.save(force_insert=True), "row-level security")


def test_the_operator_is_told_where_to_answer(mailoutbox):
    operator = make_operator().organisation
    with acting(OPERATOR):
        Organisation.objects.filter(pk=operator.pk).update(email="operateur@essai.example")
    application = apply()
    assert sorted(mails())[0] == ("application_new", "operateur@essai.example")
    with acting(OPERATOR):
        for message in Message.objects.filter(kind="email"):
            send_email(message)
    letter = next(mail for mail in mailoutbox if mail.to == ["operateur@essai.example"])
    assert letter.subject == f"Candidature de {application.organisation_name}"
    assert f"/operateur/{operator.pk}/candidatures/{application.pk}/" in letter.body


def test_each_answer_is_a_letter_that_says_what_happens(mailoutbox):
    name = "L’Atelier & d’ailleurs"
    for answer in (services.refuse, services.put_on_waiting_list):
        application = apply(organisation_name=name)
        with acting(make_operator().principal):
            answer(application=application, reason="Il reste <1 place> ; l’an prochain.")
    with acting(OPERATOR):
        for message in Message.objects.filter(kind="email").order_by("created_at"):
            send_email(message)
    received, refused, _, waiting = mailoutbox
    assert all(name in mail.subject and name in mail.body for mail in mailoutbox)
    assert all(mail.body.startswith("Bonjour Camille Essai,") for mail in mailoutbox)
    assert "bien reçu" in received.body
    assert "Bordeaux Métropole" in received.body
    for mail in (refused, waiting):
        assert "Il reste <1 place> ; l’an prochain." in mail.body
    assert "/candidature/" in refused.body
    assert "liste d’attente" in waiting.subject
