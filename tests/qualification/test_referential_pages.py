"""The operator reads, prepares and publishes versions from its pages."""

import pytest
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.tenancy.principal import acting
from qualification import referentials, rules
from qualification.models import LegalText, Referential
from qualification.referential_forms import read_lines
from qualification.views import operator_referential
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.test_pages import counted, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    person = make_operator()
    person.log_in(client)
    return person


def draft():
    with acting(OPERATOR):
        return Referential.objects.draft().first()


def test_each_answer_is_shown_with_its_worth_to_whoever_audits(client):
    person = make_operator(Role.FINANCE)
    person.log_in(client)
    page = text(client.get(url("operator_referentials", person)))
    assert "Version 1" in page
    assert "Préparer une nouvelle version" not in page
    with acting(OPERATOR):
        first = referentials.in_force()
    page = text(client.get(url("operator_referential", person, first.pk)))
    assert "À toute personne qui se présente" in page
    assert "<b>5 points</b>" in page
    assert "Si, à « Qui accompagne les personnes ? », la réponse est" in page
    assert "Modifier" not in page
    assert client.post(url("operator_referential_prepare", person)).status_code == 403


def test_a_version_is_prepared_and_published_from_the_pages(client, operator):
    assert client.post(url("operator_referential_prepare", operator)).status_code == 302
    version = draft()
    address = url("operator_referential", operator, version.pk)
    assert "Publier cette version" in text(client.get(address))
    made = client.post(url("operator_section_create", operator, version.pk), {"title": "Les animaux"})
    assert "Nouvelle question" in text(client.get(made.url))
    data = {
        "text": "Recevez-vous les chiens ?", "kind": "choice", "required": "on",
        "answers": "guide | Les chiens guides | 3\nno | Non | 0", "depends_on": "public", "depends_values": "everybody",
    }  # fmt: skip
    page = text(client.post(made.url, data | {"answers": "guide : 3"}))
    assert "Cette ligne n’est pas comprise" in page
    assert client.post(made.url, data).status_code == 302
    page = text(client.get(address))
    assert "Recevez-vous les chiens ?" in page
    assert "la réponse est « À toute personne qui se présente »" in page
    question = list(rules.questions_of(draft().content))[-1]
    section = draft().content["sections"][-1]["key"]
    edit = url("operator_question", operator, version.pk, section, question["key"])
    assert "guide | Les chiens guides | 3" in text(client.get(edit))
    assert client.post(edit, data | {"text": "Et les chats ?"}).status_code == 302
    move = url("operator_question_move", operator, version.pk, "follow_up")
    for wish in ("up", "down", "other"):
        assert client.post(move, {"wish": wish}).status_code == 302
    assert client.post(move, {"wish": "remove"}).status_code == 302
    rename = url("operator_section", operator, version.pk, section)
    assert client.post(rename, {"title": "Les bêtes"}).status_code == 302
    publish = url("operator_referential_publish", operator, version.pk)
    assert "à corriger" in text(client.post(publish, {"note": "", "pass_mark": "101"}))
    assert client.post(publish, {"note": "Les animaux.", "pass_mark": "55"}).status_code == 302
    page = text(client.get(address))
    assert "Et les chats ?" in page
    assert "Les bêtes" in page
    assert "Modifier" not in page
    for late in (edit, publish, rename):
        assert client.get(late).status_code == 404


def test_what_cannot_be_published_says_what_to_mend(client, operator):
    client.post(url("operator_referential_prepare", operator))
    version = draft()
    move = url("operator_question_move", operator, version.pk, "team")
    client.post(move, {"wish": "remove"})  # « supervision » hangs on it
    assert "À corriger avant de publier" in text(client.get(url("operator_referential", operator, version.pk)))
    publish = url("operator_referential_publish", operator, version.pk)
    assert "ne vient pas avant elle" in text(client.post(publish, {"note": "Essai", "pass_mark": "50"}))


