"""The field that asks for services."""

from typing import Any

from django import forms

from aptic.vocabulary.models import Service


class ServicesField(forms.TypedMultipleChoiceField):
    """The services of the national standard, by their ids."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(coerce=int, choices=_offered, **kwargs)


def _offered() -> list[tuple[int, str]]:
    return list(Service.objects.active().standard().order_by("position", "id").values_list("pk", "name"))
