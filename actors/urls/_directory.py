"""Addresses of what others say of sites: reports and imported files, included by the lists of each space."""

from django.urls import path

from actors.views import site_changes

public_patterns = [
    path("lieux/<uuid:pk>/signaler/", site_changes.report, name="site_report"),
]
actor_patterns = [
    path("signalements/", site_changes.actor_list, name="actor_site_changes"),
    path("signalements/<uuid:pk>/", site_changes.actor_answer, name="actor_site_change"),
]
operator_patterns = [
    path("signalements/", site_changes.operator_list, name="operator_site_changes"),
    path("signalements/<uuid:pk>/", site_changes.operator_answer, name="operator_site_change"),
]
