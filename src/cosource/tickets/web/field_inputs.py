"""How a desk's own fields stand in forms: their inputs, and what a form answered. Not here: the pages (`web.fields`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.tickets.models import FieldSet
from cosource.tickets.rules.forms import Field, FieldKind, fields_read

_INPUTS = {FieldKind.LINE: "text", FieldKind.DATE: "date", FieldKind.NUMBER: "text"}
_PREFIX = "fs-"

type Input = tuple[Field, str, str, str, str]


def field_input(field: Field, value: str, error: str, name: str) -> Input:
    """Return a field as a form draws it: with the type of its input, its value, what is wrong, and its name."""
    return field, _INPUTS.get(field.kind, ""), value, _(error) if error else "", name


def set_inputs(
    sets: Iterable[tuple[UUID, str, bool, Sequence[Field]]],
    answers: Mapping[str, Mapping[str, str]],
    errors: Mapping[str, str],
) -> list[tuple[str, bool, list[Input]]]:
    """Return sets as a form draws them: name, whether they are internal, and their inputs."""
    return [
        (
            name,
            internal,
            [
                field_input(
                    f,
                    answers.get(pk.hex, {}).get(f.key, ""),
                    errors.get(f"{pk.hex}.{f.key}", ""),
                    f"{_PREFIX}{pk.hex}-{f.key}",
                )
                for f in fields
            ],
        )
        for pk, name, internal, fields in sets
    ]


def answers_of(values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what a form answered, by set and field."""
    found: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        if name.startswith(_PREFIX):
            pk, _dash, key = name.removeprefix(_PREFIX).partition("-")
            found.setdefault(pk, {})[key] = str(value)
    return found


def declared(sets: Iterable[FieldSet]) -> list[tuple[UUID, str, bool, Sequence[Field]]]:
    """Return declared sets with their fields read."""
    return [(s.id, s.name, s.internal, fields_read(s.form)) for s in sets]
