"""The operator's first page and menu."""

from django.urls import path

from aptic.context import Entry, declare_space, group
from impact.urls._trace import patterns
from impact.views import homes, proof, territories

urlpatterns = [
    path("", homes.operator_home, name="operator_home"),
    path("preuve/", proof.show, name="operator_proof"),
    path("ratio/", territories.operator_ratios, name="operator_ratios"),
    path("territoires/", territories.operator_list, name="operator_territories"),
    path("territoires/seuils/", territories.thresholds, name="operator_thresholds"),
    path("territoires/calculer/", territories.measure, name="operator_territories_measure"),
    path("territoires/simulateur/", territories.operator_simulator, name="operator_simulator"),
    path("territoires/<str:territory>/", territories.operator_detail, name="operator_territory"),
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
            ("Territoires", "operator_territories"),
            ("Têtes de réseau", "operator_hubs"),
            ("Ratio", "operator_ratios"),
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
