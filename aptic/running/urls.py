"""The three addresses that machines ask: alive, ready, measured."""

from django.urls import path

from aptic.running import views

urlpatterns = [
    path("livez", views.alive, name="livez"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
