"""The tests' settings on a database server of the test's own."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

for database in DATABASES.values():
    database["HOST"] = os.environ["APTIC_TEST_SOCKETS"]
    database["CONN_MAX_AGE"] = 600  # as in service: connections outlive requests, and the server
