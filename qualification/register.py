"""The official register of companies (« recherche d’entreprises », a public JSON interface): what it knows of a SIRET.

Asked by a worker after the commit, never inside a transaction; off unless `COMPANY_REGISTER_URL` names it. Whatever
goes wrong is an answer too: people then check by hand, with the Insee's own notice among the papers.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.conf import settings

from qualification.candidacy_models import RegisterCheck

Outcome = RegisterCheck.Outcome
SECONDS = 5
MOST = 500_000  # bytes of an answer
HIDDEN = "N"  # statut_diffusion of whoever asked not to be shown; "P": partly shown


class RegisterAway(Exception):
    """No usable answer: worth trying again later."""


@dataclass(frozen=True, slots=True)
class Company:
    """What the register says of one establishment."""

    outcome: Outcome
    name: str = ""
    address: str = ""
    head_office: bool | None = None
    legal_code: str = ""


def ask(siret: str) -> Company:
    """The establishment with this SIRET. Raises RegisterAway."""
    url = f"{settings.COMPANY_REGISTER_URL}?{urlencode({'q': siret, 'page': 1, 'per_page': 1})}"
    if not url.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise RegisterAway("only https")
    request = Request(url, headers={"Accept": "application/json", "User-Agent": "aptic"})  # noqa: S310  checked above
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  checked above
            return read(json.loads(answer.read(MOST)), siret)
    except HTTPError as error:
        raise RegisterAway(f"HTTP {error.code}") from error
    except (URLError, TimeoutError, OSError, ValueError) as error:
        raise RegisterAway(type(error).__name__) from error


def read(answer: Any, siret: str) -> Company:
    """What an answer says of a SIRET. Pure. Raises RegisterAway when it is not shaped as the interface says."""
    try:
        found = [one for one in answer["results"] if one["siren"] == siret[:9]]
        if not found:
            return Company(Outcome.UNKNOWN)
        company = found[0]
        if company.get("statut_diffusion") == HIDDEN:
            return Company(Outcome.NOT_PUBLIC)
        places = [company.get("siege") or {}, *(company.get("matching_etablissements") or [])]
        place = next((one for one in places if one.get("siret") == siret), None)
        if place is None:
            return Company(Outcome.UNKNOWN, name=_text(company.get("nom_complet"), 200))
        return Company(
            Outcome.ACTIVE if place.get("etat_administratif") == "A" else Outcome.CLOSED,
            name=_text(company.get("nom_complet"), 200),
            address=_text(place.get("adresse"), 240),
            head_office=(company.get("siege") or {}).get("siret") == siret,
            legal_code=_text(company.get("nature_juridique"), 8),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise RegisterAway("unexpected answer") from error


def _text(value: Any, most: int) -> str:
    return str(value or "")[:most]
