"""The public trail: the steps of all the money, each with what it counts, and the sums that anybody can do again.

Pure: a publication's figures in, rows for `impact/public_trail.html` out. A step says its amount or why it does not; a
sum is made only of what is said, and what was suppressed stands in it added to another, as it was published.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse

from aptic.french import number
from impact.suppression import FEES, FEWEST

Figures = dict[str, Any]


class Step(NamedTuple):
    """One step: its anchor, what it is called, which rows it counts, and in which sum it is found again."""

    anchor: str
    kind: str  # empty beside the path
    title: str
    counts: str
    sum: str
    cents: str  # the name of its amount: of `money`, or of `usage` for the value of passes
    passes: str = ""  # the name of its count in `usage`; money that is no pass has none


PATH = (
    Step("confie", "Confié", "Reçu des commanditaires",
         "Chaque virement reçu d’un commanditaire sur un compte cantonné, noté avec sa référence de banque, moins ce "
         "qui lui a été remboursé.",
         "recu", "collected"),
    Step("promis", "Confié", "Promis par les commanditaires",
         "Chaque mandat de paiement enregistré dont l’argent n’est pas encore arrivé.",
         "tout", "receivable"),
    Step("emis", "Émis", "Émis en pass",
         "Tous les pass des lots émis, à leur valeur.",
         "pass", "issued_cents", "issued"),
    Step("remis", "Remis", "Remis à des personnes",
         "Tous les pass des carnets qu’un aiguilleur a enregistrés comme remis, utilisés ou non.",
         "etapes", "handed_out_cents", "handed_out"),
    Step("utilise", "Utilisé", "Utilisé dans un lieu",
         "Chaque encaissement accepté dans un lieu et qui n’a pas été annulé.",
         "usage", "used_cents", "used"),
    Step("du", "Dû", "Dû aux acteurs",
         "Les pass utilisés dont le virement n’est pas parti. Rejeté, il est de nouveau dû, net de frais.",
         "usage", "payable", "owed"),
    Step("virement", "En cours", "En cours de virement",
         "Les pass des virements envoyés à la banque et pas encore exécutés. Le montant est net de frais.",
         "usage", "in_transfer", "under_way"),
    Step("verse", "Versé", "Versé aux acteurs",
         "Les pass dont le virement a été exécuté par la banque et n’est pas revenu, à leur valeur, frais compris.",
         "usage", "paid_cents", "paid"),
)  # fmt: skip
BESIDE = (
    Step("disponible", "", "Disponible pour de nouveaux pass",
         "L’argent confié qui n’est dans aucun pass, et celui qui y est revenu après la date de fin.",
         "tout", "credit"),
    Step("circulation", "", "Dans des pass pas encore utilisés",
         "Les pass émis, ni utilisés ni expirés : chez un aiguilleur ou dans la main d’une personne.",
         "pass", "circulation", "circulation"),
    Step("expire", "", "Expiré et rendu aux commanditaires",
         "Les pass arrivés à leur fin sans avoir servi. Leur valeur est rendue à la ligne de financement.",
         "pass", "expired_cents", "expired"),
    Step("cantonne", "", "Sur les comptes cantonnés aujourd’hui",
         "Le solde des comptes où l’argent des commanditaires est gardé à part.",
         "recu", "safeguarded"),
    Step("rembourse", "", "Remboursé aux commanditaires",
         "L’argent qui n’a pas servi et qui leur a été rendu. Il n’est plus compté dans ce qui est reçu.",
         "recu", "refunded"),
    Step("frais", "", "Frais et TVA de l’opérateur",
         "Retenus sur les virements aux acteurs, hors taxes et TVA, encore dus ou déjà retirés.",
         "usage", "fees"),
    Step("a-rendre", "", "À rembourser par les acteurs",
         "Des pass payés par erreur, dont l’encaissement est annulé : l’acteur doit encore rendre l’argent.",
         "tout", "claim"),
    Step("rendu", "", "Remboursé par les acteurs",
         "L’argent de pass payés par erreur, que des acteurs ont rendu par virement.",
         "recu", "claim_repaid"),
    Step("garantie", "", "Versé par la garantie",
         "Un pass accepté sans réseau alors qu’il avait déjà servi : la garantie de l’opérateur le paie à l’acteur, et "
         "les commanditaires n’en portent rien.",
         "recu", "guarantee_granted"),
)  # fmt: skip
RARE = frozenset({"issuing_cents", "claim", "claim_repaid", "guarantee_granted"})  # said when there is any
LABELS = {
    "collected": ("Reçu", "confie"),
    "receivable": ("Promis", "promis"),
    "issued_cents": ("Émis", "emis"),
    "issuing_cents": ("En cours de création", "emis"),
    "used_cents": ("Utilisé", "utilise"),
    "expired_cents": ("Expiré", "expire"),
    "credit": ("Disponible", "disponible"),
    "circulation": ("Pas encore utilisé", "circulation"),
    "payable": ("Dû aux acteurs", "du"),
    "in_transfer": ("En cours de virement", "virement"),
    "settled": ("Versé aux acteurs, net de frais", "verse"),
    "fees": ("Frais et TVA de l’opérateur", "frais"),
    "swept": ("Frais et TVA déjà retirés", "frais"),
    "safeguarded": ("Sur les comptes cantonnés", "cantonne"),
    "claim": ("À rembourser par les acteurs", "a-rendre"),
    "claim_repaid": ("Remboursé par les acteurs", "rendu"),
    "guarantee_granted": ("Versé par la garantie", "garantie"),
}
# A use that was paid and then undone is used no more: what its actor owes for it, or gave back, was paid all the same.
# And a pass that the guarantee pays was used by nobody once more.
BESIDE_USE = ("claim", "claim_repaid", "guarantee_granted")
# Anchor, title, what comes in, where it is.
SUMS = (
    ("tout", "Tout ce qui est confié est quelque part", ("collected", "receivable", *BESIDE_USE),
     ("credit", "circulation", "payable", "in_transfer", "settled", "fees")),
    ("recu", "Tout ce qui est reçu est encore là, ou versé", ("collected", "claim_repaid", "guarantee_granted"),
     ("safeguarded", "settled", "swept")),
    ("pass", "Tout ce qui est émis sert, attend ou expire", ("issued_cents", "issuing_cents"),
     ("used_cents", "circulation", "expired_cents")),
    ("usage", "Tout ce qui est utilisé est dû, en route ou versé", ("used_cents", *BESIDE_USE),
     ("payable", "in_transfer", "settled", "fees")),
)  # fmt: skip


def trail_url(anchor: str = "") -> str:
    """Where everybody follows the money; at one step."""
    return reverse("public_trail") + (f"#{anchor}" if anchor else "")


@dataclass(frozen=True, slots=True)
class Term:
    """One amount of a sum, and the step it leads to."""

    label: str
    cents: int
    url: str


@dataclass(frozen=True, slots=True)
class Sum:
    """What comes in and where it is, face to face."""

    anchor: str
    title: str
    left: list[Term]
    right: list[Term]

    @property
    def came(self) -> int:
        """The total of the left side."""
        return sum(term.cents for term in self.left)

    @property
    def found(self) -> int:
        """The total of the right side."""
        return sum(term.cents for term in self.right)

    @property
    def gap(self) -> int:
        """Zero when the two sides agree."""
        return self.came - self.found


def steps(figures: Figures, which: Iterable[Step]) -> list[dict[str, Any]]:
    """Links of `components/timeline.html`: each step with its amount, or why it is not said."""
    usage, amounts = figures.get("usage") or {}, _amounts(figures)
    made = {one.anchor for one in sums(figures)}
    shown = (step for step in which if step.cents not in RARE or amounts.get(step.cents))
    return [_link(step, usage, amounts.get(step.cents), made) for step in shown]


def _link(step: Step, usage: Figures, cents: int | None, made: set[str]) -> dict[str, Any]:
    passes = usage.get(step.passes) if step.passes else 0
    said = cents is not None and passes is not None
    known = step.passes in usage if step.passes else cents is not None
    unsaid = "" if said else _unsaid(known=known)
    count = f"{number(passes)} pass" if said and step.passes else ""
    return {
        "anchor": step.anchor,
        "kind": step.kind,
        "title": step.title,
        "text": f"{step.counts} {unsaid}".strip(),
        "count": count,
        "cents": cents if said else None,
        "cents_url": f"#compte-{step.sum}" if step.sum in made else "#compte-etapes",
        "at": None,
        "url": "",
        "state": "" if said else "next unsaid",
    }


def _unsaid(*, known: bool) -> str:
    if known:
        return f"Moins de {FEWEST} pass, ou de quoi retrouver un nombre si petit : il n’est pas publié."
    return "Cette publication n’en dit rien."


def sums(figures: Figures) -> list[Sum]:
    """The sums that this publication can make; none before it said what it joined."""
    money = figures.get("money") or {}
    if "joined" not in money:
        return []
    amounts = _amounts(figures)
    joined = [(_folded(names), cents) for names, cents in money["joined"]]
    made = []
    for anchor, title, left, right in SUMS:
        sides = [_terms(names, amounts, joined) for names in (left, right)]
        if all(side is not None for side in sides):
            made.append(Sum(anchor, title, *sides))  # type: ignore[arg-type]
    return made


def _terms(names: tuple[str, ...], amounts: Figures, joined: list[tuple[list[str], int]]) -> list[Term] | None:
    """Each amount by its name, and each published sum of amounts of this side only; None if one is missing."""
    groups = [([name], amounts[name]) for name in names if amounts.get(name) is not None]
    groups += [group for group in joined if set(group[0]) <= set(names)]
    if {name for group, _ in groups for name in group} != set(names):
        return None
    groups.sort(key=lambda group: names.index(group[0][0]))
    return [_term(*group) for group in groups if group[1] or len(group[0]) > 1 or group[0][0] not in RARE]


def _term(names: list[str], cents: int) -> Term:
    first, *others = (LABELS[name][0] for name in names)
    label = ", ".join([first, *(f"{other[:1].lower()}{other[1:]}" for other in others)])
    return Term(label, cents, trail_url(LABELS[names[0]][1]))


def _amounts(figures: Figures) -> Figures:
    """Every published amount by its name; the three accounts of fees as one, when all of them are said."""
    money, usage = figures.get("money") or {}, figures.get("usage") or {}
    fees = [money.get(name) for name in FEES]
    values = {name: value for name, value in usage.items() if name.endswith("_cents")}
    return {**values, **money, "fees": None if None in fees else sum(fees)}


def _folded(names: list[str]) -> list[str]:
    return list(dict.fromkeys("fees" if name in FEES else name for name in names))
