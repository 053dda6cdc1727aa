"""Public addresses: the application form."""

from django.urls import path

from qualification.views import public as views

urlpatterns = [
    path("candidature/", views.application, name="application"),
    path("candidature/recue/", views.application_received, name="application_received"),
]
