"""Somebody known by a name, a number or an address alone is forgotten where a party keeps them, and nowhere else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of
from tests.integration.tickets.test_erasure import tables_with
from tests.integration.tickets.test_matrix import keep, line, person

from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.models import Entry
from cosource.tickets.matrix.services.forgetting import Forgotten, outsider_forget
from cosource.tickets.models import Call, MatrixPart

pytestmark = [pytest.mark.django_db, pytest.mark.req("X1")]
CSV = (
    "id,offered_at,answered_at,abandoned_at,caller,technician\n"
    "1,2026-03-01T09:00:00Z,2026-03-01T09:00:05Z,,+49 30 765-432,Xanthippe Quill\n"
    "2,2026-03-01T09:01:00Z,,2026-03-01T09:02:00Z,+4930765432,\n"
    "3,2026-03-01T09:01:00Z,,2026-03-01T09:02:00Z,+4930765433,Xanthippe\n"
)
WHO = {"is": "contact", "name": "Xanthippe  Quill", "phone": "+4930765432"}


def forget(desk: Desk, by: str, named: str, reason: str = "asked") -> Forgotten:
    return outsider_forget(named=named, reason=reason, actor=desk.actor(by), at=desk.tick())


def bring(desk: Desk, by: str, where: str = "own") -> None:
    file = SimpleUploadedFile("calls.csv", CSV.encode())
    form = {"desk": where, "source": f"PBX of {by}", "file": file}
    assert Reader(desk, by).client.post("/tickets/calls/", form).status_code == 200


def test_each_party_forgets_what_it_keeps_itself(desk: Desk) -> None:
    bring(desk, "c1.cso")
    bring(desk, "p1.pm", desk.world.engagements["c1p1"].id.hex)
    keep(desk, line(WHO))
    part = keep(desk, line(person(desk, "c1.ct"), WHO), line(WHO, level=2))
    theirs = keep(desk, line(WHO), by="p1.pm", side="partner")

    assert forget(desk, "c1.cso", " 0049 30/765432 ") == Forgotten(calls=2, contacts=2, entries=2)
    part.refresh_from_db()
    # A line that names nobody any more is gone, the other keeps whom it names beside.
    assert [[place["is"] for place in one["who"]] for one in part.document] == [["person"]]
    assert part.version == 3
    own, other = (
        Call.objects.filter(source=f"PBX of {by}").order_by("outside_id") for by in ("c1.cso", "p1.pm")
    )
    assert list(own.values_list("caller", "technician")) == [
        ("", "Xanthippe Quill"),
        ("", ""),
        ("+4930765433", "Xanthippe"),
    ]
    assert [call.caller for call in other] == ["+49 30 765-432", "+4930765432", "+4930765433"]
    assert MatrixPart.objects.get(id=theirs.id).document[0]["who"][0]["name"] == "Xanthippe Quill"
    assert forget(desk, "c1.cso", "xanthippe QUILL") == Forgotten(calls=1, contacts=0, entries=0)
    # Brought in again, a call that is known stays as it is.
    bring(desk, "c1.cso")
    assert own.exclude(caller="").count() == 1
    noted = Entry.objects.filter(kind="outsider.forgotten/1")
    assert [desk.readers(e.id) for e in noted] == [{desk.org("c1")}] * 2
    assert noted[0].facts == {"calls": 2, "contacts": 2, "entries": 2}
    assert forget(desk, "c1.cso", "xanthippe QUILL") == Forgotten(0, 0, 0)
    assert noted.count() == 2
    assert forget(desk, "p1.pm", "Xanthippe Quill") == Forgotten(calls=1, contacts=1, entries=1)
    assert tables_with("Quill") == set()


def test_who_leads_has_somebody_forgotten_on_the_page(desk: Desk) -> None:
    bring(desk, "c1.cso")
    for by in ("c1.ct", "c1.aud", "c1.req", "emb"):
        with pytest.raises(NotAllowed):
            forget(desk, by, "Xanthippe Quill")
    for by in ("c1.ct", "c1.aud", "c1.req"):
        assert Reader(desk, by).client.post("/tickets/calls/forget/", {"named": "x"}).status_code == 403
    for named, reason in (
        ("", "asked"),
        ("Xa", "asked"),
        ("a\0bc", "asked"),
        ("Xanthippe", " "),
        ("x" * 121, "x"),
    ):
        with pytest.raises(Invalid):
            forget(desk, "c1.cso", named, reason)
    reader = Reader(desk, "c1.cso")
    refused = reader.client.post("/tickets/calls/forget/", {"named": "Xanthippe", "reason": ""})
    assert refused.status_code == 422
    assert 'value="Xanthippe"' in refused.content.decode()
    sent = reader.client.post(
        "/tickets/calls/forget/", {"named": "Xanthippe", "reason": "asked"}, follow=True
    )
    assert "Forgotten in 1 calls and as 0 contacts" in words_of(sent)
    assert "Have somebody forgotten" not in words_of(Reader(desk, "c1.ct").get("/tickets/calls/"))
