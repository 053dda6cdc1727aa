"""What a person types about booklets, turned into what a service takes. Refusals stay in the services."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from aptic.forms import DomainForm
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from passes.models import Batch


class RunForm(DomainForm):
    """A run of booklets of one batch, by the numbers printed on them."""

    first = forms.IntegerField(
        label="Premier carnet",
        min_value=1,
        help_text="Son numéro, imprimé sur la couverture.",
        widget=forms.NumberInput({"class": "w-1 num"}),
    )
    booklets = forms.IntegerField(
        label="Nombre de carnets",
        min_value=1,
        help_text="Ceux qui suivent le premier, lui compris.",
        widget=forms.NumberInput({"class": "w-1 num"}),
    )

    def __init__(self, *args: Any, batch: Batch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch = batch

    @property
    def run(self) -> dict[str, int]:
        """What the services take: the first booklet by its id."""
        first = self.batch.first_booklet + self.cleaned_data["first"] - 1
        return {"first_booklet": first, "booklets": self.cleaned_data["booklets"]}


class SendForm(RunForm):
    """To whom, and which booklets."""

    distributor = forms.ModelChoiceField(
        label="Aiguilleur", queryset=Organisation.objects.none(), empty_label="Choisissez…"
    )
    field_order = ("distributor", "first", "booklets")

    def __init__(self, *args: Any, offered: list[uuid.UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Organisation.objects.with_hat(Hat.DISTRIBUTOR)
        self.fields["distributor"].queryset = known.filter(pk__in=offered)  # type: ignore[attr-defined]


class FindBookletForm(DomainForm):
    """A booklet by any of its codes, or by what is printed at its foot."""

    code = forms.CharField(
        label="Code d’un pass ou de la couverture",
        required=False,
        max_length=512,
        help_text="Si quelqu’un l’a encore sous les yeux, par exemple sur une photo.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    batch = forms.IntegerField(
        label="Ou le numéro du lot", required=False, min_value=1, widget=forms.NumberInput({"class": "w-1 num"})
    )
    number = forms.IntegerField(
        label="et celui du carnet", required=False, min_value=1, widget=forms.NumberInput({"class": "w-1 num"})
    )

    def clean(self) -> dict[str, Any]:
        """One way or the other, and both numbers when it is by number."""
        data = super().clean() or {}
        if not self.errors and not data.get("code") and not (data.get("batch") and data.get("number")):
            raise ValidationError("Donnez un code, ou le numéro du lot et celui du carnet.")
        return data
