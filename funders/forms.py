"""The forms of both spaces: what a person types, turned into what a service takes. Refusals stay in the services."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from aptic import french
from aptic.errors import DomainError
from aptic.forms import DateField, DomainForm, EurosField, PhoneField
from aptic.ledger.models import Purse
from aptic.siret import check_siret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from aptic.territories.errors import UnknownTerritory
from aptic.territories.forms import CommuneField
from aptic.territories.services import search_territories, territory_labels
from aptic.vocabulary.models import Service
from funders import partners, rules
from funders.models import Campaign, FundingLine, PaymentOrder


def _joining(known: Organisation) -> forms.BooleanField:
    """The box that gives one more role to an organisation that has people."""
    names = partners.run_by(known)
    run = (
        f"Ses responsables aujourd’hui : {', '.join(names)}. Ces personnes dirigeront aussi ce rôle, et y inviteront "
        "qui elles veulent : personne d’autre n’est invité."
        if names
        else "Personne ne la dirige aujourd’hui : la personne que vous invitez la dirigera dans tous ses rôles."
    )
    return forms.BooleanField(
        label=f"Oui, ce SIRET est bien celui de {known.name} : lui ajouter ce rôle",
        help_text=run,
        error_messages={"required": f"Ce SIRET est celui de {known.name}, déjà connue ici. Vérifiez, puis cochez."},
    )


class OrganisationForm(DomainForm):
    """Who takes part, as the operator registers it for `hat`.

    A SIRET that is known already adds a box to tick, which says whom it belongs to and who runs it. The box bears the
    organisation's id: ticked for one, it says nothing of another.
    """

    name = forms.CharField(label="Nom de l’organisation", max_length=160)
    siret = forms.CharField(
        label="SIRET", help_text="14 chiffres, avec ou sans espaces.", widget=forms.TextInput({"inputmode": "numeric"})
    )
    commune = CommuneField()
    address = forms.CharField(label="Adresse", max_length=200, required=False, help_text="Numéro et voie.")
    email = forms.EmailField(label="Adresse électronique de l’organisation")
    phone = PhoneField(label="Téléphone", required=False)
    manager_email = forms.EmailField(
        label="Adresse électronique de la personne responsable",
        help_text="Elle recevra une invitation à ouvrir son compte, valable 14 jours.",
    )

    def __init__(self, *args: Any, hat: Hat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        siret = re.sub(r"\s", "", self.data.get("siret", ""))
        self.known = partners.known_by(siret, hat) if siret else None
        if self.known is not None:
            self.fields[self._box] = _joining(self.known)

    @property
    def _box(self) -> str:
        return f"joins_{self.known.pk}" if self.known else ""

    def clean(self) -> dict[str, Any]:
        """`joins`: the organisation whose box is ticked."""
        cleaned = super().clean() or self.cleaned_data
        ticked = cleaned.pop(self._box, False)
        return {**cleaned, "joins": self.known.pk if self.known and ticked else None}

    def clean_siret(self) -> str:
        """The digits alone."""
        try:
            return check_siret(self.cleaned_data["siret"])
        except DomainError as error:
            raise ValidationError(f"{error.text} {error.next_step}".strip()) from error


class CampaignForm(DomainForm):
    """The terms of a campaign. Services and territories are drawn by hand: they come in groups."""

    name = forms.CharField(
        label="Nom de l’opération", max_length=120, help_text="Celui que liront les aiguilleurs et les lieux."
    )
    starts_on = DateField(label="Premier jour")
    ends_on = DateField(label="Dernier jour", help_text="Inclus : un pass sert encore ce jour-là.")
    face_value_cents = EurosField(
        label="Valeur d’un pass",
        help_text="En euros.",
        initial=1000,
        min_cents=rules.MIN_FACE_CENTS,
        max_cents=rules.MAX_FACE_CENTS,
    )
    passes_per_booklet = forms.TypedChoiceField(
        label="Taille des carnets",
        coerce=int,
        choices=[(size, f"{size} pass") for size in rules.BOOKLET_SIZES],
        initial=10,
        widget=forms.RadioSelect,
    )
    services = forms.TypedMultipleChoiceField(
        label="Services", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    territories = forms.MultipleChoiceField(label="Territoires", required=False, widget=forms.CheckboxSelectMultiple)
    needs_hand_out = forms.BooleanField(
        label="Un pass sert seulement quand son carnet a été remis à une personne",
        help_text="L’aiguilleur enregistre la remise : un carnet perdu avant elle ne vaut rien.",
        required=False,
        initial=True,
    )
    passes_per_day = forms.IntegerField(
        label="Pass d’un même carnet par jour, au plus",
        min_value=1,
        max_value=10,
        required=False,
        help_text="Laissez vide pour ne pas limiter.",
        widget=forms.NumberInput(attrs={"class": "w-1"}),
    )
    claim_days = forms.IntegerField(
        label="Jours de grâce après le dernier jour",
        min_value=0,
        max_value=366,
        initial=31,
        help_text="Pour qu’un lieu resté sans réseau puisse transmettre ce qu’il a encaissé à temps.",
        widget=forms.NumberInput(attrs={"class": "w-1"}),
    )
    contact_phone = PhoneField(
        label="Téléphone pour les habitants", required=False, help_text="Imprimé sur chaque carnet."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._services = list(Service.objects.active().order_by("position", "id"))
        self.fields["services"].choices = [(one.pk, one.name) for one in self._services]
        self.chosen_territories = self._chosen()
        self.fields["territories"].choices = self.chosen_territories

    def _chosen(self) -> list[tuple[str, str]]:
        """The territories already ticked, with their names; those that name nothing are dropped."""
        keys = self.data.getlist("territories") if hasattr(self.data, "getlist") else []
        return labelled(keys)

    @property
    def service_groups(self) -> list[dict[str, Any]]:
        """The nine services of the standard, each with the finer ones under it and whether one of them is ticked."""
        ticked = {str(value) for value in (self["services"].value() or [])}
        children: dict[int | None, list[dict[str, Any]]] = {}
        for one in self._services:
            entry = {"id": one.pk, "name": one.name, "hint": one.description, "ticked": str(one.pk) in ticked}
            children.setdefault(one.parent_id, []).append(entry)
        groups = children.get(None, [])
        for group in groups:
            group["finer"] = children.get(group["id"], [])
            group["open"] = any(finer["ticked"] for finer in group["finer"])
        return groups


class LineForm(DomainForm):
    """One more source of money."""

    source = forms.CharField(
        label="Financeur",
        max_length=120,
        help_text="Qui apporte cet argent : l’État, la Région, le FSE+, une fondation, une entreprise…",
    )


class LineField(forms.ModelChoiceField):
    """A funding line, with what can still be issued on it."""

    def label_from_instance(self, obj: FundingLine) -> str:
        """« État · disponible 1 200 € »."""
        return f"{obj.source} · disponible {french.euros(obj.account.guarded_cents)}"


class OrderForm(DomainForm):
    """How many booklets, paid from which line."""

    line = LineField(queryset=FundingLine.objects.none(), label="Payée par", empty_label=None)
    booklets = forms.IntegerField(
        label="Nombre de carnets",
        min_value=1,
        max_value=rules.MAX_BOOKLETS,
        widget=forms.NumberInput(attrs={"class": "w-1", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = campaign.lines.select_related("account")  # type: ignore[attr-defined]


class FundsForm(DomainForm):
    """What both kinds of money have: an amount, and a funding line of this funder."""

    def __init__(self, *args: Any, lines: Iterable[FundingLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in lines}


class PaymentOrderForm(FundsForm):
    """A promise to pay, as the funder's accountant wrote it."""

    line = forms.ChoiceField(label="Pour quelle ligne de financement ?", widget=forms.RadioSelect)
    number = forms.CharField(label="Numéro du mandat", max_length=40, widget=forms.TextInput(attrs={"class": "w-3"}))
    amount_cents = EurosField(
        label="Montant", help_text="En euros, par exemple 12 500 ou 1 234,50.", max_cents=rules.MAX_FUNDS_CENTS
    )
    expected_on = DateField(label="Paiement attendu le", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [(key, line_name(line)) for key, line in self.lines.items()]

    def clean_line(self) -> FundingLine:
        """The line itself."""
        return self.lines[self.cleaned_data["line"]]


class ReceiptForm(FundsForm):
    """A transfer read on the bank statement: either it pays a promise, or it comes straight to a line."""

    target = forms.ChoiceField(label="Que paie ce virement ?", widget=forms.RadioSelect)
    amount_cents = EurosField(
        label="Montant", help_text="En euros, par exemple 12 500 ou 1 234,50.", max_cents=rules.MAX_FUNDS_CENTS
    )
    bank_reference = forms.CharField(
        label="Référence du virement",
        max_length=60,
        help_text="Telle qu’elle est écrite sur le relevé de banque. Deux virements n’ont jamais la même.",
    )
    received_on = DateField(label="Reçu le")

    def __init__(self, *args: Any, payment_orders: Iterable[PaymentOrder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.orders = {f"mandat:{order.pk}": order for order in payment_orders}
        promised = [
            (key, f"Le mandat {order.number} de {french.euros(order.amount_cents)} ({line_name(order.line)})")
            for key, order in self.orders.items()
        ]
        direct = [(f"ligne:{key}", f"Un versement direct : {line_name(line)}") for key, line in self.lines.items()]
        self.fields["target"].choices = promised + direct

    def clean(self) -> dict[str, Any]:
        """Turn the choice into a line and, perhaps, a payment order."""
        data = super().clean() or {}
        if target := data.pop("target", ""):
            data["payment_order"] = self.orders.get(target)
            order = data["payment_order"]
            data["line"] = order.line if order else self.lines[target.removeprefix("ligne:")]
        return data

    def refuse(self, error: DomainError) -> None:
        """What is wrong with the promise is shown on the question that chose it."""
        if error.field in {"payment_order", "line"}:
            error.field = "target"
        super().refuse(error)


class RefundForm(DomainForm):
    """What is given back of which line, why, and to which account. Each line says what it may give back now."""

    line = forms.ChoiceField(label="De quelle ligne de financement ?", widget=forms.RadioSelect)
    amount_cents = EurosField(
        label="Montant", help_text="En euros, par exemple 12 500 ou 1 234,50.", max_cents=rules.MAX_FUNDS_CENTS
    )
    reason = forms.CharField(
        label="Motif",
        max_length=300,
        help_text="Le commanditaire le lira : par exemple « Opération terminée, pass expirés ».",
    )
    holder = forms.CharField(
        label="Titulaire du compte",
        max_length=70,
        help_text="Le commanditaire lui-même ou son comptable public, tel que le RIB l’écrit.",
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=50,
        help_text="Celui du RIB donné par le commanditaire. Seuls ses quatre derniers caractères seront montrés.",
        widget=forms.TextInput({"autocomplete": "off", "class": "w-3 num"}),
    )

    def __init__(self, *args: Any, lines: list[tuple[FundingLine, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line, _ in lines}
        self.fields["line"].choices = [
            (str(line.pk), f"{line_name(line)} : {_at_most(cents)}") for line, cents in lines
        ]

    def clean_line(self) -> FundingLine:
        """The line itself."""
        return self.lines[self.cleaned_data["line"]]


def _at_most(cents: int) -> str:
    return f"au plus {french.euros(cents)} maintenant" if cents else "rien à rendre maintenant"


class RefundLeftForm(DomainForm):
    """The transfer that gave it back, as the bank writes it."""

    bank_reference = forms.CharField(
        label="Référence du virement", max_length=60, help_text="Telle qu’elle est écrite sur le papier de la banque."
    )
    left_on = DateField(label="Parti le")


class PurseField(forms.ModelChoiceField):
    """A purse, by the name of whose money it is."""

    def label_from_instance(self, obj: Purse) -> str:
        """The funder's name, or the operator's guarantee."""
        return str(obj.funder) if obj.funder_id else "Garantie de l’opérateur"


class BankBalanceForm(DomainForm):
    """A balance copied from the bank's statement."""

    purse = PurseField(queryset=Purse.objects.none(), label="Compte de cantonnement de", empty_label="Choisissez")
    day = DateField(label="Jour du relevé", help_text="Le solde à la fin de ce jour ; pour aujourd’hui, à cet instant.")
    balance_cents = EurosField(label="Solde", help_text="En euros, tel qu’il est imprimé sur le relevé.", min_cents=0)
    reference = forms.CharField(
        label="Référence du relevé", max_length=60, widget=forms.TextInput(attrs={"class": "w-3"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purse"].queryset = Purse.objects.select_related("funder").order_by("funder__search_key", "id")

    def clean_day(self) -> dt.datetime:
        """The instant it speaks of."""
        day, now = self.cleaned_data["day"], timezone.localtime()
        if day > now.date():
            raise ValidationError("Ce jour n’est pas encore venu.")
        if day == now.date():
            return now
        return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))

    def refuse(self, error: DomainError) -> None:
        """The services speak of an instant, the form of a day."""
        if error.field == "as_of":
            error.field = "day"
        super().refuse(error)


def line_name(line: FundingLine) -> str:
    """« Premiers clics · État »."""
    return f"{line.campaign.name} · {line.source}"


def labelled(keys: Iterable[str]) -> list[tuple[str, str]]:
    """Territory keys with their names, in order; a key that names nothing is dropped."""
    wanted = list(dict.fromkeys(keys))
    try:
        return list(territory_labels(wanted).items())
    except UnknownTerritory:
        return [pair for key in wanted for pair in labelled([key])] if len(wanted) > 1 else []


def territory_choices(*, typed: str, chosen: Iterable[str]) -> list[dict[str, Any]]:
    """What the territory question offers: what is ticked, then what the typed text begins to name."""
    ticked = labelled(chosen)
    known = {key for key, _ in ticked}
    found = [one for one in search_territories(typed, limit=8) if one.key not in known] if typed.strip() else []
    return [{"key": key, "label": label, "ticked": True} for key, label in ticked] + [
        {"key": one.key, "label": one.label, "ticked": False} for one in found
    ]
