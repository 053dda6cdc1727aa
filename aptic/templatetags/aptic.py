"""Filters and tags for templates: French figures, addresses that keep their query, icons, plots."""

import itertools
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aptic import charts, french
from aptic.amounts import amount

register = template.Library()

for name, function in {
    "euros": french.euros,
    "number": french.number,
    "percent": french.percent,
    "date_fr": french.date,
    "datetime_fr": french.moment,
    "time_fr": french.time,
    "month_fr": french.month,
    "days": french.days,
    "kilometres": french.kilometres,
    "plural": french.plural,
    "agree": french.agree,
    "phone": french.phone,
    "phone_link": french.phone_link,
    "siret": french.siret,
    "groups": french.groups,
}.items():
    register.filter(name, function)


@register.filter
def groups4(code: str | None) -> str:
    """A code in groups of four: "7Q2K-9XM4-T8WA-VN3C"."""
    return "-".join(french.groups(code))


@register.filter
def cents_input(cents: int | None) -> str:
    """An amount as a form field shows it: 123450 → "1234,50", 1000 → "10"."""
    if cents is None:
        return ""
    return f"{cents // 100}" if cents % 100 == 0 else f"{cents / 100:.2f}".replace(".", ",")


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """The page's query string with some values changed; an empty one takes its key away: `{% query_with page=2 %}`."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


register.simple_tag(amount)


@register.simple_tag(takes_context=True)
def follow(context: template.Context, cents: int | None, kind: str, ref: object) -> SafeString:
    """An amount that leads to « Suivre cet euro » in the space one stands in: `{% follow cents "batch" batch.uuid %}`.

    Plain where that space follows nothing or `ref` is empty (the guarantee has no funder): one template serves all.
    """
    return amount(cents, _followed(context["request"], kind, ref) if ref else "")


def _followed(request: HttpRequest, kind: str, ref: object) -> str:
    hat = getattr(getattr(request, "principal", None), "hat", "")
    try:
        return reverse(f"{hat}_trace", args=[request.organisation.pk, kind, str(ref)])  # type: ignore[attr-defined]
    except (NoReverseMatch, AttributeError):
        return ""


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of `icons.svg`; silent unless it has a label."""
    address = f"{static('aptic/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


_serial = itertools.count(1)


@register.simple_tag
def unique_id(prefix: str = "u") -> str:
    """An id that no other element of the page bears: `{% unique_id "t" as id %}`."""
    return f"{prefix}-{next(_serial)}"


@register.simple_tag
def share_bar(
    segments: list[charts.Segment], label: str, *, total: float | None = None, tall: bool = False
) -> SafeString:
    """A stacked bar of shares, see `aptic.charts.share_bar`."""
    return charts.share_bar(segments, label=label, total=total, tall=tall)


@register.simple_tag
def rate_bar(value: float, total: float, label: str = "") -> SafeString:
    """One share of a whole as a thin bar, for tables: `{% rate_bar row.used row.issued %}`."""
    return charts.rate_bar(value, total, label=label)


@register.simple_tag
def swatch(rank: int) -> SafeString:
    """The square of a legend for the series of that rank, from 0."""
    return charts.swatch(rank)


@register.simple_tag
def booklet_label(passes: list[Any]) -> str:
    """What a row of small tickets says aloud: "Carnet : 7 pass restants sur 10"."""
    left = sum(1 for p in passes if (p["state"] if isinstance(p, dict) else p.state) in ("", "alive"))
    return f"Carnet : {left} pass {french.agree(left, 'restant')} sur {len(passes)}"


@register.simple_tag
def elided_pages(page: Page) -> list[int]:
    """The page numbers to show around the present one; 0 stands for the gap."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return [n if isinstance(n, int) else 0 for n in numbers]


@register.simple_block_tag
def ticket(content: str, variant: str = "alive", *, tilt: bool = False) -> SafeString:
    """The pass's shape around any content: `{% ticket "ok" %}…{% endticket %}` (alive, used, ok, no, wait)."""
    return format_html('<div class="ticket {}{}">{}</div>', variant, " tilt" if tilt else "", content)


@register.simple_block_tag
def note(content: str, kind: str = "") -> SafeString:
    """A remark beside the text: `{% note "wait" %}…{% endnote %}` (empty, ok, wait, no)."""
    return format_html('<div class="note {}">{}</div>', kind, content)


@register.simple_block_tag
def table_wrap(content: str, label: str) -> SafeString:
    """Lets a wide table scroll alone, by keyboard too: `{% table_wrap "Lots" %}<table>…</table>{% endtable_wrap %}`."""
    return format_html('<div class="table" role="region" aria-label="{}" tabindex="0">{}</div>', label, content)
