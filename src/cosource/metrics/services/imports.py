"""What the mappings of imports say about their sources: whether there was a column for the resolve time."""

from functools import lru_cache
from uuid import UUID

from cosource.bridges.models import Import
from cosource.bridges.rules.mapping_parse import MappingError, parse_mapping


def import_rules() -> list[tuple[UUID, bool]]:
    """Return of each import whether its source states when tickets were resolved; then a blank there is a blank."""
    rows = (
        Import.objects.filter(dry_run=False, of=Import.Of.TICKETS)
        .order_by("id")
        .values_list("id", "mapping_text")
    )
    return [(import_id, _states_resolve(text)) for import_id, text in rows]


@lru_cache(maxsize=64)
def _states_resolve(mapping_text: str) -> bool:
    try:
        return parse_mapping(mapping_text).columns.stated_resolved is not None
    except MappingError:  # written for an earlier version
        return False
