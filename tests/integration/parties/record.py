"""What a step wrote, exactly; and that a refused one wrote nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from cosource.foundation.errors import CosourceError
from cosource.foundation.models import DueWork, Entry
from cosource.parties.models import Organization

NEVER = UUID("00000000-0000-7000-8000-000000000000")


class Written:
    """The entries that a block appended, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    @property
    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries]

    def one(self, kind: str) -> Entry:
        [found] = [entry for entry in self.entries if entry.kind == kind]
        return found


@contextmanager
def written() -> Iterator[Written]:
    before = set(Entry.objects.values_list("id", flat=True))
    found = Written()
    yield found
    found.entries = list(Entry.objects.exclude(id__in=before).order_by("id"))


def readers(entry: Entry) -> set[str]:
    ids = entry.audience.readers.values_list("organization_id", flat=True)
    return set(Organization.objects.filter(id__in=ids).values_list("name", flat=True))


def payload(entry: Entry) -> Any:
    return entry.payload.body if hasattr(entry, "payload") else None


def everything() -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("parties").get_models()
    }
    rows["entries"] = list(Entry.objects.order_by("id").values_list("id"))
    rows["work"] = list(DueWork.objects.order_by("id").values_list("id"))
    return rows


@contextmanager
def refused(error: type[CosourceError], code: str = "", field: str = "") -> Iterator[None]:
    """The block raises this refusal, and neither a row nor an entry nor a mail came of it."""
    before = everything()
    with pytest.raises(error) as caught:
        yield
    if code:
        assert caught.value.code == code
    if field:
        assert field in caught.value.details["fields"]
    assert everything() == before
