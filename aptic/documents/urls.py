"""Addresses under /documents/."""

from django.urls import path

from aptic.documents import views

urlpatterns = [path("<uuid:document>/", views.download, name="document")]
