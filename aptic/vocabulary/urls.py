"""The vocabulary under /api/v1/."""

from django.urls import path

from aptic.vocabulary import api

urlpatterns = [path("services/", api.Services.as_view(), name="api_services")]
