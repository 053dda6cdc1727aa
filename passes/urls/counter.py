"""Addresses of the counter."""

from django.urls import path

from passes.views.counter import entry, history, looking, offline

urlpatterns = [
    path("", entry.enter, name="counter_home"),
    path("sw.js", offline.service_worker, name="counter_worker"),
    path("manifest.webmanifest", offline.manifest, name="counter_manifest"),
    path("<uuid:organisation>/<uuid:site>/", looking.counter, name="counter"),
    path("<uuid:organisation>/<uuid:site>/encaisser/", looking.confirm, name="counter_confirm"),
    path("<uuid:organisation>/<uuid:site>/journee/", history.day, name="counter_day"),
    path("<uuid:organisation>/<uuid:site>/hors-ligne.json", offline.knowledge, name="counter_knowledge"),
    path("<uuid:organisation>/<uuid:site>/hors-ligne/", offline.shell, name="counter_shell"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/", history.done, name="counter_done"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/annuler/", history.void, name="counter_void"),
]
