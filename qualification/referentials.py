"""Versions of the questionnaire, of the charter and of the terms: prepared by the operator, published, then final."""

import uuid
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from actors.permissions import check_decider
from aptic.audit.services import record
from aptic.locks import Lock, wait_lock
from aptic.tenancy.principal import current
from qualification import rules
from qualification.errors import CannotPublish, NoDraft, PartTakenOut
from qualification.referential_models import LegalText, Referential, Weighting

State = Referential.State


def in_force() -> Referential | None:
    """The version that whoever applies today answers."""
    return Referential.objects.published().first()


def texts_in_force() -> list[LegalText]:
    """The charter and the terms of today, in that order; a kind that was never published is not asked for."""
    found = (LegalText.objects.published().filter(kind=kind).first() for kind in LegalText.Kind)
    return [text for text in found if text is not None]


@transaction.atomic
def prepare_version(*, at: datetime | None = None) -> Referential:
    """The draft of the next version, copied from the one in force, or the draft that exists. Raises NotAllowed."""
    check_decider()
    wait_lock(Lock.VERSIONS)  # two people at once: the second one's draft is the first one's
    if draft := Referential.objects.draft().first():
        return draft
    former = in_force()
    content = deepcopy(former.content) if former else {"sections": []}
    number = former.number + 1 if former else 1
    draft = Referential(number=number, content=content, created_at=at or timezone.now())
    draft.save(force_insert=True)
    source = Weighting.objects.filter(referential=former).first() if former else None
    weights = Weighting(
        referential=draft,
        points=deepcopy(source.points) if source else {},
        pass_mark=source.pass_mark if source else 50,
    )
    weights.save(force_insert=True)
    record(verb="referential_prepared", target=draft)
    return draft


@transaction.atomic
def save_section(*, referential: Referential, key: str = "", title: str, intro: str = "") -> str:
    """Change a section of the draft, or add one when `key` is empty; returns its key.

    Raises NotAllowed, NoDraft and PartTakenOut.
    """
    made = key or f"s{uuid.uuid4().hex[:6]}"

    def write(content: dict[str, Any], points: dict[str, Any]) -> None:
        if not key:
            content["sections"].append({"key": made, "questions": []})
        _section(content, made).update(title=title.strip(), intro=intro.strip())

    _edit(referential, write, "sections")
    return made


@transaction.atomic
def save_question(*, referential: Referential, section: str, question: dict[str, Any], points: dict[str, int]) -> str:
    """Change a question of the draft or, when its key is new or empty, add it at the end of `section`; returns its key.

    `question` has the shape that `rules.py` reads. Raises NotAllowed, NoDraft and PartTakenOut.
    """
    key = question.get("key") or f"q{uuid.uuid4().hex[:6]}"

    def write(content: dict[str, Any], weights: dict[str, Any]) -> None:
        home = _section(content, section)
        written = {**question, "key": key}
        place = next((n for n, one in enumerate(home["questions"]) if one["key"] == key), None)
        if place is None:
            home["questions"].append(written)
        else:
            home["questions"][place] = written
        weights.pop(key, None)
        if points:
            weights[key] = points

    _edit(referential, write, "questions")
    return key


@transaction.atomic
def move_question(*, referential: Referential, key: str, by: int) -> None:
    """Move a question up (-1) or down (1) in its section. Raises NotAllowed and NoDraft."""

    def write(content: dict[str, Any], points: dict[str, Any]) -> None:
        for section in content["sections"]:
            found = section["questions"]
            place = next((n for n, one in enumerate(found) if one["key"] == key), None)
            if place is not None and 0 <= place + by < len(found):
                found[place], found[place + by] = found[place + by], found[place]

    _edit(referential, write, "questions")


@transaction.atomic
def remove_question(*, referential: Referential, key: str) -> None:
    """Take a question out of the draft, and a section with its last one. Raises NotAllowed and NoDraft."""

    def write(content: dict[str, Any], points: dict[str, Any]) -> None:
        for section in content["sections"]:
            section["questions"] = [one for one in section["questions"] if one["key"] != key]
        content["sections"] = [section for section in content["sections"] if section["questions"]]
        points.pop(key, None)

    _edit(referential, write, "questions")


@transaction.atomic
def publish_version(*, referential: Referential, note: str, pass_mark: int, at: datetime | None = None) -> Referential:
    """Put the draft in force: new applications answer it, those begun before keep theirs. It never changes again.

    Raises NotAllowed, NoDraft and CannotPublish, which says what to mend.
    """
    check_decider()
    draft = _draft(referential)
    weights = Weighting.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if wrong := rules.faults(draft.content, weights.points):
        raise CannotPublish(" ".join(wrong))
    weights.pass_mark = pass_mark
    weights.save(update_fields=["pass_mark"])
    draft.state, draft.note = State.PUBLISHED, note.strip()
    draft.published_at, draft.published_by = at or timezone.now(), current().person_id
    draft.save(update_fields=["state", "note", "published_at", "published_by"])
    record(verb="referential_published", target=draft, fields=("content", "points", "pass_mark"))
    return draft


@transaction.atomic
def write_text(*, kind: str, body: str, at: datetime | None = None) -> LegalText:
    """Write the next version of the charter or of the terms, not yet in force. Raises NotAllowed."""
    check_decider()
    wait_lock(Lock.VERSIONS)
    # Held: a draft that is published meanwhile is final, and what is written here is the version after it.
    text = LegalText.objects.draft().select_for_update(of=("self",)).filter(kind=kind).first()
    if text is None:
        former = LegalText.objects.filter(kind=kind).order_by("-number").first()
        text = LegalText(kind=kind, number=former.number + 1 if former else 1, created_at=at or timezone.now())
    text.body = body.strip()
    text.save()
    record(verb="legal_text_written", target=text, fields=("body",))
    return text


@transaction.atomic
def publish_text(*, text: LegalText, at: datetime | None = None) -> LegalText:
    """Put a text in force for whoever applies from now on. It never changes again. Raises NotAllowed and NoDraft."""
    check_decider()
    draft = LegalText.objects.draft().select_for_update(of=("self",)).filter(pk=text.pk).first()
    if draft is None:
        raise NoDraft
    draft.published_at, draft.published_by = at or timezone.now(), current().person_id
    draft.save(update_fields=["published_at", "published_by"])
    record(verb="legal_text_published", target=draft, fields=("body",))
    return draft


def _section(content: dict[str, Any], key: str) -> dict[str, Any]:
    """One section of a draft that is held. Raises PartTakenOut."""
    section = next((one for one in content["sections"] if one["key"] == key), None)
    if section is None:
        raise PartTakenOut
    return section


def _draft(referential: Referential) -> Referential:
    """The draft, held until the change commits. Raises NoDraft."""
    draft = Referential.objects.draft().select_for_update(of=("self",)).filter(pk=referential.pk).first()
    if draft is None:
        raise NoDraft
    return draft


def _edit(referential: Referential, write: Callable[[dict[str, Any], dict[str, Any]], None], field: str) -> None:
    """Let `write` change content and points of the draft in place."""
    check_decider()
    draft = _draft(referential)
    weights = Weighting.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    write(draft.content, weights.points)
    draft.save(update_fields=["content"])
    weights.save(update_fields=["points"])
    record(verb="referential_edited", target=draft, fields=(field,))
