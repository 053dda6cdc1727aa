"""What no person types and every probing program sends: each page that reads it says so, none of them breaks."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_operator

pytestmark = pytest.mark.django_db

SEARCHES = (
    ("operator_applications", "q"),
    ("operator_follow", "q"),
    ("operator_territories", "departement"),
    ("operator_known_places", "departement"),
)


@pytest.mark.parametrize(("page", "name"), SEARCHES)
def test_a_zero_byte_is_a_request_that_nobody_can_read(client: Client, page: str, name: str) -> None:
    operator = make_operator()
    operator.log_in(client)
    answer = client.get(reverse(page, args=[operator.organisation.pk]), {name: "a\0b"})
    assert answer.status_code == 400
    assert "Nous n’avons pas compris cette demande" in answer.content.decode()


@pytest.mark.parametrize("typed", ["²", "lot ³", "٣", "①"])
def test_a_digit_that_is_no_number_finds_nothing(client: Client, typed: str) -> None:
    operator = make_operator()
    operator.log_in(client)
    answer = client.get(reverse("operator_follow", args=[operator.organisation.pk]), {"q": typed})
    assert answer.status_code == 200
