"""What a person of an actor types about a year of income: eight amounts in euros, an empty one is zero."""

from typing import Any

from django import forms

from actors.income_models import MAX_CENTS, IncomeDeclaration
from actors.income_rules import SEVEN, Kind
from aptic.forms import DomainForm, EurosField

HINTS = {
    Kind.DELEGATION: "Une mission qu’une collectivité ou l’État vous confie et paie : France services, permanence en "
    "mairie, conseiller numérique.",
    Kind.TRAINING: "Ateliers, formations et accompagnements que vous facturez, hors pass.",
    Kind.ROOMS: "Salles, ordinateurs, imprimante 3D…",
    Kind.INTERMEDIATION: "Mettre en lien, orienter, coordonner pour le compte d’un autre.",
    Kind.HOSTING: "Ce que paient ceux qui tiennent une activité chez vous : entreprise, association, service public.",
    Kind.ENGINEERING: "Montage de dossiers, études, assistance à maîtrise d’ouvrage.",
    Kind.MEMBERS: "Cotisations, et services réservés à vos adhérents.",
    Kind.OTHER: "Ce qui n’entre dans aucune des sept lignes : subvention de fonctionnement, mécénat, ventes.",
}


class IncomeForm(DomainForm):
    """One year. `year` and `after` say what the person had in front of them: neither is to be changed."""

    year = forms.IntegerField(widget=forms.HiddenInput)
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in Kind:
            self.fields[kind.value] = EurosField(
                label=kind.label, help_text=HINTS[kind], required=False, min_cents=0, max_cents=MAX_CENTS
            )

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The seven kinds, then the rest."""
        return [
            ("Vos activités", [self[kind.value] for kind in SEVEN]),
            ("Le reste", [self[Kind.OTHER.value]]),
        ]

    @property
    def amounts(self) -> dict[Kind, int]:
        """Cents by kind, of a valid form."""
        return {kind: self.cleaned_data[kind.value] or 0 for kind in Kind}

    @staticmethod
    def initial_of(year: int, declaration: IncomeDeclaration | None) -> dict[str, Any]:
        """What the form shows at first: nothing, or the version in force."""
        if declaration is None:
            return {"year": year, "after": 0}
        amounts = {kind.value: cents for kind, cents in declaration.amounts.items()}
        return {"year": year, "after": declaration.version, **amounts}
