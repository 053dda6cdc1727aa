"""The operator's queue and file: filters, who follows what, remarks, appeals, papers; what each role may do."""

import pytest

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.tenancy.principal import acting
from qualification import candidacy, decisions, services
from qualification.models import Application
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.candidates import begin, fill, holding, place, send, sent
from tests.qualification.test_applications import delivered
from tests.qualification.test_candidate_pages import open_link
from tests.qualification.test_candidate_pages import url as candidate_url
from tests.qualification.test_pages import counted, text, url
from tests.qualification.world import LIBOURNE, apply, set_cap

pytestmark = pytest.mark.django_db
DELAY = "comptez quelques semaines"


@pytest.fixture
def operator(client):
    person = make_operator()
    person.log_in(client)
    return person


def held(row):
    with acting(OPERATOR):
        return Application.objects.get(pk=row.pk)


def test_the_queue_is_filtered_by_words_siret_territory_and_who_follows(client, operator):
    one, two = apply(organisation_name="Alpha"), apply(organisation_name="Beta", commune=LIBOURNE)
    begin(organisation_name="Brouillon")
    address = url("operator_applications", operator)
    page = text(client.get(address))
    assert "Alpha" in page
    assert "Beta" in page
    assert "Brouillon" not in page  # a draft is nobody's but its applicant's
    for typed, found in (("alpha", "Alpha"), (two.siret, "Beta"), ("libournais", "Beta"), ("Libourne", "Beta")):
        page = text(client.get(address, {"q": typed}))
        assert found in page, typed
        assert {"Alpha": "Beta", "Beta": "Alpha"}[found] not in page.split("</h1>")[1].split("<footer")[0], typed
    assert "Rien ne correspond" in text(client.get(address, {"q": "zzz"}))
    assign = url("operator_application_assign", operator, one.pk)
    assert client.post(assign, {"person": str(operator.user.pk)}).status_code == 302
    assert "Beta" not in text(client.get(address, {"suivi": "moi"})).split("</h1>")[1]
    assert "Alpha" not in text(client.get(address, {"suivi": "personne"})).split("</h1>")[1]
    assert client.post(assign, {"person": ""}).status_code == 302
    for stranger in (str(make_funder().user.pk), "abc"):
        assert client.post(assign, {"person": stranger}).status_code == 422


def test_a_file_shows_answers_points_checks_papers_and_history(client, operator):
    set_cap(1)
    row = sent()
    page = text(client.get(url("operator_application", operator, row.pk)))
    for words in (
        "À toute personne qui se présente",
        "points sur",
        "Statuts signés",
        "Dominique Essai",
        "qui finit par",
        "registre non interrogé",
        "acceptée le",
        "envoyée, par qui candidate",
        "Accepter la candidature",
        "Mardi, 9 h – 12 h",
    ):
        assert words in page, words
    with acting(OPERATOR):
        paper = row.documents.first()
    answer = client.get(url("operator_application_paper", operator, paper.pk))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    with acting(OPERATOR):
        assert Event.objects.about(paper).filter(verb="application_document_read", person_id=operator.user.pk).exists()


def test_remarks_are_asked_beside_fields_and_read_there(client, operator):
    row = sent()
    address = url("operator_application_correct", operator, row.pk)
    page = text(client.get(address))
    assert "Depuis combien d’années" in page
    assert "à corriger" in text(client.post(address, {"field_1": "organisation:siret"}))
    assert "Choisissez à propos de quoi" in text(client.post(address, {"text_1": "Quoi ?"}))
    assert "Indiquez le motif" in text(client.post(address, {"message": " "}))
    remarks = {
        "field_1": "organisation:siret", "text_1": "Un autre établissement <b>.",
        "field_2": "questionnaire:improve", "text_2": "Dites-en plus.",
        "field_3": "pieces:insurance", "text_3": "Illisible.",
    }  # fmt: skip
    assert client.post(address, remarks).status_code == 302
    assert held(row).state == "correction"
    open_link(client, row)
    page = text(client.get(candidate_url("application_page", row)))
    assert "Une correction vous est demandée" in page
    assert "À corriger : Illisible." in page
    page = text(client.get(candidate_url("application_organisation", row)))
    assert "<b>À corriger : Un autre établissement &lt;b&gt;.</b>" in page
    assert "Dites-en plus." in text(client.get(candidate_url("application_section", row, "quality")))
    assert "Illisible." in text(client.get(candidate_url("application_papers", row)))
    assert row.organisation_name in text(client.get(url("operator_applications", operator), {"etat": "correction"}))


def test_a_remark_about_one_of_several_places_is_said_once_on_their_list(client, operator):
    alone, several = sent(), fill(begin())
    with holding(several) as mine:
        candidacy.save_site(application=mine, **place(name="Le Second"))
    send(several)
    for row in (alone, several):
        with acting(operator.principal):
            decisions.ask_correction(application=row, remarks={"lieux:address": "Il manque le numéro."})
        open_link(client, row)
        assert text(client.get(candidate_url("application_sites", row))).count("Il manque le numéro.") == 1
        with holding(row) as mine:
            pages = [candidate_url("application_site", row, site.pk) for site in mine.sites.all()]
        for page in (*pages, candidate_url("application_site_create", row)):
            said = "Il manque le numéro." in text(client.get(page))
            assert said == (row is alone and page in pages), page
    assert "Vos lieux (dites lequel)" in text(client.get(url("operator_application_correct", operator, several.pk)))
    assert "(dites lequel)" not in text(client.get(url("operator_application_correct", operator, alone.pk)))


