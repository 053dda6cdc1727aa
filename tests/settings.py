"""The product's settings, on the servers of the test run (`tests/servers.py`), with keys that protect nothing."""

import base64
import os
from pathlib import Path

from tests.servers import SERVERS

# The libraries of browsers, where set-up put them: a run has a place of its own for the rest.
os.environ.setdefault("APTIC_TEST_LIBRARIES", str(Path(os.environ.get("APTIC_VAR") or "var").resolve() / "vendor"))
os.environ.update(SERVERS.environment())
for ring, letter in (("APTIC_CODE_KEYS", b"c"), ("APTIC_SIGNING_KEYS", b"s"), ("APTIC_DATA_KEYS", b"d")):
    key = base64.b64encode(letter * 32).decode()
    os.environ[ring] = f"31:{base64.b64encode(letter.upper() * 32).decode()},1:{key}" if letter == b"c" else f"1:{key}"
os.environ["APTIC_SECRET_KEY"] = "only-for-tests"
os.environ["APTIC_DEMO"] = "0"

from aptic.settings import *  # noqa: E402, F403 - the environment must be ready
from aptic.settings import CACHES, DATABASES, STATICFILES_DIRS, STORAGES  # noqa: E402

ALLOWED_HOSTS = ["*"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATICFILES_DIRS += [os.environ["APTIC_TEST_LIBRARIES"]]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A stall of a busy machine is no Valkey that is away: what is away refuses at once, in tests.
PATIENCE = {**CACHES["default"]["OPTIONS"], "socket_connect_timeout": 2, "socket_timeout": 2}
CACHES = {"default": {**CACHES["default"], "KEY_PREFIX": f"test-{os.getpid()}", "OPTIONS": PATIENCE}}
for database in DATABASES.values():
    database["CONN_MAX_AGE"] = 0
    # A server started by a test (`live_site`) serves that test's database.
    database["NAME"] = os.environ.get("APTIC_TEST_DATABASE") or database["NAME"]
