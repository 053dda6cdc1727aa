"""What the catalogue shows: invented figures, in every state a component knows."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator

from aptic import charts, french
from aptic.forms import DateField, EurosField

DAY = dt.date(2027, 12, 31)
MONTHS = [french.short_month(dt.date(2025 + (8 + i) // 12, (8 + i) % 12 + 1, 1)) for i in range(14)]
USED = [0, 2, 5, 9, 14, 22, 19, 25, 31, 28, 12, 35, 41, 38]
HANDED = [10, 14, 18, 21, 20, 30, 35, 31, 40, 38, 22, 44, 52, 49]


class SampleForm(forms.Form):
    """Each kind of field, bound with mistakes."""

    name = forms.CharField(label="Nom de l’opération", help_text="Celui que liront les aiguilleurs.")
    amount = EurosField(label="Montant", min_cents=1000, help_text="En euros, par exemple 1 500.")
    ends_on = DateField(label="Dernier jour", help_text="Inclus.")
    comment = forms.CharField(label="Remarque", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    service = forms.ChoiceField(label="Service", choices=[("a", "Smartphone"), ("b", "Démarches en ligne")])
    size = forms.ChoiceField(
        label="Taille des carnets", choices=[("5", "5 pass"), ("10", "10 pass")], widget=forms.RadioSelect
    )
    consent = forms.BooleanField(label="La personne accepte d’être rappelée", required=False)


def _figures() -> list[dict[str, Any]]:
    period = "depuis le 1er janvier 2027"
    return [
        {"value": french.euros(4920000), "sentence": "utilisés et versés aux acteurs", "url": "#f1", "period": period},
        {"value": french.euros(1080050), "sentence": "utilisés, à verser le 30 novembre", "url": "#f2"},
        {
            "value": french.euros(3600000),
            "sentence": "dans les mains des habitants",
            "trend": "+ 12 % en un mois",
            "trend_kind": "up",
        },
        {"value": french.euros(2400000), "sentence": "encore chez les aiguilleurs"},
    ]


def _chain() -> list[dict[str, Any]]:
    at = dt.datetime(2027, 3, 3, 14, 5, tzinfo=dt.UTC)
    return [
        {
            "kind": "Ligne de financement",
            "title": "Département de démonstration",
            "cents": 12000000,
            "at": at,
            "url": "#c1",
        },
        {
            "kind": "Lot",
            "title": "Lot 12, carnets de 10",
            "cents": 500000,
            "at": at,
            "url": "#c2",
            "text": "500 pass de 10 €",
        },
        {"kind": "Pass", "title": "7Q2K9XM", "cents": 1000, "at": at, "state": "here"},
        {"kind": "Lieu", "title": "Médiathèque de démonstration", "cents": 1000, "at": at, "url": "#c3"},
        {"kind": "Contre-paiement", "title": "Règlement du 10 mars 2027", "cents": 24000, "state": "next"},
        {"kind": "Ligne de banque", "title": "Virement SEPA", "cents": 24000, "state": "next"},
    ]


def context() -> dict[str, Any]:
    """Everything that `templates/ui/catalogue.html` reads."""
    money = lambda v: french.euros(int(v * 100))  # noqa: E731
    ratio = [4000, 5200, 6900, 8000, 9900, 11800, 12500, 13900, 15800, 17200, 18100, 18900]
    return {
        "crumbs": [("Commanditaire", "#z1"), ("Opérations", "#z2")],
        "tabs": [
            ("Vue d’ensemble", "#t1", True),
            ("Lots", "#t2", False),
            ("Stocks", "#t3", False),
            ("Rapport", "#t4", False),
        ],
        "segments": [
            charts.Segment("versés", 4920000, french.euros(4920000)),
            charts.Segment("à verser", 1080000, french.euros(1080000)),
            charts.Segment("chez les habitants", 3600000, french.euros(3600000)),
            charts.Segment("chez les aiguilleurs", 2400000, french.euros(2400000)),
        ],
        "figures": _figures(),
        "rows": [
            {
                "name": "CCAS de démonstration",
                "commune": "Bègles",
                "got": 1200,
                "given": 1164,
                "cents": 164000,
                "tag": "bon rythme",
                "kind": "ok",
            },
            {
                "name": "Mission locale",
                "commune": "Libourne",
                "got": 150,
                "given": 61,
                "cents": 61050,
                "tag": "à relancer",
                "kind": "wait",
            },
            {
                "name": "Maison des solidarités",
                "commune": "Blaye",
                "got": 120,
                "given": 0,
                "cents": 0,
                "tag": "stock dormant",
                "kind": "no",
            },
        ],
        "page_obj": Paginator(range(1000), 50).page(7),
        "day": DAY,
        "passes": [
            {"number": n, "state": "used" if n < 4 else "no" if n == 4 else "now" if n == 5 else "alive"}
            for n in range(1, 11)
        ],
        "stacked": charts.bar_chart(
            MONTHS,
            [
                charts.Series("Utilisés", USED),
                charts.Series("Remis, pas encore utilisés", HANDED),
                charts.Series("En stock", USED[::-1]),
            ],
            title="Pass par mois",
        ),
        "line": charts.line_chart(
            MONTHS[:12],
            ratio,
            title="Revenu de l’acteur",
            band=charts.Band(15000, 25000, "15 à 25 k€ par an"),
            shown=money,
            value_name="Revenu",
        ),
        "bars": charts.row_chart(
            [
                charts.Segment(n, v, french.plural(v, "pass,pass"))
                for n, v in (
                    ("Prendre en main un smartphone", 412),
                    ("Démarches en ligne", 388),
                    ("Courrier électronique", 97),
                    ("Accompagner son enfant", 3),
                )
            ],
            title="Pass utilisés, par service",
            first="Service",
            value_name="Pass",
        ),
        "margins": charts.line_chart(
            MONTHS[:6],
            [3, 5, 4, 6, 8, 9],
            margins=[(2, 4), (3, 7), (3, 6), (4, 8), (6, 10), (7, 12)],
            title="Coûts évités",
        ),
        "chain": _chain(),
        "steps": [
            {"title": t, "text": "Une phrase qui dit ce que l’on verra.", "url": "#s", "state": s}
            for t, s in (
                ("Le commanditaire paie", "done"),
                ("Le lot est émis", "done"),
                ("Le carnet est remis", "here"),
                ("Le pass est encaissé", ""),
            )
        ],
        "line_steps": [
            {"title": t, "state": s}
            for t, s in (("Opération", "done"), ("Financement", "here"), ("Lot", ""), ("Impression", ""))
        ],
        "jobs": [
            SimpleNamespace(
                pk="1",
                title="Impression du lot 12",
                state="running",
                done=140,
                total=500,
                message="Carnet 14 sur 50",
                is_finished=False,
            ),
            SimpleNamespace(
                pk="2",
                title="Émission du lot 13",
                state="done",
                done=500,
                total=500,
                message="500 pass émis",
                is_finished=True,
            ),
            SimpleNamespace(
                pk="3",
                title="Règlement au 1er mars",
                state="failed",
                done=3,
                total=9,
                message="Arrêté à l’acteur 3",
                is_finished=True,
            ),
        ],
        "form": SampleForm({"name": "", "amount": "0", "ends_on": "hier", "service": "a", "size": "10"}),
        "communes": ["Bègles (33130)", "Bordeaux (33000)"],
        "facts": [
            ("SIRET", french.siret("12345678900012")),
            ("Téléphone", french.phone("0500000000")),
            ("Opération", "Premiers clics", "#o"),
        ],
        "points": [
            "Les pass déjà encaissés restent dus.",
            "Les personnes qui viendraient seront orientées vers le lieu le plus proche.",
        ],
    }
