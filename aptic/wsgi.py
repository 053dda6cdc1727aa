"""The door that the web server opens: the application, once its database role has been found harmless."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aptic.settings")
application = get_wsgi_application()

from aptic.tenancy.checks import refuse_unsafe_serving  # noqa: E402 - the registry must be ready

refuse_unsafe_serving()
gc.collect()
gc.freeze()  # what is loaded stays: the collector need not look at it again
