"""Addresses of the counter."""

from django.urls import path

from passes.views import counter

urlpatterns = [
    path("", counter.choose_site, name="counter_home"),
    path("<uuid:organisation>/<uuid:site>/", counter.counter, name="counter"),
    path("<uuid:organisation>/<uuid:site>/encaisser/", counter.confirm, name="counter_confirm"),
    path("<uuid:organisation>/<uuid:site>/journee/", counter.day, name="counter_day"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/", counter.done, name="counter_done"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/annuler/", counter.void, name="counter_void"),
]