def test_an_appeal_goes_from_one_page_to_the_other(client, operator):
    row = sent()
    with acting(operator.principal):
        services.refuse(application=row, reason="Hors du périmètre.")
    open_link(client, row)
    page = text(client.get(candidate_url("application_page", row)))
    assert "Hors du périmètre." in page
    appeal = candidate_url("application_appeal", row)
    assert "Hors du périmètre." in text(client.get(appeal))
    assert "à corriger" in text(client.post(appeal, {}))
    assert client.post(appeal, {"text": "Relisez."}).status_code == 302
    page = text(client.get(candidate_url("application_page", row)))
    for words in (
        "Votre recours est à l’examen",
        "Une seconde personne l’examine",
        "C’est à <b>l’opérateur</b>",
        DELAY,
    ):
        assert words in page, words
    assert "Vous pouvez demander qu’une seconde personne" not in page
    page = text(client.get(url("operator_applications", operator), {"etat": "recours"}))
    assert "Recours (1)" in page
    assert row.organisation_name in page
    assert "une autre personne doit l’examiner" in text(client.get(url("operator_application", operator, row.pk)))
    answer = url("operator_appeal_answer", operator, row.pk)
    said = {"granted": "yes", "answer": "Nous l’avions manqué."}
    assert "une autre personne doit examiner" in text(client.post(answer, said))
    second = make_operator()
    second.log_in(client)
    assert "Relisez." in text(client.get(answer))
    assert client.post(answer, said).status_code == 302
    assert held(row).state == "submitted"
    file = url("operator_application", operator, row.pk)
    assert "Demander une correction" in text(client.get(file))
    operator.log_in(client)
    page = text(client.get(file))
    assert "Une autre personne répondra à ce dossier." in page
    assert "Demander une correction" not in page
    open_link(client, row)
    assert "Nous l’avions manqué." in text(client.get(candidate_url("application_page", row)))


def test_after_a_dismissal_no_appeal_is_offered(client, operator):
    row, second = sent(), make_operator()
    with acting(operator.principal):
        services.refuse(application=row, reason="Hors du périmètre.")
    open_link(client, row)
    page = text(client.get(candidate_url("application_page", row)))
    assert "Vous pouvez demander qu’une seconde personne l’examine" in page
    assert DELAY not in page  # nobody owes an answer
    with holding(row) as mine:
        candidacy.appeal(application=mine, text="Relisez.")
    with acting(second.principal):
        decisions.answer_appeal(application=row, granted=False, answer="Confirmé.")
    page = text(client.get(candidate_url("application_page", row)))
    assert "Deux personnes ont examiné votre dossier." in page
    assert "Confirmé." in page
    for words in ("seconde personne l’examine", "Demander un second examen", "de jouer"):
        assert words not in page, words


def test_a_second_refusal_is_the_last_word_and_says_so(client, operator, mailoutbox):
    row = sent()
    with acting(make_operator().principal):
        services.refuse(application=row, reason="Hors du périmètre.")
    refuse = url("operator_application_refuse", operator, row.pk)
    assert "réexamine" in text(client.get(refuse))
    with holding(row) as mine:
        candidacy.appeal(application=mine, text="Relisez.")
    with acting(operator.principal):
        decisions.answer_appeal(application=row, granted=True, answer="À revoir.")
    assert "cette réponse est la dernière" in text(client.get(refuse))
    assert client.post(refuse, {"reason": "Vérifié : fermé au public."}).status_code == 302
    open_link(client, row)
    assert "Deux personnes ont examiné" in text(client.get(candidate_url("application_page", row)))
    refusals = [letter for letter in delivered(mailoutbox) if "Nous ne pouvons pas retenir" in letter]
    assert ["Vous pouvez demander qu’une seconde personne" in letter for letter in refusals] == [True, False]


def test_whoever_has_the_ball_the_usual_delay_is_said(client, operator):
    row = sent()
    open_link(client, row)
    address = candidate_url("application_page", row)
    assert DELAY in text(client.get(address))
    with acting(operator.principal):
        decisions.ask_correction(application=row, remarks={}, message="Presque.")
    assert DELAY in text(client.get(address))
    send(row)
    with acting(operator.principal):
        services.put_on_waiting_list(application=row, reason="Complet.")
    page = text(client.get(address))
    assert "personne ne peut dire quand" in page
    assert DELAY not in page


def test_an_appeal_that_nobody_lodged_is_not_answered(client, operator):
    assert client.get(url("operator_appeal_answer", operator, sent().pk)).status_code == 404


def test_finance_reads_the_file_and_answers_nothing(client):
    finance = make_operator(Role.FINANCE)
    finance.log_in(client)
    row = sent()
    page = text(client.get(url("operator_application", finance, row.pk)))
    assert "Demander une correction" not in page
    assert "Attribuer" not in page
    for name in ("operator_application_correct", "operator_appeal_answer"):
        assert client.get(url(name, finance, row.pk)).status_code == 403
    assert client.post(url("operator_application_assign", finance, row.pk)).status_code == 403


def test_strangers_open_no_paper_and_no_file(client):
    operator, row = make_operator(), sent()
    with acting(OPERATOR):
        paper = row.documents.first()
    make_funder().log_in(client)
    assert client.get(url("operator_application_paper", operator, paper.pk)).status_code == 404
    assert client.get(url("operator_application_correct", operator, row.pk)).status_code == 404


def test_a_draft_is_no_file_of_the_operators_yet(client, operator):
    row = begin()
    assert client.get(url("operator_application", operator, row.pk)).status_code == 404


def test_the_queue_and_a_file_cost_the_same_however_many(client, operator):
    row = sent()
    pages = [url("operator_applications", operator), url("operator_application", operator, row.pk)]
    counted(client, pages[0])
    before = [counted(client, page) for page in pages]
    for _ in range(3):
        sent()
    assert [counted(client, page) for page in pages] == before
    assert before[0] <= 16
    assert before[1] <= 34
