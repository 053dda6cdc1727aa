"""The operator's first page and menu."""

from django.urls import path

from aptic.context import Entry, declare_space, group
from impact.urls._trace import patterns
from impact.views import homes, proof

urlpatterns = [
    path("", homes.operator_home, name="operator_home"),
    path("preuve/", proof.show, name="operator_proof"),
    *patterns("operator"),
]
declare_space(
    "operator",
    label="Espace opérateur",
    entries=[
        ("Tableau de bord", "operator_home"),
        group(
            "Commanditaires",
            ("Commanditaires", "operator_funders"),
            ("Commandes", "operator_orders"),
            ("Lots", "operator_batches"),
            ("Aiguilleurs", "operator_distributors"),
        ),
        group(
            "Réseau",
            ("Acteurs", "operator_actors"),
            ("Candidatures", "operator_applications"),
            ("Référentiel", "operator_referentials"),
            ("Refus", "operator_refusals"),
            ("Signalements", "operator_site_changes"),
            ("Lieux connus", "operator_known_places"),
        ),
        group(
            "Argent",
            ("Règlements", "operator_settlements"),
            ("Incidents", "operator_incidents"),
            ("Banque", "operator_bank_balances"),
            ("Suivre un euro", "operator_follow"),
            ("Preuve", "operator_proof"),
        ),
        group(
            "Installation",
            Entry("Équipe", "operator_team", frozenset({"manager"})),
            Entry("Machines", "operator_machinery", frozenset({"manager"})),
        ),
    ],
)
