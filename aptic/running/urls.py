"""The three addresses that machines ask (alive, ready, measured), and the operator's page about the machines."""

from django.urls import path

from aptic.running import machinery, views

urlpatterns = [
    path("livez", views.alive, name="livez"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("operateur/<uuid:organisation>/machines/", machinery.show, name="operator_machinery"),
    path("operateur/<uuid:organisation>/machines/<uuid:message>/", machinery.retry, name="operator_message_retry"),
]
