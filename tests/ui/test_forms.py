"""Fields and their errors: what is typed is kept, what is wrong is said twice, once with a link."""

from datetime import date
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from aptic.forms import DateField, EurosField
from tests.ui.samples import SampleForm


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("10", 1000), ("1 234,5", 123450), ("1234.50 €", 123450), ("1\xa0234,50\xa0€", 123450), ("0,01", 1)],
)
def test_an_amount_is_read_as_cents(typed: str, cents: int) -> None:
    assert EurosField().clean(typed) == cents


@pytest.mark.parametrize("typed", ["0", "-5", "0,00", "dix", "1,234", "1e9", "", "99999999999"])
def test_an_amount_of_nothing_negative_or_absurd_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        EurosField().clean(typed)


def test_an_amount_comes_back_as_it_is_typed() -> None:
    class OneAmount(forms.Form):
        amount = EurosField(label="Montant", initial=123450)

    assert 'value="1234,50"' in str(OneAmount())
    assert 'value="dix"' in str(OneAmount({"amount": "dix"}))


@pytest.fixture
def page() -> str:
    """A form full of mistakes."""
    wrong: dict[str, Any] = {"name": "", "amount": "0", "ends_on": "hier", "service": "a", "size": "10"}
    return str(SampleForm(wrong))


def test_the_summary_links_to_each_field_at_fault(page: str) -> None:
    assert "3 points sont à corriger" in page
    for field in ("id_name", "id_amount", "id_ends_on"):
        assert f'href="#{field}"' in page
        assert f'id="{field}"' in page


def test_hint_and_error_are_tied_to_the_answer(page: str) -> None:
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in page
    assert 'id="id_amount_helptext"' in page
    assert 'id="id_amount_error"' in page
    assert 'aria-invalid="true"' in page


def test_what_may_be_left_empty_says_so(page: str) -> None:
    assert page.count("(facultatif)") == 1


def test_a_day_is_written_as_the_browser_reads_it() -> None:
    assert 'type="date"' in str(SampleForm()["ends_on"])


@pytest.mark.parametrize("typed", ["9999-12-31", "0001-01-01", "31/12/1999", "2101-01-01"])
def test_a_day_that_nobody_means_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="entre 2000 et 2100"):
        DateField().clean(typed)


def test_the_first_and_the_last_day_are_taken() -> None:
    assert [DateField().clean(typed) for typed in ("2000-01-01", "31/12/2100")] == [
        date(2000, 1, 1),
        date(2100, 12, 31),
    ]
