"""Versions of the questionnaire and of the texts: prepared, published, then final; weights are the operator's alone."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting
from qualification import errors, referentials, rules
from qualification.models import LegalText, Referential, Weighting
from tests.factories import OPERATOR, make_funder, make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
PUBLIC = Principal(hat=Hat.PUBLIC)
QUESTION = {"key": "", "text": "Avez-vous un chat ?", "hint": "", "kind": "yes_no", "required": True,
            "choices": [], "condition": None}  # fmt: skip


@pytest.fixture
def deciding():
    with acting(make_operator().principal):
        yield


def prepare():
    return referentials.prepare_version()


def test_an_installation_starts_with_a_version_in_force():
    with acting(PUBLIC):
        assert referentials.in_force().number == 1
        assert [text.kind for text in referentials.texts_in_force()] == ["charter", "terms"]


def test_whoever_applies_reads_the_questions_and_never_the_weights():
    with acting(OPERATOR):
        assert Weighting.objects.get().points
    for principal in (PUBLIC, make_funder().principal):
        with acting(principal):
            assert Referential.objects.published().count() == 1
            assert not Weighting.objects.exists()


def test_a_draft_is_a_copy_that_nobody_else_sees(deciding):
    draft = prepare()
    assert (draft.number, draft.content) == (2, referentials.in_force().content)
    assert prepare().pk == draft.pk  # one at a time
    with acting(PUBLIC):
        assert not Referential.objects.filter(pk=draft.pk).exists()


def test_publishing_puts_the_next_version_in_force_and_leaves_the_first_alone(deciding):
    first = referentials.in_force()
    draft = prepare()
    key = referentials.save_question(referential=draft, section="quality", question=QUESTION, points={"yes": 2})
    referentials.publish_version(referential=draft, note=" Une question de plus. ", pass_mark=60)
    now = referentials.in_force()
    assert (now.number, now.note, now.weighting.pass_mark) == (2, "Une question de plus.", 60)
    assert key in [one["key"] for one in rules.questions_of(now.content)]
    assert now.weighting.points[key] == {"yes": 2}
    again = Referential.objects.get(pk=first.pk)
    assert (again.content, again.weighting.points) == (first.content, first.weighting.points)
    verbs = set(Event.objects.about(now).values_list("verb", flat=True))
    assert verbs == {"referential_prepared", "referential_edited", "referential_published"}


def test_a_question_is_changed_moved_and_removed(deciding):
    draft = prepare()
    section = referentials.save_section(referential=draft, title=" Les chats ")
    one = referentials.save_question(referential=draft, section=section, question=QUESTION, points={"yes": 2})
    two = referentials.save_question(referential=draft, section=section, question=QUESTION, points={})
    referentials.move_question(referential=draft, key=two, by=-1)
    referentials.move_question(referential=draft, key=two, by=-1)  # already first
    changed = {**QUESTION, "key": one, "text": "Un chien ?"}
    referentials.save_question(referential=draft, section=section, question=changed, points={"no": 1})
    draft.refresh_from_db()
    last = draft.content["sections"][-1]
    assert last["title"] == "Les chats"
    assert [each["text"] for each in last["questions"]] == ["Avez-vous un chat ?", "Un chien ?"]
    assert Weighting.objects.get(pk=draft.pk).points[one] == {"no": 1}
    for key in (one, two):
        referentials.remove_question(referential=draft, key=key)
    draft.refresh_from_db()
    assert section not in [each["key"] for each in draft.content["sections"]]
    assert one not in Weighting.objects.get(pk=draft.pk).points


def test_a_version_that_would_not_work_is_not_published(deciding):
    draft = prepare()
    broken = {**QUESTION, "condition": {"question": "nothing", "values": ["yes"]}}
    referentials.save_question(referential=draft, section="quality", question=broken, points={})
    with pytest.raises(errors.CannotPublish, match="ne vient pas avant elle"):
        referentials.publish_version(referential=draft, note="", pass_mark=50)


def test_a_published_version_is_not_edited(deciding):
    first = referentials.in_force()
    for work in (
        lambda: referentials.save_section(referential=first, title="Trop tard"),
        lambda: referentials.remove_question(referential=first, key="years"),
        lambda: referentials.publish_version(referential=first, note="", pass_mark=1),
        lambda: referentials.publish_text(text=LegalText.objects.first()),
    ):
        with pytest.raises(errors.NoDraft):
            work()


def test_only_those_who_decide_for_the_operator_prepare():
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal):
            for work in (prepare, lambda: referentials.write_text(kind="charter", body="Autre")):
                with pytest.raises(NotAllowed):
                    work()


def test_texts_have_versions_of_their_own(deciding):
    text = referentials.write_text(kind="charter", body=" Un. ")
    text = referentials.write_text(kind="charter", body="Deux.")
    assert (text.number, LegalText.objects.filter(kind="charter").count()) == (2, 2)
    with acting(PUBLIC):
        assert not LegalText.objects.filter(pk=text.pk).exists()
    referentials.publish_text(text=text)
    assert [each.number for each in referentials.texts_in_force()] == [2, 1]
    assert referentials.texts_in_force()[0].body == "Deux."


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE qualification_referential SET content = '{}'",
        "DELETE FROM qualification_referential",
        "UPDATE qualification_legaltext SET body = ''",
        "UPDATE qualification_weighting SET points = '{}'",
        "DELETE FROM qualification_weighting",
    ],
)
def test_nothing_changes_what_was_published(sql):
    with (
        acting(OPERATOR),
        pytest.raises(IntegrityError, match="a published version is final"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_the_database_holds_the_rules_of_versions(deciding):
    draft = prepare()
    for values, name in (
        ({"state": "published"}, "referential_published_iff_dated"),
        ({"published_at": timezone.now()}, "referential_published_iff_dated"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Referential.objects.filter(pk=draft.pk).update(**values)
    with pytest.raises(IntegrityError, match="one_draft_referential"), transaction.atomic():
        Referential(number=9, created_at=timezone.now()).save(force_insert=True)
    with pytest.raises(IntegrityError, match="weighting_pass_mark_percent"), transaction.atomic():
        Weighting.objects.filter(pk=draft.pk).update(pass_mark=101)
    referentials.write_text(kind="terms", body="Deux.")
    with pytest.raises(IntegrityError, match="one_draft_per_legal_text"), transaction.atomic():
        LegalText(kind="terms", number=9, body="", created_at=timezone.now()).save(force_insert=True)
