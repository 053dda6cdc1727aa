"""What the operator types to set a cap, or the rule that computes them."""

from typing import Any

from django import forms

from aptic.errors import DomainError
from aptic.forms import DomainForm, EurosField
from aptic.territories.forms import CommuneField
from aptic.territories.models import Commune
from aptic.territories.services import find_commune
from qualification.caps import MAX_CAP


def _whole(label: str, hint: str, *, least: int = 0, most: int = MAX_CAP, initial: int | None = None) -> Any:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        initial=initial,
        help_text=hint,
        widget=forms.NumberInput({"class": "w-1", "inputmode": "numeric"}),
    )


def _reason(label: str, hint: str, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, required=required, help_text=hint, widget=forms.Textarea({"rows": 3})
    )


class AroundForm(DomainForm):
    """A territory of any level, by one of its communes and the level around it."""

    LEVELS = (
        ("epci", "Son intercommunalité"),
        ("commune", "Cette commune seule"),
        ("departement", "Son département"),
        ("region", "Sa région"),
    )

    commune = CommuneField(
        label="Une commune de ce territoire", help_text="Écrivez un nom ou un code postal, par exemple Bègles."
    )
    level = forms.ChoiceField(label="Le territoire est", choices=LEVELS, initial="epci", widget=forms.RadioSelect())

    def clean(self) -> dict[str, Any]:
        """A commune without an intercommunalité has no territory at that level."""
        data = super().clean() or {}
        if data.get("commune") and data.get("level") and not self.territory:
            self.add_error("level", "Cette commune n’a pas d’intercommunalité : choisissez un autre niveau.")
        return data

    @property
    def territory(self) -> str:
        """The key of the level chosen around the commune typed; empty when there is none."""
        commune, level = self.cleaned_data["commune"], self.cleaned_data["level"]
        keys: list[str] = commune.keys()
        return next((key for key in keys if key.startswith(f"{level}:")), "")


class CapForm(AroundForm):
    """How many actors a territory feeds. The territory is asked for once."""

    level = forms.ChoiceField(
        label="Le plafond vaut pour", choices=AroundForm.LEVELS, initial="epci", widget=forms.RadioSelect()
    )
    cap = _whole("Plafond", "Combien d’acteurs peuvent en vivre, à 20 000 € de pass par an chacun.")
    exceptions = _whole("Exceptions accordées", "Des places de plus, chacune pour une raison.", initial=0)
    exception_reason = _reason("Motif des exceptions", "", required=False)
    reason = _reason(
        "Motif de ce plafond",
        "Gardé avec le changement. Nécessaire si le ratio donne un autre nombre, ou s’il y a déjà plus "
        "d’acteurs : ils restent par extinction.",
        required=False,
    )

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["commune"], self.fields["level"]

    @property
    def answers(self) -> dict[str, Any]:
        """What `set_cap` takes besides the territory."""
        return {name: self.cleaned_data[name] for name in ("cap", "exceptions", "exception_reason", "reason")}


class PolicyForm(DomainForm):
    """The rule that computes caps."""

    target_cents = EurosField(
        label="Ce qu’un acteur doit gagner en pass par an", help_text="Le ratio consolidateur va de 15 000 à 25 000 €."
    )
    at_least = _whole("Jamais moins de", "Acteurs par territoire, même sans pass attendus.")
    at_most = _whole("Jamais plus de", "Acteurs par territoire, même si les pass y affluent.")
    inhabitants_per_actor = _whole(
        "Couverture minimale : un acteur pour",
        "Habitants. Elle l’emporte sur la borne du dessus.",
        least=1,
        most=10_000_000,
    )
    reason = _reason(
        "Motif de ce changement", "Gardé avec cette version ; les plafonds déjà fixés restent.", required=True
    )


class RoundForm(DomainForm):
    """The communes of a round, one a line."""

    communes = forms.CharField(
        label="Communes de la tournée",
        required=False,
        max_length=6000,
        help_text="Une par ligne, par son nom ou son code postal. Laissez vide s’il n’y a plus de tournée.",
        widget=forms.Textarea({"rows": 8}),
    )

    def clean_communes(self) -> list[Commune]:
        """The communes typed; a line that none or several answer is named."""
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["communes"].splitlines())):
            try:
                found.append(find_commune(line))
            except DomainError as error:
                names = ", ".join(str(one) for one in error.details.get("candidates", ())[:6])
                raise forms.ValidationError(f"« %s » : {error.text} {names}".strip() % line) from error
        return found
