"""What a person types about booklets, turned into what a service takes. Refusals stay in the services."""

import uuid
from typing import Any

from django import forms

from aptic.forms import DomainForm
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from passes.models import Batch


class RunForm(DomainForm):
    """A run of booklets of one batch, by the numbers printed on them."""

    first = forms.IntegerField(
        label="Premier carnet",
        min_value=1,
        help_text="Son numéro imprimé, sans celui du lot.",
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


class ReplaceForm(RunForm):
    """Which booklets were lost: looked at by GET, so that the address of one booklet can be a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        booklets = self.fields["booklets"]
        self.fields["first"].label, booklets.initial = "Premier carnet perdu", 1
        booklets.help_text = "1 pour un carnet perdu ; davantage pour un paquet volé, ou un fichier qui a circulé."


class ByCodeForm(DomainForm):
    """A booklet by any of its codes."""

    code = forms.CharField(
        label="Code d’un pass ou de la couverture",
        max_length=512,
        help_text="Seize caractères, si quelqu’un les a encore sous les yeux.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class ByNumberForm(DomainForm):
    """A booklet by what is printed at its foot."""

    batch = forms.IntegerField(
        label="Numéro du lot", min_value=1, widget=forms.NumberInput({"class": "w-1 num", "autocomplete": "off"})
    )
    number = forms.IntegerField(
        label="Numéro du carnet", min_value=1, widget=forms.NumberInput({"class": "w-1 num", "autocomplete": "off"})
    )
