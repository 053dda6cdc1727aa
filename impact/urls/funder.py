"""The funder's first page, menu and reports."""

from django.urls import path

from aptic.context import Entry, declare_space, group
from impact.urls._trace import patterns
from impact.views import homes, hub_seen, reports, territories

urlpatterns = [
    path("", homes.funder_home, name="funder_home"),
    path("operations/<uuid:campaign>/rapport/", reports.report, name="funder_report"),
    path("operations/<uuid:campaign>/rapport.csv", reports.report_csv, name="funder_report_csv"),
    path("operations/<uuid:campaign>/rapport.pdf", reports.report_pdf, name="funder_report_pdf"),
    path("territoires/", territories.funder_list, name="funder_territories"),
    path("territoires/simulateur/", territories.funder_simulator, name="funder_simulator"),
    path("territoires/<str:territory>/", territories.funder_detail, name="funder_territory"),
    path("tetes-de-reseau/", hub_seen.funder_list, name="funder_hubs"),
    path("tetes-de-reseau/<uuid:pk>/", hub_seen.funder_seen, name="funder_remit"),
    *patterns("funder"),
]
declare_space(
    "funder",
    label="Espace commanditaire",
    entries=[
        ("Tableau de bord", "funder_home"),
        ("Territoires", "funder_territories"),
        ("Opérations", "funder_campaigns"),
        ("Commandes", "funder_orders"),
        ("Stock", "funder_stock"),
        ("Lots", "funder_batches"),
        ("Suivre un euro", "funder_follow"),
        group(
            "Organisation",
            Entry("Équipe", "funder_team", frozenset({"manager"})),
            ("Tête de réseau", "funder_hubs"),
        ),
    ],
)
