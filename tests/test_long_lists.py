"""A page of a long list: the one that was asked for, or the nearest there is, in two queries."""

from typing import Any

import pytest

from aptic.long_lists import read_page
from aptic.territories.models import Commune, Departement

pytestmark = pytest.mark.django_db
NAMES = [str(pk) for pk in ("11", "12", "13", "14", "15")]


def listed() -> Any:
    return Departement.objects.filter(pk__in=NAMES).order_by("code")


@pytest.mark.parametrize(
    ("asked", "number", "codes"),
    [
        (None, 1, ["11", "12"]),
        ("1", 1, ["11", "12"]),
        ("2", 2, ["13", "14"]),
        ("3", 3, ["15"]),
        ("4", 3, ["15"]),  # beyond the end: the last
        ("99999999999", 3, ["15"]),
        ("0", 3, ["15"]),  # as Django's own paginator has it
        ("-1", 3, ["15"]),
        ("abc", 1, ["11", "12"]),
        ("", 1, ["11", "12"]),
    ],
)
def test_the_page_that_was_asked_for_or_the_nearest(asked: str | None, number: int, codes: list[str]) -> None:
    page = read_page(listed(), asked, 2, "region")
    assert ([one.pk for one in page], page.number, page.paginator.count) == (codes, number, 5)


def test_it_takes_two_queries_with_what_is_beside(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        page = read_page(listed(), "2", 2, "region")
        assert next(iter(page)).region.name
        assert (page.start_index(), page.has_next(), page.paginator.num_pages) == (3, True, 3)


def test_nothing_is_one_empty_page() -> None:
    for asked in (None, "7"):
        page = read_page(Commune.objects.none().order_by("pk"), asked, 2)
        assert (list(page), page.number, page.paginator.count) == ([], 1, 0)
