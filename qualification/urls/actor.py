"""An actor's addresses of qualification, under /acteur/<organisation>/."""

from django.urls import path

from qualification.views import actor as views

urlpatterns = [path("lieux/<uuid:pk>/tournee/", views.actor_round, name="actor_round")]
