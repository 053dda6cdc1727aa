"""Addresses under /travaux/."""

from django.urls import path

from aptic.jobs import views

urlpatterns = [
    path("<uuid:job>/", views.show, name="job"),
    path("<uuid:job>/arreter/", views.cancel, name="job_cancel"),
    path("<uuid:job>/relancer/", views.restart, name="job_restart"),
]
