"""What the bar of a demonstration shows: its roles, and which one the visitor plays."""

from typing import Any

from django import template

from impact.demonstration.roles import ROLES, BarRole

register = template.Library()


@register.simple_tag(takes_context=True)
def demonstration_roles(context: dict[str, Any]) -> list[tuple[BarRole, bool]]:
    """(role, whether the visitor plays it), in the order of the bar."""
    request = context["request"]
    played = request.session.get("demonstration_role", "") if request.user.is_authenticated else "habitant"
    return [(role, role.key == played) for role in ROLES.values()]
