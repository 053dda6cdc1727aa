"""Pure decisions of the funders' room: the terms a campaign may have, the sums that a funder could send."""

import datetime as dt
from collections.abc import Iterable, Mapping

from aptic import french
from aptic.ledger.errors import InvalidAmount
from funders.errors import InvalidCampaign, InvalidOrder, RefundTooLarge

BOOKLET_SIZES = (5, 10)
MIN_FACE_CENTS, MAX_FACE_CENTS = 100, 100_000
MAX_BOOKLETS = 200_000
MAX_YEARS = 6
MAX_FUNDS_CENTS = 10_000_000_000  # a hundred million euros in one transfer: somebody forgot a comma


def check_terms(
    *,
    starts_on: dt.date,
    ends_on: dt.date,
    face_value_cents: int,
    passes_per_booklet: int,
    passes_per_day: int | None,
    claim_days: int,
) -> None:
    """Raise InvalidCampaign, naming the field, when the terms of a campaign contradict each other.

    A campaign lasts at most six years: nobody keeps a booklet longer, and a European programme is seven.
    """
    if ends_on < starts_on:
        raise InvalidCampaign("Le dernier jour vient après le premier.", field="ends_on")
    if (ends_on - starts_on).days > MAX_YEARS * 366:
        raise InvalidCampaign(f"Une opération dure au plus {MAX_YEARS} ans.", field="ends_on")
    if not MIN_FACE_CENTS <= face_value_cents <= MAX_FACE_CENTS:
        bounds = f"de {french.euros(MIN_FACE_CENTS)} à {french.euros(MAX_FACE_CENTS)}"
        raise InvalidCampaign(f"La valeur d’un pass va {bounds}.", field="face_value_cents")
    if passes_per_booklet not in BOOKLET_SIZES:
        raise InvalidCampaign("Un carnet compte 5 ou 10 pass.", field="passes_per_booklet")
    if passes_per_day is not None and not 1 <= passes_per_day <= passes_per_booklet:
        raise InvalidCampaign("Le nombre de pass par jour va de 1 au nombre de pass du carnet.", field="passes_per_day")
    if not 0 <= claim_days <= 366:
        raise InvalidCampaign("Le délai d’encaissement va de 0 à 366 jours.", field="claim_days")


def with_finer(chosen: Iterable[int], finer: Mapping[int, Iterable[int]]) -> list[int]:
    """The services that `chosen` opens: a service of the standard opens all the finer ones under it.

    `finer` gives, for each service of the standard, the ids under it. Redeeming compares ids and nothing else.
    """
    opened = set(chosen)
    for parent in list(opened):
        opened |= set(finer.get(parent, ()))
    return sorted(opened)


def check_booklets(booklets: int) -> None:
    """Raise InvalidOrder unless 1 ≤ booklets ≤ 200 000."""
    if not 1 <= booklets <= MAX_BOOKLETS:
        raise InvalidOrder(field="booklets")


def check_funds(amount_cents: int) -> None:
    """Raise InvalidAmount for zero, a negative sum, or one that no funder sends at once."""
    if amount_cents <= 0:
        raise InvalidAmount(field="amount_cents")
    if amount_cents > MAX_FUNDS_CENTS:
        raise InvalidAmount(
            f"{french.euros(amount_cents)} en une fois ? Vérifiez la virgule : "
            f"le maximum est de {french.euros(MAX_FUNDS_CENTS)}.",
            field="amount_cents",
        )


def check_refund(amount_cents: int, *, refundable: int) -> None:
    """Raise RefundTooLarge when the line may give back less than that now."""
    if amount_cents > refundable:
        most = f"il ne peut être rendu que {french.euros(refundable)}" if refundable else "rien ne peut être rendu"
        raise RefundTooLarge(f"Sur cette ligne, {most} maintenant.", field="amount_cents")
