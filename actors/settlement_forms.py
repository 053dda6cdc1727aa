"""What a person types about a run: its cutoff, what the bank said; and about the fees that leave."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from actors.calendar_rules import Rhythm
from aptic.errors import DomainError
from aptic.forms import DateField, DomainForm
from aptic.ledger.models import Purse


class CutoffForm(forms.Form):
    """The last day to pay, inclusive."""

    last_day = DateField(
        label="Payer les pass encaissés jusqu’au",
        help_text="Ce jour est compris. Les lignes plus anciennes passent d’abord.",
    )

    def clean_last_day(self) -> datetime:
        """The instant before which lines are paid: the next midnight in Paris, or now for the present day."""
        day = self.cleaned_data["last_day"]
        today = timezone.localdate()
        if day > today:
            raise forms.ValidationError("Choisissez aujourd’hui ou un jour passé.")
        if day == today:
            return timezone.now()
        return timezone.make_aware(datetime(day.year, day.month, day.day)) + timedelta(days=1)

    def refuse(self, error: DomainError) -> None:
        """Show what the service refused."""
        self.add_error("last_day", f"{error.text} {error.next_step}".strip())


class CalendarForm(forms.Form):
    """How often a run is prepared by itself, and from which day on."""

    rhythm = forms.ChoiceField(label="Préparer un règlement", choices=Rhythm.choices, widget=forms.RadioSelect)
    first_day = DateField(
        label="À partir du",
        help_text="Les règlements suivants tombent le même jour de la semaine, ou le même jour du mois (le dernier "
        "d’un mois plus court). Inutile pour « jamais ».",
        required=False,
    )

    def refuse(self, error: DomainError) -> None:
        """Show what the service refused."""
        self.add_error("first_day", f"{error.text} {error.next_step}".strip())


class BankReferenceForm(forms.Form):
    """What the bank's statement names the transfer."""

    bank_reference = forms.CharField(label="Référence sur le relevé de la banque", max_length=60, required=False)


class ReasonForm(forms.Form):
    """Why the bank sent the money back."""

    reason = forms.CharField(
        label="Motif donné par la banque", max_length=200, help_text="Il est montré à l’acteur : « compte clos »…"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["autocomplete"] = "off"


class SweepForm(forms.Form):
    """Whose purse's fees are to be transferred to the operator."""

    purse = forms.ModelChoiceField(Purse.objects.all())


class SweepLeftForm(DomainForm):
    """The transfer that took the fees out, as the bank writes it."""

    bank_reference = forms.CharField(
        label="Référence du virement", max_length=60, help_text="Telle qu’elle est écrite sur le papier de la banque."
    )
    left_on = DateField(label="Parti le")
