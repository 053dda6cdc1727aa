"""Public look-ups of places, for the fields that ask for one."""

from django.urls import path

from aptic.territories import views

app_name = "territories"
urlpatterns = [
    path("", views.territories, name="territories"),
    path("communes/", views.communes, name="communes"),
]
