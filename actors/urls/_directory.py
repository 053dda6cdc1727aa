"""Addresses of what others say of sites: reports and imported files, included by the lists of each space."""

from django.urls import path

from actors.views import open_data, places, site_changes

public_patterns = [
    path("lieux/donnees/", open_data.page, name="open_data"),
    path("lieux/donnees/lieux.<slug:extension>", open_data.file, name="open_data_file"),
    path("lieux/<uuid:pk>/signaler/", site_changes.report, name="site_report"),
]
actor_patterns = [
    path("signalements/", site_changes.actor_list, name="actor_site_changes"),
    path("signalements/<uuid:pk>/", site_changes.actor_answer, name="actor_site_change"),
]
operator_patterns = [
    path("lieux-connus/", places.known_list, name="operator_known_places"),
    path("lieux-connus/importer/", places.import_start, name="operator_place_import_start"),
    path("lieux-connus/importer/<uuid:pk>/", places.import_detail, name="operator_place_import"),
    path("signalements/", site_changes.operator_list, name="operator_site_changes"),
    path("signalements/<uuid:pk>/", site_changes.operator_answer, name="operator_site_change"),
]
