"""What an API key may be allowed to do: a list that the business apps complete at start-up (`AppConfig.ready`)."""

from dataclasses import dataclass

from aptic.tenancy.principal import Hat


@dataclass(frozen=True, slots=True)
class Scope:
    """One right: its name in requests, its words on screen, the hats it makes sense for."""

    name: str
    label: str
    hats: frozenset[Hat]


_known: dict[str, Scope] = {}


def register(name: str, label: str, *hats: Hat) -> None:
    """Offer `name` (`things:read`) to the organisations that wear one of `hats`."""
    _known[name] = Scope(name, label, frozenset(hats))


def offered_to(hat: Hat) -> list[Scope]:
    """The rights that a key of this hat may be given, by name."""
    return [_known[name] for name in sorted(_known) if hat in _known[name].hats]
