"""How a request of a program is read: as ninja does, with what no text may hold refused by name."""

from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from cosource.foundation.errors import Invalid
from cosource.foundation.rules.nul import nul_places


class PlainParser(Parser):
    """Reads bodies, forms and queries. Raises: Invalid, which ninja wraps where it reads a body."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return what a JSON body holds."""
        body = super().parse_body(request)
        _refuse_nul(body)
        return body

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Return what a form or a query holds."""
        found = super().parse_querydict(data, list_fields, request)
        _refuse_nul(found)
        return found


def _refuse_nul(value: Any) -> None:
    places = list(nul_places(value))
    if places:
        raise Invalid(
            "A text holds a NUL character, which cannot be stored; `fields` says where.",
            code="nul_character",
            fields={place or "body": ["leave out the NUL character"] for place in places},
        )
