"""The operator's space: read every version with its weights, prepare the next one, publish it."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from qualification import referentials, rules
from qualification.referential_forms import LegalTextForm, PublishForm, QuestionForm, SectionForm
from qualification.referential_models import LegalText, Referential

DECIDERS = (Role.MANAGER, Role.AGENT)
MANAGERS = (Role.MANAGER,)


@require_safe
@space(Hat.OPERATOR)
def version_list(request: HttpRequest) -> HttpResponse:
    """Every version of the questionnaire and of the two texts, the latest first."""
    context = {
        "referentials": Referential.objects.order_by("-number"),
        "draft": Referential.objects.draft().first(),
        "texts": LegalText.objects.order_by("kind", "-number"),
        "kinds": LegalText.Kind.choices,
        "may_decide": request.principal.role in DECIDERS,
    }
    return render(request, "qualification/operator/referential/list.html", context)


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def version_prepare(request: HttpRequest) -> HttpResponse:
    """Copy the version in force into a draft, or go on with the draft."""
    draft = referentials.prepare_version()
    return redirect("operator_referential", request.organisation.pk, draft.pk)


@require_safe
@space(Hat.OPERATOR)
def version_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One version: each question, each answer and what it is worth."""
    referential = get_object_or_404(Referential.objects.select_related("weighting"), pk=pk)
    points = referential.weighting.points
    context = {
        "referential": referential,
        "sections": [
            {**section, "questions": [_shown(one, points, referential.content) for one in section["questions"]]}
            for section in referential.content["sections"]
        ],
        "maximum": rules.score(referential.content, points, {}).maximum,
        "is_draft": referential.state == Referential.State.DRAFT,
        "faults": rules.faults(referential.content, points),
        "may_decide": request.principal.role in DECIDERS,
        "may_publish": request.principal.role in MANAGERS,
    }
    return render(request, "qualification/operator/referential/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def section_edit(request: HttpRequest, pk: uuid.UUID, key: str = "") -> HttpResponse:
    """Add a part to the draft or rename one."""
    referential = _draft(pk)
    section: dict[str, Any] = next((one for one in referential.content["sections"] if one["key"] == key), {})
    if key and not section:
        raise Http404
    form = SectionForm(request.POST or None, initial=section)
    if request.method == "POST" and form.is_valid():
        try:
            made = referentials.save_section(referential=referential, key=key, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            if not key:  # a part without a question says nothing: go straight to its first
                return redirect("operator_question_create", request.organisation.pk, pk, made)
            return redirect("operator_referential", request.organisation.pk, pk)
    context = {"form": form, "referential": referential, "title": section.get("title") or "Nouvelle partie"}
    return render(request, "qualification/operator/referential/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def question_edit(request: HttpRequest, pk: uuid.UUID, section: str, key: str = "") -> HttpResponse:
    """Add a question to a part of the draft or change one."""
    referential = _draft(pk)
    home = next((one for one in referential.content["sections"] if one["key"] == section), None)
    if home is None:
        raise Http404
    question = next((one for one in home["questions"] if one["key"] == key), None)
    if key and question is None:
        raise Http404
    points = referential.weighting.points.get(key, {})
    others = [one for one in rules.questions_of(referential.content) if one["key"] != key]
    initial = QuestionForm.initial_of(question, points) if question else {}
    form = QuestionForm(request.POST or None, initial=initial, others=others)
    if request.method == "POST" and form.is_valid():
        try:
            referentials.save_question(
                referential=referential,
                section=section,
                question={**form.question, "key": key},
                points=form.cleaned_data["points"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("operator_referential", request.organisation.pk, pk)
    context = {"form": form, "referential": referential, "title": question["text"] if question else "Nouvelle question"}
    return render(request, "qualification/operator/referential/form.html", context)


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def question_move(request: HttpRequest, pk: uuid.UUID, key: str) -> HttpResponse:
    """One place up, one place down, or out, by the button pressed."""
    referential, wish = _draft(pk), request.POST.get("wish")
    if wish == "remove":
        referentials.remove_question(referential=referential, key=key)
    elif wish in ("up", "down"):
        referentials.move_question(referential=referential, key=key, by=-1 if wish == "up" else 1)
    return redirect("operator_referential", request.organisation.pk, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=MANAGERS)
def version_publish(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what publishing does, ask what changes, publish."""
    referential = _draft(pk)
    form = PublishForm(request.POST or None, initial={"pass_mark": referential.weighting.pass_mark})
    if request.method == "POST" and form.is_valid():
        try:
            done = referentials.publish_version(referential=referential, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"La version {done.number} est en vigueur pour les nouvelles candidatures.")
            return redirect("operator_referential", request.organisation.pk, pk)
    context = {"form": form, "referential": referential}
    return render(request, "qualification/operator/referential/publish.html", context)


@require_safe
@space(Hat.OPERATOR)
def text_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One version of the charter or of the terms."""
    context = {"text": get_object_or_404(LegalText, pk=pk), "may_publish": request.principal.role in MANAGERS}
    return render(request, "qualification/operator/referential/text.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def text_edit(request: HttpRequest, kind: str) -> HttpResponse:
    """Write the next version of a text, from its draft or from the one in force."""
    if kind not in LegalText.Kind.values:
        raise Http404
    latest = LegalText.objects.filter(kind=kind).order_by("-number").first()
    form = LegalTextForm(request.POST or None, initial={"body": latest.body if latest else ""})
    if request.method == "POST" and form.is_valid():
        text = referentials.write_text(kind=kind, body=form.cleaned_data["body"])
        return redirect("operator_legal_text", request.organisation.pk, text.pk)
    context = {"form": form, "title": LegalText.Kind(kind).label}
    return render(request, "qualification/operator/referential/form.html", context)


@require_POST
@space(Hat.OPERATOR, roles=MANAGERS)
def text_publish(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Put a text in force."""
    text = referentials.publish_text(text=get_object_or_404(LegalText, pk=pk))
    messages.success(request, f"{text} : en vigueur pour les nouvelles candidatures.")
    return redirect("operator_legal_text", request.organisation.pk, pk)


def _draft(pk: uuid.UUID) -> Referential:
    return get_object_or_404(Referential.objects.draft().select_related("weighting"), pk=pk)


def _shown(question: Mapping[str, Any], points: Mapping[str, Any], content: rules.Content) -> dict[str, Any]:
    """A question as the page shows it: each answer beside its worth, and what it depends on in words."""
    worth = points.get(question["key"], {})
    if question["kind"] == "number":
        answers = [(f"à partir de {floor}", each) for floor, each in worth.items()]
    else:
        answers = [(one["label"], worth.get(one["key"], 0)) for one in rules.choices_of(question)]
    return {
        **question,
        "answers": answers,
        "kind_label": rules.KINDS[question["kind"]],
        "when": _when(question, content),
    }


def _when(question: Mapping[str, Any], content: rules.Content) -> str:
    condition = question.get("condition")
    if not condition:
        return ""
    other = next((one for one in rules.questions_of(content) if one["key"] == condition["question"]), None)
    if other is None:
        return ""
    labels = [f"« {one['label']} »" for one in rules.choices_of(other) if one["key"] in condition["values"]]
    return f"Si, à « {other['text']} », la réponse est {' ou '.join(labels)}."
