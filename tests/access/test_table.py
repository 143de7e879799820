"""The access table holds, through every channel by which a thing can be met."""

from uuid import UUID

import pytest
from django.db import transaction

from cosource.assets.models import Asset
from cosource.knowledge.models import Article
from cosource.tickets.models import Ticket
from tests.access.fingerprint import fingerprint
from tests.access.reader import ROLES, Answer, Reader, everything, standing_still
from tests.access.scene import Scene
from tests.access.table import READS, Cell, cells, cells_of
from tests.access.things import Thing, things

STATUS = {"refused": (403,), "absent": (404,)}


def test_every_role_stands_once_in_every_group() -> None:
    groups: dict[tuple[str, ...], list[str]] = {}
    for cell in cells():
        groups.setdefault((*cell.key, cell.action), []).append(cell.role)
    wrong = {
        group: sorted(set(ROLES) ^ set(roles)) or roles
        for group, roles in groups.items()
        if sorted(roles) != sorted(ROLES) and not _is_pages_only(group)
    }
    assert not wrong
    assert {cell.expected for cell in cells()} == {"yes", "refused", "absent"}


def _is_pages_only(group: tuple[str, ...]) -> bool:
    return group[-1] == "export"


def test_every_object_of_the_table_is_in_the_scene(scene: Scene) -> None:
    assert {cell.key for cell in cells()} == set(things(scene))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.req("D21")
def test_a_role_reads_what_the_table_says_and_nothing_else(scene: Scene, role: str) -> None:
    known = things(scene)
    pages = everything(scene, role)
    with standing_still(scene):
        reader = Reader(scene, role, pages)
        wrong = [
            said
            for cell in cells_of(role)
            if cell.action in READS
            for said in _read_wrongly(cell, known[cell.key], reader)
        ]
    assert not [url for url, answer in pages.items() if answer.status >= 500 and url != "/healthz"]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", [role for role, key in ROLES.items() if not key.startswith("token:")])
def test_no_page_offers_a_role_a_link_that_leads_nowhere(scene: Scene, role: str) -> None:
    pages = everything(scene, role)
    dead = {
        (link, pages[link].status): url
        for url, answer in pages.items()
        if answer.status == 200 and answer.is_page
        for link in answer.links
        if link in pages and pages[link].status >= 400
    }
    assert dead == {}


def _read_wrongly(cell: Cell, thing: Thing, reader: Reader) -> list[str]:
    if cell.role in thing.played_by:
        played_by = thing.played_by[cell.role]
        reader = Reader(reader.scene, played_by, everything(reader.scene, played_by))
    wanted = cell.expected == "yes"
    where = f"{cell.role} {cell.action} {' / '.join(cell.key)}"
    asked = {name: channel(reader) for name, channel in thing.channels.items()}
    wrong = [f"{where}: {name} says {said}" for name, said in asked.items() if said not in (wanted, None)]
    if not wanted:
        wrong += [
            f"{where}: {word} stands in {url}"
            for word in (thing.words if cell.role == "ADM" else thing.words + thing.ids)
            for url, answer in reader.pages.items()
            if word.encode() in answer.body and word not in url and not _names_itself(answer, url)
        ]
    return wrong


def _names_itself(answer: Answer, url: str) -> bool:
    """A page that was asked for a word may repeat the question."""
    return "text=" in url and answer.status == 200


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_what_the_table_says_and_nothing_else(scene: Scene, role: str) -> None:
    wrong = []
    known = things(scene)
    before: dict[str, str] = {}
    with standing_still(scene):
        for cell in cells_of(role):
            if cell.action in READS:
                continue
            thing = known[cell.key]
            reader = Reader(scene, thing.played_by.get(role, role))
            # Whatever was done is undone again, so that it stays what it was before the first.
            before = before or fingerprint()
            with transaction.atomic():
                answer = WRITES[cell.action](reader, thing)
                after = fingerprint()
                transaction.set_rollback(True)
            changed = after != before
            good = (
                answer.status in (200, 201, 303) and changed
                if cell.expected == "yes"
                else answer.status in STATUS[cell.expected] and not changed
            )
            if not good:
                wrong.append(
                    f"{role} {cell.action} {' / '.join(cell.key)}: {answer.status}, changed {changed}: {answer.text[-300:]}"
                )
    assert not wrong, "\n".join(wrong)


def _update(reader: Reader, thing: Thing) -> Answer:
    if thing.article is not None:
        return _update_article(reader, thing.article)
    if thing.asset is not None:
        return _update_asset(reader, thing.asset)
    pk = reader.scene.tickets[thing.ticket]
    if not reader.is_token:
        return reader.post(f"/tickets/{pk}/edit/", {"title": "Changed by somebody"})
    url = f"/api/v1/tickets/{pk}"
    return reader.send("PATCH", url, {"title": "Changed by somebody"}, HTTP_IF_MATCH=_etag(reader, url))


def _update_article(reader: Reader, pk: UUID) -> Answer:
    words = {"title": "Changed by somebody", "text": "Changed by somebody."}
    if reader.is_token:
        url = f"/api/v1/articles/{pk}"
        return reader.send("PATCH", url, words, HTTP_IF_MATCH=_etag(reader, url))
    article = Article.objects.get(pk=pk)
    audience = str(article.engagement_id or "own")
    return reader.post(f"/knowledge/{pk}/edit/", words | {"audience": audience, "version": article.version})


def _update_asset(reader: Reader, pk: UUID) -> Answer:
    if reader.is_token:
        url = f"/api/v1/assets/{pk}"
        return reader.send("PATCH", url, {"health": "failed"}, HTTP_IF_MATCH=_etag(reader, url))
    words = {"name": "Changed", "kind": "network", "state": "spare", "health": "failed", "criticality": "low"}
    return reader.post(
        f"/assets/{pk}/edit/", words | {"version": 1 + Asset.objects.get(pk=pk).shares.count()}
    )


def _comment(reader: Reader, thing: Thing) -> Answer:
    pk = reader.scene.tickets[thing.ticket]
    own = Ticket.objects.none() if reader.actor.organization_id is None else reader.actor.organization_id
    if not reader.is_token:
        words = {"text": "A word.", "audience": getattr(own, "hex", "")}
        return reader.post(f"/tickets/{pk}/reply/", words | {"confirmed": f"{words['audience']}!"})
    body = {"text": "A word.", "party_ids": [str(own)], "wider_confirmed": True}
    return reader.send("POST", f"/api/v1/tickets/{pk}/messages", body)


def _etag(reader: Reader, url: str) -> str:
    return dict(reader.get(url).headers).get("etag", '"1"')


WRITES = {"update": _update, "comment": _comment}
