"""The actor's addresses about the attempts at its sites, under /acteur/<organisation>/."""

from django.urls import path

from passes.views import support

urlpatterns = [
    path("refus/", support.actor_refusals, name="actor_refusals"),
    path("refus/<uuid:pk>/", support.actor_refusal, name="actor_refusal"),
]
