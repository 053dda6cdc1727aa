"""What the operator types to answer a file: remarks beside fields, the answer to an appeal."""

from typing import Any

from django import forms

from aptic.forms import DomainForm
from qualification import progress, rules
from qualification.candidacy_forms import AccountForm, OrganisationForm, PeopleForm, ProposedPlaceForm
from qualification.models import Application
from qualification.papers import NEEDED

LINES = 6  # remarks at once: a file that needs more deserves a call


def targets_of(application: Application) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every field that a remark can stand beside, in groups, as « part:field »; of several places, it names one."""
    forms_of = {"organisation": OrganisationForm, "personnes": PeopleForm, "lieux": ProposedPlaceForm}
    titles = dict(progress.TITLES)
    if application.sites.count() > 1:
        titles["lieux"] += " (dites lequel)"
    groups = [
        (titles[part], [(f"{part}:{name}", str(field.label)) for name, field in form.base_fields.items()])
        for part, form in forms_of.items()
    ]
    content = application.referential.content if application.referential else {}
    asked = rules.asked(content, application.answers)
    groups.append((progress.TITLES["questionnaire"], [(f"questionnaire:{one['key']}", one["text"]) for one in asked]))
    papers = NEEDED.get(application.legal_status, ())
    groups.append((progress.TITLES["pieces"], [(f"pieces:{kind.value}", kind.label) for kind in papers]))
    account = [(f"banque:{name}", str(field.label)) for name, field in AccountForm.base_fields.items()]
    groups.append((progress.TITLES["banque"], account))
    return [group for group in groups if group[1]]


class CorrectionForm(DomainForm):
    """A few remarks, each about one field, and a word for the whole."""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Rien"), *targets_of(application)]
        for number in range(1, LINES + 1):
            self.fields[f"field_{number}"] = forms.ChoiceField(
                label=f"Remarque {number} : à propos de", choices=choices, required=False
            )
            self.fields[f"text_{number}"] = forms.CharField(
                label=f"Remarque {number} : ce qu’il faut corriger", max_length=600, required=False
            )
        self.fields["message"] = forms.CharField(
            label="Pour l’ensemble",
            max_length=1000,
            required=False,
            help_text="Tel que la personne le lira.",
            widget=forms.Textarea({"rows": 3}),
        )

    def clean(self) -> dict[str, Any]:
        """A remark has its field and its words."""
        data = super().clean() or {}
        for number in range(1, LINES + 1):
            field, text = data.get(f"field_{number}"), data.get(f"text_{number}")
            if field and not text:
                self.add_error(f"text_{number}", "Dites ce qu’il faut corriger.")
            if text and not field:
                self.add_error(f"field_{number}", "Choisissez à propos de quoi.")
        return data

    @property
    def remarks(self) -> dict[str, str]:
        """Words by field; two about the same field are one."""
        found: dict[str, str] = {}
        for number in range(1, LINES + 1):
            if field := self.cleaned_data.get(f"field_{number}"):
                found[field] = " ".join(filter(None, (found.get(field), self.cleaned_data[f"text_{number}"])))
        return found


class AppealAnswerForm(DomainForm):
    """What the second person says."""

    granted = forms.ChoiceField(
        label="Après avoir relu le dossier",
        choices=(("yes", "Je remets la candidature à l’étude"), ("no", "Je confirme le refus")),
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label="Pourquoi",
        max_length=1000,
        help_text="Tel que la personne le lira.",
        widget=forms.Textarea({"rows": 4}),
    )
