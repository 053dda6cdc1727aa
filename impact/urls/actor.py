"""The actor's first page and menu."""

from django.urls import path

from aptic.context import declare_space
from impact.views import homes

urlpatterns = [path("", homes.actor_home, name="actor_home")]
declare_space(
    "actor",
    label="Espace acteur",
    entries=[("Tableau de bord", "actor_home"), ("Paiements", "actor_payouts"), ("Guichet", "counter_home")],
)
