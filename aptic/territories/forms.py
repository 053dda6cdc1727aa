"""The field that asks for a place."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from aptic.errors import DomainError
from aptic.territories.models import Commune
from aptic.territories.services import find_commune


class CommuneField(forms.CharField):
    """A commune by name or postcode, suggested while one types and understood without."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "autocomplete": "off",
            "list": "communes",
            "hx-get": reverse_lazy("territories:communes"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#communes",
        }
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault("label", "Commune")
        kwargs.setdefault("help_text", "Son nom ou son code postal, par exemple Bègles ou 33130.")
        super().__init__(**kwargs)

    def clean(self, value: str) -> Commune | None:
        """The commune that was typed; a ValidationError when none or several answer."""
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return find_commune(typed)
        except DomainError as error:
            names = ", ".join(str(one) for one in error.details.get("candidates", ())[:6])
            raise ValidationError(f"{error.text} {names or error.next_step}".strip()) from error
