"""Addresses of the counter."""

from django.urls import path

from passes.views.counter import day, entry, history, looking, offline, options, refusing, sessions, sheets, training

urlpatterns = [
    path("", entry.enter, name="counter_home"),
    path("refus.json", refusing.refusal_list, name="counter_refusals"),
    path("sw.js", offline.service_worker, name="counter_worker"),
    path("manifest.webmanifest", offline.manifest, name="counter_manifest"),
    path("<uuid:organisation>/<uuid:site>/", looking.counter, name="counter"),
    path("<uuid:organisation>/<uuid:site>/encaisser/", looking.confirm, name="counter_confirm"),
    path("<uuid:organisation>/<uuid:site>/journee/", day.day, name="counter_day"),
    path("<uuid:organisation>/<uuid:site>/seances/", sessions.sessions, name="counter_sessions"),
    path("<uuid:organisation>/<uuid:site>/seances/<uuid:session>/", sessions.session, name="counter_session"),
    path(
        "<uuid:organisation>/<uuid:site>/seances/<uuid:session>/encaisser/",
        sessions.take_in,
        name="counter_session_take",
    ),
    path(
        "<uuid:organisation>/<uuid:site>/seances/<uuid:session>/fermer/", sessions.close, name="counter_session_close"
    ),
    path(
        "<uuid:organisation>/<uuid:site>/seances/<uuid:session>/hors-ligne/",
        offline.session_shell,
        name="counter_session_shell",
    ),
    path("<uuid:organisation>/<uuid:site>/seances/<uuid:session>/feuille/", sheets.sheet, name="counter_sheet"),
    path("<uuid:organisation>/<uuid:site>/seances/<uuid:session>/feuille.pdf", sheets.file, name="counter_sheet_file"),
    path("<uuid:organisation>/<uuid:site>/reglages/", options.options, name="counter_options"),
    path("<uuid:organisation>/<uuid:site>/entrainement/", training.look, name="training"),
    path("<uuid:organisation>/<uuid:site>/entrainement/encaisser/", training.take, name="training_take"),
    path("<uuid:organisation>/<uuid:site>/entrainement/recu/", training.done, name="training_done"),
    path("<uuid:organisation>/<uuid:site>/entrainement/annuler/", training.undo, name="training_undo"),
    path("<uuid:organisation>/<uuid:site>/entrainement/carnet/", training.booklet, name="training_booklet"),
    path("<uuid:organisation>/<uuid:site>/hors-ligne.json", offline.knowledge, name="counter_knowledge"),
    path("<uuid:organisation>/<uuid:site>/hors-ligne/", offline.shell, name="counter_shell"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/", history.done, name="counter_done"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/annuler/", history.void, name="counter_void"),
    path("<uuid:organisation>/<uuid:site>/<uuid:redemption_id>/demander/", history.ask, name="counter_void_ask"),
]
