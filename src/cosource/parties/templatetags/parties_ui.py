"""Words for roles, as the pages of every room say them."""

from collections.abc import Iterable

from django import template

from cosource.parties.web.form_fields import RIGHT_LABELS, ROLE_LABELS

register = template.Library()


@register.filter
def role_name(role: str) -> str:
    """Say a role."""
    return str(ROLE_LABELS.get(role, role))


@register.filter
def role_names(roles: Iterable[str]) -> str:
    """Say several roles, with commas."""
    return ", ".join(role_name(role) for role in roles)


@register.filter
def right_names(rights: Iterable[str]) -> str:
    """Say delegated rights, with commas."""
    return ", ".join(str(RIGHT_LABELS.get(right, right)) for right in rights)
