"""A page far into a long list: only the keys are sorted and skipped, whole rows are read for the page alone."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def read_page(found: QuerySet[Row], *related: str) -> list[Row]:
    """The rows of a slice, in its order, with `related` fetched beside them. Two queries."""
    keys = list(found.values_list("pk", flat=True))
    rows = found.model._default_manager.select_related(*related).in_bulk(keys)
    return [rows[key] for key in keys if key in rows]
