"""Pure decisions on a territory's plan: how far it is, what is late, which tasks a diagnosis asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

STEPS = ("diagnosis", "actors", "funders", "opening")

# What is missing, by the codes of `impact.coverage_rules.GAPS`: (step, what to do).
ASKED_BY_GAP = {
    "no_site": ("actors", "Trouver un premier acteur et l’accompagner dans sa candidature"),
    "near": ("actors", "Ouvrir un lieu, ou une tournée, là où vivent les habitants éloignés"),
    "distance": ("actors", "Rapprocher l’aide : proposer une tournée aux acteurs présents"),
    "actors": ("actors", "Faire candidater d’autres acteurs, sous le plafond"),
    "sites": ("actors", "Ouvrir d’autres lieux avec les acteurs présents"),
    "capacity": ("funders", "Convenir avec les commanditaires du rythme des prochaines commandes"),
    "services": ("opening", "Demander aux acteurs d’ajouter à leur catalogue les services qui manquent"),
    "hours": ("opening", "Faire écrire leurs horaires aux lieux qui ne l’ont pas fait"),
}
SHARE = ("share", "diagnosis", "Partager le diagnostic avec les acteurs, les communes et les commanditaires")
NO_FUNDER = ("no_funder", "funders", "Rencontrer un premier commanditaire")
ANNOUNCE = ("announce", "opening", "Annoncer l’ouverture aux aiguilleurs et aux habitants")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A task that the facts ask for; `gap` keeps it from being proposed twice."""

    gap: str
    step: str
    text: str
    note: str = ""


def proposals(lacks: Iterable[tuple[str, str]], *, campaigns: int) -> list[Proposal]:
    """The tasks for what is missing, (code, what is seen), in the order of the steps; `campaigns` are those open there.

    >>> [one.gap for one in proposals([("hours", "Les horaires de 0 lieu sur 3 sont connus.")], campaigns=0)]
    ['share', 'no_funder', 'hours', 'announce']
    """
    wanted = [Proposal(*SHARE), *([] if campaigns else [Proposal(*NO_FUNDER)])]
    wanted += [Proposal(code, *ASKED_BY_GAP[code], note=seen) for code, seen in lacks]
    wanted.append(Proposal(*ANNOUNCE))
    return sorted(wanted, key=lambda one: STEPS.index(one.step))


@dataclass(frozen=True, slots=True)
class Progress:
    """So many done, of all."""

    done: int
    whole: int


def progress(counted: Mapping[str, tuple[int, int]]) -> Progress:
    """Over every step. `counted`: (done, all) by step.

    >>> progress({"actors": (1, 3), "opening": (2, 2)})
    Progress(done=3, whole=5)
    """
    return Progress(sum(done for done, _ in counted.values()), sum(whole for _, whole in counted.values()))


def is_late(due_on: date | None, *, done: bool, today: date) -> bool:
    """True once its day is past and it is not done: the day itself is still in time."""
    return not done and due_on is not None and due_on < today


def filled_by_itself(gap: str, missing: Iterable[str]) -> bool:
    """True when coverage asked for the task and asks no more."""
    return gap in ASKED_BY_GAP and gap not in set(missing)
