"""The tests' settings and two pages more: a counter that only reads, and a bench for frames."""

from pathlib import Path

from tests.settings import *  # noqa: F403 - the same site
from tests.settings import STATICFILES_DIRS, TEMPLATES

HERE = Path(__file__).parent
ROOT_URLCONF = "tests.reading.urls"
STATICFILES_DIRS += [HERE / "static"]
TEMPLATES[0]["DIRS"] += [HERE / "templates"]
