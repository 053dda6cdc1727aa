"""A page far into a long list: only the keys are sorted and skipped, whole rows are read for the page alone."""

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, Model, QuerySet, Window

Row = TypeVar("Row", bound=Model)


def read_page(found: QuerySet[Row], number: str | None, per_page: int, *related: str) -> Page[Row]:
    """The page that was asked for, the nearest there is otherwise; rows come with `related`.

    Two queries: what counts the whole gives the keys too. Two more for a page that there is not.
    """
    paginator = Paginator(found, per_page)
    wanted = int(number) if number and number.isdecimal() and 0 < len(number) < 9 else 1
    counted = found.annotate(whole=Window(Count("pk"))).values_list("pk", "whole")
    asked = list(counted[(wanted - 1) * per_page : wanted * per_page]) if wanted else []
    paginator.count = asked[0][1] if asked else found.count()
    page = paginator.get_page(number)
    if page.number != wanted or not asked:
        asked = list(counted[page.start_index() - 1 : page.end_index()]) if paginator.count else []
    rows = found.model._default_manager.select_related(*related).in_bulk([key for key, _ in asked])
    page.object_list = [rows[key] for key, _ in asked if key in rows]
    return page
