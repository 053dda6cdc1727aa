"""The hub's first page, actors and plan, under /tete-de-reseau/<organisation>/; and its menu."""

from django.urls import path

from aptic.context import Entry, declare_space
from impact.views import hub

urlpatterns = [
    path("", hub.home, name="hub_home"),
    path("acteurs/", hub.actor_list, name="hub_actors"),
    path("acteurs/<uuid:pk>/", hub.actor_detail, name="hub_actor"),
    path("plan/", hub.plan_page, name="hub_plan"),
    path("plan/proposer/", hub.plan_propose, name="hub_plan_propose"),
    path("plan/operationnel/", hub.plan_reach, name="hub_plan_reach"),
]
declare_space(
    "hub",
    label="Espace tête de réseau",
    entries=[
        ("Territoire", "hub_home"),
        ("Plan", "hub_plan"),
        ("Acteurs", "hub_actors"),
        ("Candidatures", "hub_applications"),
        ("Commanditaires", "hub_funders"),
        Entry("Équipe", "hub_team", frozenset({"manager"})),
    ],
)
