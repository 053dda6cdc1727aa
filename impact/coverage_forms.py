"""What the operator types to version thresholds, and what anybody changes in the simulator."""

from typing import Any

from django import forms

from aptic.forms import DomainForm, EurosField
from aptic.vocabulary.forms import ServicesField
from impact.coverage_rules import Needs
from impact.models import Thresholds
from impact.simulator_rules import Assumptions


def _whole(label: str, hint: str, least: int, most: int) -> forms.IntegerField:
    widget = forms.NumberInput({"class": "w-1", "inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=hint, widget=widget)


def _decimal(label: str, hint: str, least: int, most: int) -> forms.DecimalField:
    widget = forms.NumberInput({"class": "w-1", "inputmode": "decimal", "step": "0.1"})
    return forms.DecimalField(
        label=label, min_value=least, max_value=most, max_digits=5, decimal_places=2, help_text=hint, widget=widget
    )


class ThresholdsForm(DomainForm):
    """What makes a territory operational."""

    near_percent = _whole("Habitants à moins de 15 km d’un lieu", "En pour cent, au moins.", 0, 100)
    mean_km = _whole("Distance moyenne au lieu le plus proche", "En kilomètres, au plus.", 1, 500)
    actors = _whole("Acteurs qualifiés", "Au moins.", 0, 1000)
    inhabitants_per_site = _whole("Habitants par lieu", "Au plus.", 1, 10_000_000)
    hours_percent = _whole("Lieux dont les horaires sont connus", "En pour cent, au moins.", 0, 100)
    services = ServicesField(label="Services nécessaires", required=False)
    reason = forms.CharField(
        label="Motif de ce changement",
        max_length=300,
        help_text="Gardé avec cette version ; les anciennes restent lisibles.",
        widget=forms.Textarea({"rows": 3}),
    )

    @staticmethod
    def first(row: Thresholds) -> dict[str, Any]:
        """The version in force, as a start."""
        names = ("near_percent", "mean_km", "actors", "inhabitants_per_site", "hours_percent", "services")
        return {name: getattr(row, name) for name in names}

    @property
    def needs(self) -> Needs:
        """As the rules read them."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("reason", "services")}
        return Needs(**given, services=tuple(int(one) for one in self.cleaned_data["services"]))


class SimulatorForm(forms.Form):
    """A budget or a number of actors, and every assumption, each with its usual value."""

    budget = EurosField(
        label="Budget", help_text="Frais et TVA compris.", required=False, min_cents=0, max_cents=100_000_000_000
    )
    actors = forms.IntegerField(
        label="Acteurs à faire vivre",
        required=False,
        min_value=1,
        max_value=10_000,
        help_text="Laissez vide pour partir du budget.",
        widget=forms.NumberInput({"class": "w-1", "inputmode": "numeric"}),
    )
    face_value_cents = EurosField(label="Valeur d’un pass", help_text="10 € le plus souvent.", min_cents=100)
    fee_percent = _decimal("Frais de l’opérateur", "En pour cent de la valeur des pass, hors taxes.", 0, 50)
    vat_percent = _decimal("TVA sur ces frais", "En pour cent.", 0, 30)
    use_percent = _decimal("Pass utilisés", "En pour cent de ceux achetés. Peu d’opérations dépassent 70 %.", 1, 100)
    passes_per_person = _whole("Pass par personne", "Un carnet en compte 5 ou 10.", 1, 100)
    months = _whole("Durée", "En mois, pendant lesquels les pass sont utilisés.", 1, 60)
    target_cents = EurosField(
        label="Ce qu’un acteur doit gagner en pass par an", help_text="Le ratio va de 15 000 à 25 000 €.", min_cents=100
    )
    ASSUMED = (
        "face_value_cents", "fee_percent", "vat_percent", "use_percent", "passes_per_person", "months", "target_cents",
    )  # fmt: skip

    def __init__(self, given: Any) -> None:
        """`given`: the address's parameters; what it leaves out has its usual value."""
        usual = Assumptions()
        values = {name: given.get(name) for name in self.base_fields if given.get(name)}
        for name in self.ASSUMED:
            values.setdefault(name, getattr(usual, name))
        if not values.get("budget") and not values.get("actors"):
            values["budget"] = "100000"
        for name in ("face_value_cents", "target_cents"):
            if isinstance(values[name], int):
                values[name] = str(values[name] // 100)
        super().__init__(values)

    @property
    def assumptions(self) -> Assumptions:
        """As the rules read them."""
        return Assumptions(**{name: self.cleaned_data[name] for name in self.ASSUMED})

    @property
    def questions(self) -> list[forms.BoundField]:
        """From what one starts."""
        return [self["budget"], self["actors"]]

    @property
    def assumed(self) -> list[forms.BoundField]:
        """What the result rests on."""
        return [self[name] for name in self.ASSUMED]
