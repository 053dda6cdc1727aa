"""An amount that stands for money, as every screen writes it: a link to where it is followed, plain where nothing is.

`docs/decisions/amounts-that-lead.md` says which amounts stand for money.
"""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from aptic.french import euros


def amount(cents: int | None, url: str = "") -> SafeString:
    """The written amount; with an address, the link « Suivre cet euro »."""
    if not url:
        return format_html('<span class="money">{}</span>', euros(cents))
    return format_html('<a class="money" href="{}" title="Suivre cet euro">{}</a>', url, euros(cents))
