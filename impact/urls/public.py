"""Public counters."""

from django.urls import path

from impact.views import public

urlpatterns = [path("transparence/", public.transparency, name="transparency")]
