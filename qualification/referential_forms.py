"""What the operator types to prepare a version: parts, questions with what each answer is worth, texts."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from aptic.forms import DomainForm
from qualification import rules
from qualification.referential_models import LegalText

WORTH = 100  # points: beyond, one answer decides alone


class SectionForm(DomainForm):
    """A part of the questionnaire."""

    title = forms.CharField(label="Titre de la partie", max_length=80)
    intro = forms.CharField(label="Phrase d’introduction", max_length=240, required=False)


class QuestionForm(DomainForm):
    """A question, its answers and their worth."""

    text = forms.CharField(label="Question", max_length=240)
    hint = forms.CharField(label="Aide sous la question", max_length=240, required=False)
    kind = forms.ChoiceField(label="Type de réponse", choices=tuple(rules.KINDS.items()))
    required = forms.BooleanField(label="Réponse obligatoire", required=False, initial=True)
    answers = forms.CharField(
        label="Réponses et points",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 6}),
        help_text="Une par ligne : « nom | libellé | points ». Pour oui ou non : « yes | 3 ». Pour un nombre : "
        "« 4 | 2 » donne deux points à partir de quatre. Pour un texte, rien.",
    )
    depends_on = forms.ChoiceField(label="Posée seulement selon la réponse à", required=False)
    depends_values = forms.CharField(
        label="Si la réponse est", max_length=200, required=False, help_text="Les noms des réponses, entre virgules."
    )

    def __init__(self, *args: Any, others: list[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(one["key"], one["text"]) for one in others if rules.choices_of(one)]
        self.fields["depends_on"].choices = [("", "Toujours posée"), *known]  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, question: Mapping[str, Any], points: Mapping[str, int]) -> dict[str, Any]:
        """What the form shows of a question that exists."""
        condition = question.get("condition") or {"question": "", "values": []}
        if question["kind"] in rules.WITH_CHOICES:
            lines = [f"{one['key']} | {one['label']} | {points.get(one['key'], 0)}" for one in question["choices"]]
        else:
            lines = [f"{key} | {worth}" for key, worth in points.items()]
        return {
            "text": question["text"],
            "hint": question.get("hint", ""),
            "kind": question["kind"],
            "required": question.get("required", False),
            "answers": "\n".join(lines),
            "depends_on": condition["question"],
            "depends_values": ", ".join(condition["values"]),
        }

    def clean(self) -> dict[str, Any]:
        """Read the lines as the type of the question asks."""
        data = super().clean() or {}
        try:
            data["choices"], data["points"] = read_lines(data.get("kind", ""), data.get("answers", ""))
        except ValidationError as error:
            self.add_error("answers", error)
        return data

    @property
    def question(self) -> dict[str, Any]:
        """The question as `rules.py` reads it, without its key."""
        data = self.cleaned_data
        values = [each.strip() for each in data["depends_values"].split(",") if each.strip()]
        condition = {"question": data["depends_on"], "values": values} if data["depends_on"] else None
        return {
            "text": data["text"],
            "hint": data["hint"],
            "kind": data["kind"],
            "required": data["required"],
            "choices": data["choices"],
            "condition": condition,
        }


def read_lines(kind: str, typed: str) -> tuple[list[dict[str, str]], dict[str, int]]:
    """Choices and points from lines « name | label | points » (or « name | points »). Raises ValidationError."""
    choices, points, parts = [], {}, 3 if kind in rules.WITH_CHOICES else 2
    for line in filter(None, (each.strip() for each in typed.splitlines())):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != parts or not re.fullmatch(r"-?\d{1,3}", cells[-1]) or abs(int(cells[-1])) > WORTH:
            raise ValidationError(f"Cette ligne n’est pas comprise : « {line} ».")
        if not re.fullmatch(r"\d{1,6}" if kind == "number" else r"[a-z0-9_]{1,30}", cells[0]):
            raise ValidationError(f"« {cells[0]} » n’est pas un nom de réponse : minuscules, chiffres et _ seulement.")
        if cells[0] in points:
            raise ValidationError(f"« {cells[0]} » est écrit deux fois.")
        points[cells[0]] = int(cells[-1])
        if parts == 3:
            choices.append({"key": cells[0], "label": cells[1]})
    return choices, points


class PublishForm(DomainForm):
    """What changes, and the mark under which a file deserves a conversation."""

    note = forms.CharField(label="Ce qui change", max_length=400, widget=forms.Textarea({"rows": 3}))
    pass_mark = forms.IntegerField(
        label="Seuil conseillé, en pourcentage",
        min_value=0,
        max_value=100,
        widget=forms.NumberInput({"class": "w-1", "inputmode": "numeric"}),
        help_text="En dessous, la page du dossier le signale. La décision reste la vôtre.",
    )


class LegalTextForm(DomainForm):
    """The text of the charter or of the terms."""

    body = forms.CharField(
        label="Texte",
        max_length=LegalText._meta.get_field("body").max_length,
        widget=forms.Textarea({"rows": 24}),
        help_text="Un paragraphe par bloc, séparés par une ligne vide.",
    )
