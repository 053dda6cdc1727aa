"""Public counters."""

from django.urls import path

from impact.views import front, public

urlpatterns = [
    path("", front.home, name="home"),
    path("transparence/", public.transparency, name="transparency"),
    path("transparence/suivre/", public.trail, name="public_trail"),
]
