"""The distributor's addresses, under /aiguilleur/<organisation>/, and its menu."""

from django.urls import path

from aptic.context import Entry, declare_space
from passes.permissions import DECIDERS
from passes.views import distributor

urlpatterns = [
    path("", distributor.home, name="distributor_home"),
    path("remettre/", distributor.hand_out, name="distributor_hand_out"),
    path("remettre/confirmer/", distributor.confirm, name="distributor_confirm"),
    path("remises/", distributor.hand_outs, name="distributor_hand_outs"),
    path("remises/<uuid:pk>/", distributor.handed_out, name="distributor_handed_out"),
    path("remises/<uuid:pk>/annuler/", distributor.undo, name="distributor_undo"),
    path("stock/", distributor.stock, name="distributor_stock"),
]
declare_space(
    "distributor",
    label="Espace aiguilleur",
    entries=[
        ("Accueil", "distributor_home"),
        Entry("Remettre un carnet", "distributor_hand_out", frozenset(DECIDERS)),
        ("Remises", "distributor_hand_outs"),
        ("Stock", "distributor_stock"),
        Entry("Équipe", "distributor_team", frozenset({"manager"})),
    ],
)
