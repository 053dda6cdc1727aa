"""What other rooms put on the receipt of a redemption: imports only go down, so they register here.

@on_receipt
def question(request, place, redemption): return {"template": "…", …}
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from actors.models import Site
from passes.models import Redemption

Aside = Callable[[HttpRequest, Site, Redemption], dict[str, Any] | None]
_asides: list[Aside] = []


def on_receipt(aside: Aside) -> Aside:
    """Let a room add a part to the receipt: a template with its values, or None when it has nothing to say."""
    _asides.append(aside)
    return aside


def asides_of(request: HttpRequest, place: Site, redemption: Redemption) -> list[dict[str, Any]]:
    """The parts for this receipt."""
    return [found for aside in _asides if (found := aside(request, place, redemption))]
