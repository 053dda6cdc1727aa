"""Applying part by part: what may be changed until when, what is missing, and what the database refuses to anybody."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from actors.errors import UnknownService
from actors.opening_hours import InvalidHours
from aptic.audit.models import Event
from aptic.iban import InvalidIban
from aptic.outbox.delivery import deliver_due
from aptic.siret import InvalidSiret
from aptic.tenancy.principal import Hat, Principal, acting
from qualification import candidacy, errors, link, progress, referentials, services, standing
from qualification.candidacy_models import Acceptance, ApplicationSite
from qualification.models import Application
from tests.factories import OPERATOR, make_funder, make_operator, make_siret
from tests.qualification.candidates import IBAN, PUBLIC, all_answers, begin, fill, holding, place, send, sent
from tests.qualification.test_applications import mails
from tests.qualification.world import METROPOLE, accept, apply, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def broken(work, match):
    with pytest.raises((IntegrityError, ProgrammingError), match=match), transaction.atomic():
        work()


def faults(row):
    return {part.key: part.faults for part in progress.parts_of(row, on=timezone.localdate()) if part.faults}


def test_beginning_asks_for_four_things_and_sends_the_link():
    row = begin(email=" Camille@Ateliers.example ")
    assert (row.state, row.referential.number, row.submitted_at) == ("draft", 1, None)
    assert mails() == [("application_begun", "camille@ateliers.example")]
    for field in ("organisation_name", "contact_name", "email"):
        with pytest.raises(errors.MissingField) as refusal:
            begin(**{field: "  "})
        assert refusal.value.field == field
    with pytest.raises(InvalidSiret):
        begin(siret="12345678901234")


def test_a_draft_holds_no_siret_and_a_sent_file_does():
    siret = make_siret()
    begin(siret=siret)
    begin(siret=siret)
    first, second = begin(siret=siret), begin(siret=siret)
    send(fill(first))
    with pytest.raises(errors.AlreadyApplied):
        begin(siret=siret)
    with pytest.raises(errors.AlreadyApplied):
        send(fill(second))
    assert begin(siret=siret, takes_over=True).takes_over


def test_only_the_link_reaches_an_application():
    row = fill(begin())
    other = begin()
    with acting(PUBLIC):
        assert not Application.objects.exists()
        assert not ApplicationSite.objects.exists()
    with holding(other):
        assert list(Application.objects.all()) == [other]
        assert not ApplicationSite.objects.exists()
        with pytest.raises(errors.NotEditable):
            candidacy.edit(application=row, phone="0511111111")
    with acting(make_funder().principal):
        assert not Application.objects.exists()
    with holding(row) as mine:
        assert mine.sites.count() == 1
        with link.opened(other.pk):
            assert list(Application.objects.all()) == [other]
        assert list(Application.objects.all()) == [row]  # the former link is shown again


def test_a_link_is_signed_ends_and_names_one_application(monkeypatch):
    row = begin()
    token = link.sign(row.pk)
    assert link.read(token) == row.pk
    assert link.read(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert link.read("nothing") is None
    monkeypatch.setattr(link, "DAYS", -1)
    assert link.read(token) is None


def test_each_part_says_what_it_lacks():
    row = begin()
    with holding(row) as mine:
        lacking = faults(mine)
        assert set(lacking) == set(progress.TITLES)
        assert lacking["pieces"] == ("Les pièces dépendent du statut juridique : indiquez-le d’abord.",)
        candidacy.save_site(application=mine, **place(services=[]))
        assert faults(mine)["lieux"] == ("Les services de L’Atelier.",)
        mine = candidacy.edit(application=mine, legal_status="public", takes_over=True)
        assert "Relevé d’identité bancaire : à joindre." in faults(mine)["pieces"]
        assert "Ce qui s’est passé avec le SIRET que vous reprenez." in faults(mine)["organisation"]
        with pytest.raises(errors.Incomplete, match="les pièces"):
            candidacy.submit(application=mine, agreed=[])
    with holding(fill(begin())) as whole:
        assert faults(whole) == {}


def test_answers_are_kept_as_long_as_they_are_asked():
    row = begin()
    with holding(row) as mine:
        candidacy.answer(application=mine, answers={"team": ["civic"], "supervision": "always", "nothing": "x"})
        mine = candidacy.answer(application=mine, answers={"years": 0})
        assert mine.answers == {"team": ["civic"], "supervision": "always", "years": 0}
        mine = candidacy.answer(application=mine, answers={"team": ["mediators"]})
        assert mine.answers == {"team": ["mediators"], "years": 0}
        mine = candidacy.answer(application=mine, answers={"years": None})
        assert "years" not in mine.answers


def test_the_first_place_says_the_territory():
    row = begin()
    with holding(row) as mine:
        first = candidacy.save_site(application=mine, **place(commune="33063"))
        candidacy.save_site(application=mine, **place(name="Second", commune="33243"))
        mine.refresh_from_db()
        assert (mine.site_name, mine.commune_id) == ("L’Atelier", "33063")
        candidacy.save_site(application=mine, site=first, **place(name="Déménagé", commune="33039"))
        mine.refresh_from_db()
        assert (mine.site_name, mine.commune_id) == ("Déménagé", "33039")
        candidacy.remove_site(application=mine, site=first)
        mine.refresh_from_db()
        assert (mine.site_name, mine.commune_id, mine.sites.count()) == ("Second", "33243", 1)


def test_what_makes_no_sense_is_refused_where_it_is_typed(monkeypatch):
    row = begin()
    with holding(row) as mine:
        with pytest.raises(UnknownService):
            candidacy.save_site(application=mine, **place(services=[999]))
        with pytest.raises(InvalidHours):
            candidacy.save_site(application=mine, **place(opening_hours="quand on peut"))
        with pytest.raises(InvalidIban):
            candidacy.give_account(application=mine, holder="Essai", iban="FR7630006000011234567890188")
        with pytest.raises(TypeError):
            candidacy.edit(application=mine, state="accepted")
        monkeypatch.setattr(candidacy, "MOST_SITES", 1)
        candidacy.save_site(application=mine, **place())
        with pytest.raises(errors.TooManySites):
            candidacy.save_site(application=mine, **place())


def test_an_iban_is_sealed_for_its_application():
    row = fill(begin())
    with holding(row) as mine:
        assert mine.iban_last4 == "0189"
        assert IBAN.encode() not in bytes(mine.iban_sealed)


def test_papers_are_judged_on_the_day_in_paris():
    """Half an hour after midnight in Paris it is still the day before by UTC, and the insurance has ended."""
    row = fill(begin())
    with holding(row) as mine:
        ends = mine.documents.get(kind="insurance").expires_on
    midnight = timezone.make_aware(datetime.combine(ends + timedelta(days=1), time.min)).astimezone(UTC)
    with pytest.raises(errors.Incomplete):
        send(row, at=midnight + timedelta(minutes=30))
    assert send(row, at=midnight - timedelta(minutes=30)).state == "submitted"


def test_sending_agrees_to_the_texts_of_the_day():
    row = fill(begin())
    texts = referentials.texts_in_force()
    with holding(row) as mine, pytest.raises(errors.NotAgreed):
        candidacy.submit(application=mine, agreed=[str(texts[0].pk)])
    at = timezone.now()
    done = send(row, at=at)
    assert (done.state, done.submitted_at) == ("submitted", at)
    with acting(OPERATOR):
        agreed = list(Acceptance.objects.filter(application=row).values_list("text__kind", "name", "accepted_at"))
    assert sorted(agreed) == [("charter", "Dominique Essai", at), ("terms", "Dominique Essai", at)]
    assert mails()[-1][0] in ("application_received", "application_new")


def test_a_new_version_does_not_touch_a_file_that_is_begun():
    row = fill(begin())
    with acting(make_operator().principal):
        draft = referentials.prepare_version()
        referentials.remove_question(referential=draft, key="years")
        referentials.publish_version(referential=draft, note="Sans les années.", pass_mark=50)
    assert send(row).referential.number == 1
    assert begin().referential.number == 2


def test_what_is_sent_is_not_changed_any_more():
    row = sent()
    with holding(row) as mine:
        site = mine.sites.get()
        for work in (
            lambda: candidacy.edit(application=mine, phone="0511111111"),
            lambda: candidacy.save_site(application=mine, site=site, **place(name="Autre")),
            lambda: candidacy.remove_site(application=mine, site=site),
            lambda: candidacy.answer(application=mine, answers={"years": 9}),
            lambda: candidacy.give_account(application=mine, holder="Autre", iban=IBAN),
            lambda: candidacy.withdraw(application=mine),
        ):
            with pytest.raises(errors.NotEditable):
                work()


def test_the_database_keeps_what_is_sent_from_its_applicant():
    row = sent()
    with holding(row) as mine:
        assert not Application.objects.filter(pk=mine.pk).update(phone="0511111111")
        broken(lambda: mine.sites.update(name="Autre"), "is not changed")
        broken(lambda: mine.sites.all().delete(), "is not changed")
        broken(lambda: mine.documents.update(filename="autre"), "is not changed")
        broken(lambda: Application.objects.filter(pk=mine.pk)._raw_delete("default"), "permission denied")
    draft = begin()
    with holding(draft):
        rows = Application.objects.filter(pk=draft.pk)
        broken(
            lambda: rows.update(
                state="refused", decided_at=timezone.now(), submitted_at=timezone.now(), commune="33063"
            ),
            "row-level security",
        )
        broken(lambda: rows.update(state="submitted", submitted_at=timezone.now()), "application_sent_with_a_place")
        broken(lambda: rows.update(iban_last4="1234"), "application_iban_sealed")
    stranger = Principal(hat=Hat.PUBLIC)
    actor = make_funder().organisation
    with acting(stranger):
        forged = Application(organisation=actor, organisation_name="x", siret=make_siret(), contact_name="x", email="x")
        broken(lambda: forged.save(force_insert=True), "row-level security")


def test_acceptances_and_decisions_are_never_changed():
    row = sent()
    with acting(OPERATOR):
        for work in (
            lambda: Acceptance.objects.filter(application=row).update(name="Autre"),
            lambda: Acceptance.objects.filter(application=row).delete(),
        ):
            broken(work, "permission denied|append")


def test_giving_up_frees_the_siret_and_is_recorded():
    row = begin()
    with holding(row) as mine:
        candidacy.withdraw(application=mine)
    with acting(OPERATOR):
        assert Application.objects.get(pk=row.pk).state == "withdrawn"
        assert Event.objects.about(row).filter(verb="application_withdrawn").exists()


def test_links_are_sent_again_to_their_address_and_nobody_is_told():
    row = begin()
    with acting(PUBLIC):
        candidacy.find_by_address("nobody@essai.example")
        candidacy.find_by_address(" CAMILLE@ateliers.example")
    assert mails().count(("application_link", row.email)) == 1
    assert len(mails()) == 2


def test_an_address_is_written_to_three_times_an_hour_whoever_asks():
    for n in range(4):
        begin(email="victim@essai.example" if n % 2 else "VICTIM@essai.example")
    with acting(PUBLIC):
        candidacy.find_by_address("victim@essai.example")
    assert mails() == [("application_begun", "victim@essai.example")] * 3
    begin(email="somebody@essai.example")
    with acting(PUBLIC):
        for _ in range(4):
            candidacy.find_by_address("somebody@essai.example")
    assert mails().count(("application_link", "somebody@essai.example")) == 2


def test_the_links_of_one_address_leave_in_one_letter():
    named = {name: begin(organisation_name=name, email="deux@essai.example") for name in ("La Première", "La Seconde")}
    begin(email="autre@essai.example")
    with acting(PUBLIC):
        candidacy.find_by_address("deux@essai.example")
    assert mails()[-1] == ("application_link", "deux@essai.example")
    assert len(mails()) == 4
    deliver_due()
    (letter,) = (each for each in mail.outbox if each.subject == "Les liens de vos candidatures")
    for name, row in named.items():
        assert f"{name} :\n{link.address_of(row.pk)}" in letter.body


@pytest.mark.parametrize("field", ["organisation_name", "contact_name"])
@pytest.mark.parametrize("name", ["Gagnez http://piege.example", "Voir WWW.piege.example"])
def test_a_name_that_letters_print_is_no_address(name, field):
    with pytest.raises(errors.NotAName) as refused:
        begin(**{field: name})
    assert refused.value.field == field
    with holding(begin()) as mine, pytest.raises(errors.NotAName):
        candidacy.edit(application=mine, **{field: name})


def test_acceptance_opens_every_place_and_takes_a_place_in_each_territory():
    set_cap(1)
    set_cap(1, "epci:200070092")
    row = begin()
    with holding(fill(row)) as mine:
        candidacy.save_site(application=mine, **place(name="Second", commune="33039", mediators=2))
        candidacy.save_site(application=mine, **place(name="À Libourne", commune="33243", host_kind="library"))
    send(row)
    actor = accept(row)
    with acting(OPERATOR):
        opened = {site.name: site for site in actor.sites.all()}
        assert set(opened) == {"L’Atelier", "Second", "À Libourne"}
        assert (opened["Second"].mediators, opened["À Libourne"].host_kind) == (2, "library")
        assert opened["L’Atelier"].opening_hours == "Tu 09:00-12:00"
        held = set(actor.actor.qualifications.values_list("territory_id", flat=True))
        assert held == {METROPOLE, "epci:200070092"}
        years = actor.actor.qualified_until.year - actor.actor.qualified_at.year
        assert years == 3


def test_the_usual_delay_is_measured_or_says_that_it_is_not():
    with acting(PUBLIC):
        assert "pas encore assez de réponses" in standing.usual_delay().sentence
    measured = standing.Delay(half=6.4, most=12.2, decisions=9).sentence.replace("\xa0", " ")
    assert "la moitié des réponses en 6 jours ou moins, quatre sur cinq en 12 jours ou moins" in measured
    assert set(standing.WORDS) == set(Application.State)


def test_a_file_gathered_elsewhere_is_sent_as_it_is():
    row = apply(organisation_name="Sur papier")
    with acting(OPERATOR):
        stored = Application.objects.get(pk=row.pk)
        assert (stored.state, stored.site_name, stored.sites.count()) == ("submitted", row.site_name, 1)
    with acting(make_operator().principal), pytest.raises(errors.CapMissing):
        services.accept(application=row)


def test_every_question_of_the_first_version_can_be_answered():
    with acting(PUBLIC):
        content = referentials.in_force().content
    answers = all_answers(content)
    with holding(begin()) as mine:
        assert candidacy.answer(application=mine, answers=answers).answers == answers
        assert "questionnaire" not in faults(Application.objects.select_related("referential").get())
