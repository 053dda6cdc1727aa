"""What a person types to answer an application, to set a cap."""

from typing import Any

from django import forms

from aptic.forms import DomainForm
from aptic.territories.forms import CommuneField
from qualification.services import MAX_CAP


class ReasonForm(DomainForm):
    """Why somebody is told no, in words that they will read."""

    def __init__(self, *args: Any, label: str, hint: str, max_length: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = forms.CharField(
            label=label, help_text=hint, max_length=max_length, widget=forms.Textarea({"rows": 4})
        )


class CapForm(DomainForm):
    """How many actors a territory feeds. The territory is asked for once, by any commune in it."""

    commune = CommuneField(
        label="Une commune de ce territoire",
        help_text="Le plafond vaut pour toute son intercommunalité. Écrivez un nom ou un code postal.",
    )
    cap = forms.IntegerField(
        label="Plafond",
        min_value=0,
        max_value=MAX_CAP,
        help_text="Combien d’acteurs peuvent en vivre : les pass attendus sur un an, en euros, divisés par 20 000 €.",
        widget=forms.NumberInput({"class": "w-1", "inputmode": "numeric"}),
    )
    exceptions = forms.IntegerField(
        label="Exceptions accordées",
        min_value=0,
        max_value=MAX_CAP,
        initial=0,
        help_text="Des places de plus, chacune pour une raison.",
        widget=forms.NumberInput({"class": "w-1", "inputmode": "numeric"}),
    )
    exception_reason = forms.CharField(
        label="Motif des exceptions", max_length=300, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["commune"]
