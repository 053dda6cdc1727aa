"""How forms look and speak: one column, question, hint, error tied to its field, and a summary that links to each.

`Renderer` (setting FORM_RENDERER) gives `{{ form }}` and `{{ form.name.as_field_group }}` our templates; forms of
other packages get them too. The fields here are those whose French writing Django does not know.
"""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.template import loader

from aptic import days, french
from aptic.errors import DomainError

MAX_CENTS = 100_000_000_000  # a billion euros: beyond, somebody forgot a comma


class Renderer(DjangoTemplates):
    """Our templates for forms and fields, Django's own for the widgets."""

    form_template_name = "components/form/form.html"
    field_template_name = "components/form/field.html"

    def get_template(self, template_name: str) -> Any:
        """Look in the project for `components/…`, in Django for the rest."""
        if template_name.startswith("components/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


class DateInput(forms.DateInput):
    """The browser's own calendar; it speaks ISO whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"class": "w-2", **(attrs or {})}, format="%Y-%m-%d")


class DateField(forms.DateField):
    """A day, typed or picked, of this century."""

    widget = DateInput
    default_error_messages = {
        "invalid": "Écrivez une date comme 31/12/2027.",
        "far": f"Écrivez une date entre {days.FIRST.year} et {days.LAST.year}.",
    }

    def validate(self, value: date | None) -> None:
        """Refuse what is missing, and a year that was typed with a digit too many or too few."""
        super().validate(value)
        if value is not None and not days.within(value):
            raise ValidationError(self.error_messages["far"], code="far")


class EurosField(forms.Field):
    """An amount typed in euros ("1 234,50"), cleaned to a positive integer of cents.

    Raises a ValidationError on anything else, with an example of what to write.
    """

    default_error_messages = {
        "invalid": "Écrivez un montant comme 1234,50.",
        "low": "Le montant doit être d’au moins %(limit)s.",
        "high": "Le montant ne peut pas dépasser %(limit)s.",
    }

    def __init__(self, *, min_cents: int = 1, max_cents: int = MAX_CENTS, **kwargs: Any) -> None:
        self.min_cents, self.max_cents = min_cents, max_cents
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "w-2 num"})
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Cents as the field shows them; what was typed stays as it was typed."""
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value // 100},{value % 100:02d}" if value % 100 else str(value // 100)
        return value

    def to_python(self, value: Any) -> int | None:
        """Read "1 234,5", "1234.50 €" or "10" as cents."""
        text = re.sub(r"[\s€]", "", str(value or "")).replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"-?\d{1,12}(\.\d{1,2})?", text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        units, _, rest = text.lstrip("-").partition(".")
        cents = int(units) * 100 + int(rest.ljust(2, "0") or 0)
        return -cents if text.startswith("-") else cents

    def validate(self, value: int | None) -> None:
        """Refuse what is missing, too small (zero, negative) or too large."""
        super().validate(value)
        if value is None:
            return
        for code, wrong, limit in (
            ("low", value < self.min_cents, self.min_cents),
            ("high", value > self.max_cents, self.max_cents),
        ):
            if wrong:
                raise ValidationError(self.error_messages[code], code=code, params={"limit": french.euros(limit)})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare amounts, not ways of writing them."""
        try:
            return self.to_python(data) != initial
        except ValidationError:
            return True


class PhoneField(forms.CharField):
    """A French number, kept as ten digits, or an international one with its +."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "w-2"})

    def clean(self, value: str) -> str:
        """Digits only; a ValidationError on anything that cannot be called."""
        plain = re.sub(r"[\s.()\-]", "", super().clean(value))
        plain = re.sub(r"^(?:\+33|0033)0?", "0", plain)
        if plain and not re.fullmatch(r"0[1-9]\d{8}|\+\d{7,15}", plain):
            raise ValidationError("Écrivez un numéro comme 05 00 00 00 00.")
        return plain


class DomainForm(forms.Form):
    """A form that can show what a service refused, beside the field it is about."""

    def refuse(self, error: DomainError) -> None:
        """Add the refusal: on its field when this form has it, on top otherwise."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, f"{error.text} {error.next_step}".strip())
