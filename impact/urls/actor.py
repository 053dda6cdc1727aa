"""The actor's first page, its income and its menu."""

from django.urls import path

from aptic.context import Entry, declare_space, group
from impact.urls._trace import patterns
from impact.views import actor, hub_seen

urlpatterns = [
    path("", actor.home, name="actor_home"),
    path("revenus/", actor.income, name="actor_income"),
    path("revenus/declarer/", actor.declare, name="actor_income_declare"),
    path("tetes-de-reseau/", hub_seen.actor_list, name="actor_hubs"),
    path("tetes-de-reseau/<uuid:pk>/", hub_seen.actor_seen, name="actor_remit"),
    *patterns("actor"),
]
declare_space(
    "actor",
    label="Espace acteur",
    entries=[
        ("Tableau de bord", "actor_home"),
        ("Guichet", "counter_home"),
        group(
            "Argent",
            ("Paiements", "actor_payouts"),
            ("Incidents", "actor_incidents"),
            ("Suivre un euro", "actor_follow"),
            Entry("Revenus", "actor_income", frozenset({"manager", "finance"})),
            Entry("Banque", "actor_bank_account", frozenset({"manager", "finance"})),
        ),
        group(
            "Lieux",
            ("Lieux", "actor_sites"),
            Entry("Au guichet", "actor_staff", frozenset({"manager"})),
            Entry("Appareils", "actor_devices", frozenset({"manager"})),
            Entry("Refus", "actor_refusals", frozenset({"manager", "agent"})),
            Entry("Signalements", "actor_site_changes", frozenset({"manager", "agent"})),
        ),
        group(
            "Organisation",
            Entry("Équipe", "actor_team", frozenset({"manager"})),
            ("Tête de réseau", "actor_hubs"),
        ),
    ],
)
