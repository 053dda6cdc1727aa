"""An actor's addresses for what its sites refused and what goes wrong after the fact, under /acteur/<organisation>/."""

from django.urls import path

from passes.views import support, void_requests

urlpatterns = [
    path("refus/", support.actor_refusals, name="actor_refusals"),
    path("refus/<uuid:pk>/", support.actor_refusal, name="actor_refusal"),
    path("incidents/", void_requests.actor_list, name="actor_incidents"),
    path("incidents/annulations/<uuid:pk>/", void_requests.actor_answer, name="actor_void_request"),
    path("incidents/demander/<uuid:redemption_id>/", void_requests.ask, name="void_request"),
]