def test_a_text_is_written_and_published_from_the_pages(client, operator):
    write = url("operator_legal_text_write", operator, "charter")
    assert "sans distinction" in text(client.get(write))
    assert client.post(write, {"body": "Une seule phrase."}).status_code == 302
    with acting(OPERATOR):
        made = LegalText.objects.draft().get()
    page = text(client.get(url("operator_legal_text", operator, made.pk)))
    assert "Une seule phrase." in page
    assert client.post(url("operator_legal_text_publish", operator, made.pk)).status_code == 302
    assert "Publiée le" in text(client.get(url("operator_legal_text", operator, made.pk)))
    assert client.get(url("operator_legal_text_write", operator, "poem")).status_code == 404


def test_only_a_manager_publishes(client):
    agent = make_operator(Role.AGENT)
    agent.log_in(client)
    client.post(url("operator_referential_prepare", agent))
    assert client.get(url("operator_referential_publish", agent, draft().pk)).status_code == 403


def test_addresses_of_nothing_are_nothing(client, operator):
    client.post(url("operator_referential_prepare", operator))
    version = draft()
    for address in (
        url("operator_section", operator, version.pk, "nothing"),
        url("operator_question_create", operator, version.pk, "nothing"),
        url("operator_question", operator, version.pk, "quality", "nothing"),
    ):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("page", ["section", "question"])
def test_a_part_that_a_colleague_takes_out_while_one_writes_it(client, operator, monkeypatch, page):
    with acting(operator.principal):
        version = referentials.prepare_version()
        part = referentials.save_section(referential=version, title="Les chats")
        said = {"key": "", "text": "Un chat ?", "kind": "yes_no", "choices": [], "condition": None}
        alone = referentials.save_question(referential=version, section=part, question=said, points={})
    read = operator_referential._draft

    def and_then_removed(pk):
        found = read(pk)
        referentials.remove_question(referential=found, key=alone)
        return found

    monkeypatch.setattr(operator_referential, "_draft", and_then_removed)
    name = "operator_section" if page == "section" else "operator_question_create"
    typed = {"title": "Les bêtes", "text": "Un chien ?", "kind": "yes_no", "answers": "yes | 2"}
    answer = text(client.post(url(name, operator, version.pk, part), typed))
    assert "Cette partie du questionnaire a été retirée entre-temps." in answer
    assert ("Les bêtes" if page == "section" else "Un chien ?") in answer  # what was typed is still there


def test_strangers_do_not_read_the_weights(client):
    operator, stranger = make_operator(), make_funder()
    with acting(OPERATOR):
        first = referentials.in_force()
    stranger.log_in(client)
    assert client.get(url("operator_referential", operator, first.pk)).status_code == 404
    client.logout()
    assert client.get(reverse("operator_referentials", args=[operator.organisation.pk])).status_code == 302


def test_the_list_of_versions_costs_the_same_queries_however_long(client, operator):
    address = url("operator_referentials", operator)
    counted(client, address)  # the first page of a session writes it
    before = counted(client, address)
    with acting(operator.principal):
        for _ in range(3):
            made = referentials.prepare_version()
            referentials.publish_version(referential=made, note="Encore.", pass_mark=50)
    assert counted(client, address) == before <= 15


@pytest.mark.parametrize(
    ("kind", "typed", "choices", "points"),
    [
        ("choice", "a | Un | 3\n\n b | Deux | -1 ", ["a", "b"], {"a": 3, "b": -1}),
        ("yes_no", "yes | 2", [], {"yes": 2}),
        ("number", "4 | 2\n10 | 5", [], {"4": 2, "10": 5}),
        ("text", "", [], {}),
    ],
)
def test_lines_are_read(kind, typed, choices, points):
    read, worth = read_lines(kind, typed)
    assert ([each["key"] for each in read], worth) == (choices, points)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("choice", "a | 3"), ("choice", "A é | Un | 3"), ("choice", "a | Un | mille"), ("choice", "a | Un | 101"),
     ("number", "a | 3"), ("choice", "a | Un | 1\na | Deux | 2")],
)  # fmt: skip
def test_lines_that_mean_nothing_are_refused(kind, typed):
    with pytest.raises(Exception, match=r"comprise|nom de réponse|deux fois"):
        read_lines(kind, typed)
