"""The JSON Schema of an allocation instance, made from the tables of its records."""

from typing import Any

from cosource.allocation.rules.fields import schema_of_record
from cosource.allocation.rules.records import FORMAT, INSTANCE


def instance_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12). References between records are checked by the reader alone."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cosource:{FORMAT.replace('/', ':')}",
        "title": "Allocation instance",
        **schema_of_record(INSTANCE),
    }
