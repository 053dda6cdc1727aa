"""What the funders pay for: operations, where their money comes from, and which batches it makes.

Months count from the story's first; a month beyond the fourteenth lies in the future.
"""

from dataclasses import dataclass

from impact.demonstration import cast


@dataclass(frozen=True, slots=True)
class Money:
    """A sum on a funding line. `promised`: the month of its payment order, if any; `arrives` None: still awaited."""

    source: str  # empty: the funder itself
    cents: int
    arrives: float | None
    promised: float | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """A batch: booklets issued on one source's line, spread over distributors, and how well it is used."""

    source: str
    booklets: int
    month: float
    handed: float  # share of the booklets handed out in the end
    used: float  # share of handed passes used in the end
    weeks: int  # over which hand-outs spread
    distributors: tuple[str, ...] = tuple(one.key for one in cast.DISTRIBUTORS)


@dataclass(frozen=True, slots=True)
class Programme:
    """An operation with its terms, money and batches."""

    key: str
    name: str
    funder: str
    starts: float
    ends: float
    money: tuple[Money, ...]
    lots: tuple[Lot, ...]
    face_value_cents: int = 1000
    passes_per_booklet: int = 10
    services: tuple[int, ...] = ()
    around: str = ""  # restricted to the EPCI of this commune
    only_at: tuple[str, ...] = ()  # restricted to the sites of these actors
    passes_per_day: int | None = None
    claim_days: int = 31
    awaited: tuple[tuple[float, int], ...] = ()  # (month, booklets) of orders that nobody has issued yet
    prints: bool = True  # and sends its booklets
    lasts: bool = True  # codes are minted from it for as long as the demonstration lives


STATE = "État, inclusion numérique (exemple)"
EUROPE = "Fonds européen (exemple)"

PAST = Programme(
    "premiers-pas", "Premiers pas numériques", cast.GIRONDE, 0, 7,
    money=(Money("", 45_000_00, 0.9, promised=0.1), Money(STATE, 20_000_00, 0.3)),
    lots=(Lot("", 430, 0.2, 0.93, 0.7, 20), Lot(STATE, 180, 0.4, 0.9, 0.64, 20)),
    lasts=False,
)  # fmt: skip
MAIN = Programme(
    "connectee", "Gironde connectée", cast.GIRONDE, 4, 24,
    money=(
        Money("", 80_000_00, 4.6, promised=3.6),
        Money(EUROPE, 32_000_00, 6),
        Money("", 80_000_00, 9.2, promised=7.8),
        Money("", 30_000_00, None, promised=12.2),
    ),
    lots=(
        Lot("", 780, 4.1, 0.95, 0.74, 26),
        Lot(EUROPE, 300, 6.1, 0.9, 0.68, 30),
        Lot("", 800, 8.4, 0.9, 0.74, 28),
        Lot("", 280, 12.3, 0.8, 0.66, 10),
    ),
    awaited=((13.8, 20),),
)  # fmt: skip
RIGHTS = Programme(
    "droits", "Mes droits en ligne", cast.CAISSE, 3, 23,
    money=(Money("", 12_000_00, 5.2, promised=2.8), Money("", 18_000_00, None, promised=8.6)),
    lots=(Lot("", 240, 3.1, 0.92, 0.66, 26), Lot("", 340, 8.8, 0.85, 0.66, 26)),
    passes_per_booklet=5, services=(1,),
)  # fmt: skip
MEDOC = Programme(
    "medoc", "Médoc numérique", cast.FONDATION, 8, 23,
    money=(Money("", 3_000_00, 8),),
    lots=(Lot("", 40, 8.2, 0.85, 0.6, 20, ("mds-lesparre",)),),
    face_value_cents=500, around="Lesparre-Médoc",
)  # fmt: skip
WORK = Programme(
    "emploi", "Emploi en ligne", cast.FONDATION, 9, 23,
    money=(Money("", 1_500_00, 9),),
    lots=(Lot("", 24, 9.2, 0.8, 0.6, 18, ("mission-cenon", "mission-libourne")),),
    passes_per_booklet=5, only_at=("port-attache", "entraide-libournais"), awaited=((13.6, 60),),
)  # fmt: skip
YOUNG = Programme(
    "jeunes", "Jeunes en ligne", cast.GIRONDE, 7, 23,
    money=(Money("", 2_500_00, 7),),
    lots=(Lot("", 48, 7.2, 0.8, 0.6, 24, ("mission-cenon", "ccas-begles")),),
    passes_per_booklet=5, passes_per_day=1,
)  # fmt: skip
NEXT = Programme(
    "suite", "Gironde connectée, la suite", cast.GIRONDE, 23, 35,
    money=(Money("", 6_000_00, None, promised=13.6),),
    lots=(Lot("", 60, 13.7, 0, 0, 1),),
    prints=False,
)  # fmt: skip

# What is given back to the funder of an operation that is over, of which source, and in which month.
GIVEN_BACK = (PAST, Money(STATE, 2_000_00, None), 10.5)
PROGRAMMES = (PAST, MAIN, RIGHTS, MEDOC, WORK, YOUNG, NEXT)
"""The first is over and expired; the last has not begun; one is limited to some services, one to a territory, one to
some sites, one to a pass a day: each refusal at the counter has its operation."""
