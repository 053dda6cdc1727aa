"""The tests' settings for a process that a test starts beside itself: its files, and the scheme's bank account."""

import os

from tests.settings import *  # noqa: F403

MEDIA_ROOT = os.environ.get("APTIC_TEST_MEDIA", "")
DEBTOR_NAME, DEBTOR_IBAN, DEBTOR_BIC = "Aptic cantonnement", "FR1420041010050500013M02606", "PSSTFRPPPAR"
