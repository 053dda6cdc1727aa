"""Addresses of « Suivre cet euro »: kinds are English in code and French in addresses."""

from django.urls import URLPattern, path, register_converter

from impact.views import tracing

WORDS = {
    "funder": "commanditaire", "campaign": "operation", "line": "ligne", "batch": "lot", "booklet": "carnet",
    "pass": "pass", "redemption": "encaissement", "site": "lieu", "actor": "acteur", "payout": "paiement",
    "settlement": "reglement", "transfer": "mouvement",
}  # fmt: skip
KINDS = {word: kind for kind, word in WORDS.items()}


class KindConverter:
    """`line` in code, `ligne` in the address; a word of neither is no address."""

    regex = "|".join(KINDS)

    def to_python(self, value: str) -> str:
        """From the address."""
        return KINDS[value]

    def to_url(self, value: str) -> str:
        """To the address."""
        try:
            return WORDS[value]
        except KeyError as error:
            raise ValueError from error


register_converter(KindConverter, "trace_kind")


def patterns(space: str) -> list[URLPattern]:
    """The two pages of one space: the search, and what is followed."""
    return [
        path("suivre/", getattr(tracing, f"{space}_follow"), name=f"{space}_follow"),
        path("suivre/<trace_kind:kind>/<str:ref>/", getattr(tracing, f"{space}_trace"), name=f"{space}_trace"),
    ]
