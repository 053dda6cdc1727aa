"""What most tests of the counter stand on: a till, and a browser in front of it."""

import pytest
from django.test import Client

from aptic.accounts.devices import DEVICE_COOKIE
from tests.passes.world import TestTill, make_till


@pytest.fixture
def till() -> TestTill:
    """A qualified actor's site, with a paired device."""
    return make_till()


@pytest.fixture
def tablet(till: TestTill) -> Client:
    """A browser that was paired with the site."""
    client = Client()
    client.cookies[DEVICE_COOKIE] = till.token
    return client
