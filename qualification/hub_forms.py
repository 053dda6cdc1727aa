"""What is typed about a hub: its plan, a task, who runs it."""

from django import forms

from aptic.forms import DateField, DomainForm
from qualification.models import PlanTask


class PlanForm(DomainForm):
    """The diagnosis, and the day that is aimed at."""

    diagnosis = forms.CharField(
        label="Diagnostic",
        max_length=4000,
        required=False,
        help_text="Ce que vivent les habitants, qui les aide déjà, ce qui manque : quelques phrases partagées.",
        widget=forms.Textarea({"rows": 8}),
    )
    aimed_on = DateField(
        label="Jour visé", required=False, help_text="Le jour où le territoire devrait être opérationnel."
    )


class TaskForm(DomainForm):
    """One thing to do."""

    step = forms.ChoiceField(label="Étape", choices=PlanTask.Step.choices, widget=forms.RadioSelect())
    text = forms.CharField(
        label="Ce qu’il faut faire", max_length=200, help_text="Un verbe : « Rencontrer la mission locale »."
    )
    note = forms.CharField(
        label="Ce qu’il faut savoir", max_length=300, required=False, widget=forms.Textarea({"rows": 3})
    )
    who = forms.CharField(
        label="Par qui", max_length=120, required=False, help_text="Une personne ou une structure, d’ici ou d’ailleurs."
    )
    due_on = DateField(label="Avant le", required=False, help_text="Ce jour-là est encore à temps.")


class InviteForm(DomainForm):
    """One more person who runs an organisation."""

    email = forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        help_text="Elle reçoit un lien valable 14 jours, et dirigera cette organisation.",
    )
