"""What a person types about incidents, the guarantee, held lines, late voids and ceilings."""

from typing import Any

from django import forms

from aptic.forms import DateField, DomainForm, EurosField
from passes import incident_rules
from passes.models import Incident

WORDS = forms.Textarea(attrs={"rows": 3})
MOST_CEILING_CENTS = 1_000_000  # 10,000 €: more than any counter takes in three days; beyond, somebody forgot a comma


class DecisionForm(DomainForm):
    """What the first person proposes; the rule's own answer comes first and is ticked."""

    decision = forms.ChoiceField(label="Décision", widget=forms.RadioSelect)
    note = forms.CharField(label="Pourquoi", max_length=300, required=False, widget=WORDS)

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = incident_rules.decisions(incident.kind, incident.bearer)
        needed = [str(one.label) for one in offered if incident_rules.needs_reason(incident.kind, incident.bearer, one)]
        self.fields["decision"].choices = [(one.value, one.label) for one in offered]  # type: ignore[attr-defined]
        self.fields["decision"].initial = offered[0].value
        if needed:
            self.fields["note"].help_text = f"Obligatoire pour « {needed[0]} » ; les deux personnes le lisent."


class RepaymentForm(DomainForm):
    """The actor's transfer, as the bank's paper names it."""

    bank_reference = forms.CharField(label="Référence du virement", max_length=60)


class FundingForm(DomainForm):
    """Money put into the guarantee."""

    amount_cents = EurosField(label="Montant", help_text="En euros.")
    bank_reference = forms.CharField(
        label="Référence du virement", help_text="Telle que la banque l’imprime.", max_length=60
    )
    received_on = DateField(label="Reçu le")


class CeilingForm(DomainForm):
    """How far a device may go without a network."""

    amount_cents = EurosField(
        label="Montant", help_text="En euros, par appareil.", min_cents=0, max_cents=MOST_CEILING_CENTS
    )
    passes = forms.IntegerField(
        label="Nombre de pass", min_value=0, max_value=10_000, widget=forms.NumberInput(attrs={"class": "w-1"})
    )
    hours = forms.IntegerField(
        label="Heures sans réseau",
        help_text="De 1 à 72. Les deux premiers chiffres comptent sur cette durée.",
        min_value=1,
        max_value=int(incident_rules.GRACE.total_seconds() // 3600),
        widget=forms.NumberInput(attrs={"class": "w-1"}),
    )


class JudgementForm(DomainForm):
    """Held lines ticked on the page, and why they are refused."""

    lines = forms.MultipleChoiceField(
        label="Encaissements", error_messages={"required": "Cochez au moins un encaissement."}
    )
    reason = forms.CharField(
        label="Motif, si vous refusez", help_text="L’acteur le lit.", max_length=300, required=False
    )

    def __init__(self, *args: Any, waiting: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = [(key, key) for key in waiting]  # type: ignore[attr-defined]


class AnswerForm(DomainForm):
    """Why a request is refused."""

    answer = forms.CharField(label="Pourquoi refuser", max_length=300, widget=WORDS)


class AskForm(DomainForm):
    """Why a redemption should be undone."""

    reason = forms.CharField(label="Pourquoi annuler", max_length=300, widget=WORDS)
