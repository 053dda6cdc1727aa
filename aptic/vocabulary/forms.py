"""The fields that ask for services."""

from collections.abc import Callable
from typing import Any

from django import forms

from aptic.vocabulary.models import Service


class ServicesField(forms.TypedMultipleChoiceField):
    """Services of the national standard, by their ids; `parcours` adds the local ones under each."""

    def __init__(self, *, parcours: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(coerce=int, choices=_offered(parcours), **kwargs)


def _offered(parcours: bool) -> Callable[[], list[tuple[int, str]]]:
    def read() -> list[tuple[int, str]]:
        found = Service.objects.for_places()
        return [(one.pk, one.listed) for one in (found if parcours else found.standard())]

    return read
