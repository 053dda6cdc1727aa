"""The demonstration's own pages: the tour, and changing role. They do not exist elsewhere."""

from django.urls import path

from impact.views import demonstration

urlpatterns = [
    path("", demonstration.tour, name="demonstration"),
    path("carnet/", demonstration.take_booklet, name="demonstration_booklet"),
    path("role/", demonstration.change_role, name="demonstration_role"),
]
