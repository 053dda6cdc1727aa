"""What a distributor follows: a booklet that it holds or handed out."""

from django.urls import path

from impact.urls import _trace  # noqa: F401 registers the converter of kinds
from impact.views import distributor

urlpatterns = [path("suivre/<trace_kind:kind>/<str:ref>/", distributor.trace, name="distributor_trace")]
