"""The import page: a file is sent, checked, brought in by the worker, stopped and gone on with; strangers find nothing."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.integration.bridges.log import HEADING, MAPPING, line, story

from cosource.assets.models import Asset
from cosource.bridges.models import Import
from cosource.bridges.services.staging import staged_path
from cosource.foundation import clock
from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import work_next
from cosource.parties.models import IntegrationToken
from cosource.tickets.models import Ticket

pytestmark = pytest.mark.django_db
TEXT = (
    HEADING + story("T1", "Desk W1") + story("T2", "N1") + line(id="T3", state="Odd", at="2024-03-01 09:00")
)


@pytest.fixture(autouse=True)
def spool(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path


def browser(world, key: str) -> Client:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.force_login(world.person(key), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def send(client: Client, text: str = TEXT, **given):
    file = SimpleUploadedFile("../old/log.csv", text.encode())
    return client.post("/import/", {"file": file, "mapping": "own", "own_mapping": MAPPING, **given})


def said(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def work() -> None:
    while work_next(worker="test", at=clock.now()):
        pass


def test_a_file_is_checked_and_then_brought_in(world):
    client = browser(world, "c1.cso")
    answer = send(client)
    row = Import.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/import/{row.id}/")
    assert (row.file_name, row.state, row.source_name) == ("log.csv", "staged", "Old desk")
    page = said(client.get(f"/import/{row.id}/"))
    assert "Who is who in this file?" in page
    assert "“Cedar Desk” in the mapping is" in page

    assert client.post(f"/import/{row.id}/check/").status_code == 302
    assert "Reading the file; nothing is written" in said(client.get(f"/import/{row.id}/"))
    work()
    row.refresh_from_db()
    assert (row.state, row.rows_read, row.rows_kept, row.rows_refused, row.tickets_written) == (
        "staged",
        6,
        5,
        1,
        2,
    )
    assert not Ticket.objects.filter(import_id=row.id).exists()
    page = said(client.get(f"/import/{row.id}/"))
    assert "This is what would become of it" in page
    assert "The mapping does not know the state “Odd”; the nearest is" in page

    assert client.post(f"/import/{row.id}/start/").status_code == 302
    fragment = client.get(f"/import/{row.id}/", headers={"HX-Request": "true"})
    assert "Bringing the file in" in said(fragment)
    assert "HX-Refresh" not in fragment
    work()
    assert client.get(f"/import/{row.id}/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    row.refresh_from_db()
    assert (row.state, row.rows_kept, row.tickets_written) == ("done", 5, 2)
    assert Ticket.objects.filter(import_id=row.id).count() == 2
    assert not staged_path(row.id).exists()
    refused = f"/import/{row.id}/?outcome=refused"
    assert '<b class="num">1</b> state not in the mapping' in said(client.get(refused))
    german = client.get(refused, headers={"accept-language": "de"})
    assert '<b class="num">1</b> Zustand nicht in der Zuordnung' in said(german)
    assert "Nothing to tell here." in said(client.get(f"/import/{row.id}/?outcome=repaired"))
    assert "log.csv" in said(client.get("/import/"))


def test_a_mapping_with_faults_comes_back_with_each_of_them(world):
    answer = send(browser(world, "c1.cso"), own_mapping=MAPPING.replace('kind = "event-log"', 'kind = "log"'))
    assert answer.status_code == 422
    assert "source.kind" in said(answer)
    assert not Import.objects.exists()


def test_an_empty_or_a_large_file_is_refused(world, settings, tmp_path):
    client = browser(world, "c1.cso")
    assert send(client, "").status_code == 422
    settings.UPLOAD_MAX_BYTES = 100
    assert send(client).status_code == 422
    assert not Import.objects.exists()
    assert list((tmp_path / "imports").iterdir()) == []


def test_a_file_that_cannot_be_read_says_why_on_its_page(world):
    client = browser(world, "c1.cso")
    send(client, "a;b;c\n1;2;3\n")
    row = Import.objects.get()
    client.post(f"/import/{row.id}/check/")
    work()
    row.refresh_from_db()
    assert row.state == "failed"
    page = said(client.get(f"/import/{row.id}/"))
    assert "The heading has no such column" in page


def test_a_partner_that_is_not_engaged_is_refused_on_the_page(world):
    client = browser(world, "c1.cso")
    send(client)
    row = Import.objects.get()
    stranger = world.organizations["p3"].id.hex
    answer = client.post(f"/import/{row.id}/check/", {"party-cedar": stranger}, follow=True)
    assert "no engagement with" in said(answer)
    row.refresh_from_db()
    assert (row.state, row.work_id) == ("staged", None)


def test_stop_before_the_worker_came_and_go_on(world):
    client = browser(world, "c1.cso")
    send(client)
    row = Import.objects.get()
    client.post(f"/import/{row.id}/start/")
    assert client.post(f"/import/{row.id}/stop/").status_code == 302
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert DueWork.objects.get(pk=row.work_id).state == "cancelled"
    work()
    assert not Ticket.objects.filter(import_id=row.id).exists()
    client.post(f"/import/{row.id}/start/")
    work()
    row.refresh_from_db()
    assert (row.state, row.tickets_written) == ("done", 2)
    # What is done is done.
    assert "is done" in said(client.post(f"/import/{row.id}/start/", follow=True))


def test_a_file_is_given_up(world):
    client = browser(world, "c1.cso")
    send(client)
    row = Import.objects.get()
    assert client.post(f"/import/{row.id}/drop/").headers["Location"] == "/import/"
    assert not Import.objects.exists()
    assert not staged_path(row.id).exists()


@pytest.mark.req("X5")
def test_who_started_it_must_still_have_the_right_when_it_runs(world):
    client = browser(world, "c1.cso")
    send(client)
    row = Import.objects.get()
    client.post(f"/import/{row.id}/start/")
    world.person("c1.cso").grants.update(ends_at=clock.now())
    work()
    row.refresh_from_db()
    assert row.state == "failed"
    assert not Ticket.objects.filter(import_id=row.id).exists()


def test_others_find_nothing(world):
    send(browser(world, "c1.cso"))
    row = Import.objects.get()
    never = "0198c0de-0000-7000-8000-000000000000"
    for key in ("c1.ct", "c1.req", "c2.cso", "p1.pm", "p1.pt"):
        client = browser(world, key)
        for step in ("", "check/", "start/", "stop/", "drop/"):
            ask = client.post if step else client.get
            answers = [ask(f"/import/{i}/{step}") for i in (row.id, never)]
            assert [a.status_code for a in answers] == [404, 404], (key, step)
        assert "log.csv" not in said(client.get("/import/"))
    world.person("c1.aud").grants.update(ends_at=None)
    auditor = browser(world, "c1.aud")
    assert auditor.get(f"/import/{row.id}/").status_code == 200
    assert auditor.post(f"/import/{row.id}/start/").status_code == 403
    assert "Send the file" not in said(auditor.get("/import/"))
    row.refresh_from_db()
    assert row.state == "staged"


def test_a_ready_mapping_begins_the_form_and_is_a_file(world):
    client = browser(world, "c1.cso")
    assert "incident_state" in said(client.get("/import/?begin=servicenow-audit"))
    file = client.get("/import/mappings/servicenow-audit/")
    assert file.headers["Content-Disposition"] == 'attachment; filename="servicenow-audit.toml"'
    assert client.get("/import/mappings/other/").status_code == 404


def program(world, key: str) -> Client:
    IntegrationToken.objects.update(expires_at=clock.now() + timedelta(days=1))
    headers = {"host": "localhost", "authorization": f"Bearer {world.secrets[key]}"}
    return Client(headers=headers, raise_request_exception=False)


def test_a_program_of_the_own_desk_brings_a_file_in(world):
    client = program(world, "c1")
    file = SimpleUploadedFile("log.csv", TEXT.encode())
    answer = client.post(
        "/api/v1/imports", {"file": file, "mapping": MAPPING, "parties": '{"client": "Alder Hospitals"}'}
    )
    assert answer.status_code == 202, answer.content
    made = answer.json()
    assert (made["state"], made["file_name"]) == ("running", "log.csv")
    work()
    read = client.get(answer.headers["Location"]).json()
    assert (read["state"], read["rows_kept"], read["rows_refused"], read["tickets_written"]) == (
        "done",
        5,
        1,
        2,
    )
    problems = client.get(f"{answer.headers['Location']}/problems").json()["items"]
    assert [(p["row"], p["column"], p["code"], p["outcome"]) for p in problems] == [
        (7, "state", "unknown-state", "refused")
    ]
    assert [i["id"] for i in client.get("/api/v1/imports").json()["items"]] == [made["id"]]
    assert program(world, "p1").get(answer.headers["Location"]).status_code == 404


def test_a_program_is_told_what_is_wrong_before_the_file_is_kept(world, tmp_path):
    client = program(world, "c1")
    file = SimpleUploadedFile("log.csv", TEXT.encode())
    for given in (
        {"mapping": "nonsense"},
        {"mapping": MAPPING, "parties": "[1]"},
        {"mapping": MAPPING, "parties": '{"cedar": "No"}'},
    ):
        answer = client.post("/api/v1/imports", {"file": file, **given})
        assert answer.status_code == 422, answer.content
    IntegrationToken.objects.update(may_write=False)
    assert client.post("/api/v1/imports", {"file": file, "mapping": MAPPING}).status_code in (403, 422)
    assert not Import.objects.exists()
    assert not (tmp_path / "imports").exists() or list((tmp_path / "imports").iterdir()) == []


ASSETS = """
[source]
kind = "asset-list"
name = "Store"
[columns]
key = "ID"
name = "Name"
serial = "Serial"
[defaults]
kind = "hardware"
"""
ROWS = "ID,Name,Serial\n1,PRN-1,S1\n2,PRN-2,S1\n3,=HYPERLINK(1),\n"


def send_assets(client: Client, text: str = ROWS, **given):
    file = SimpleUploadedFile("store.csv", text.encode())
    return client.post("/import/assets/", {"file": file, "mapping": "own", "own_mapping": ASSETS, **given})


@pytest.mark.req("C3")
@pytest.mark.parametrize("key", ["c1.cso", "p1.pm"])
def test_an_inventory_is_checked_brought_in_and_put_back_by_client_and_partner(world, key):
    client = browser(world, key)
    assert 'href="/import/assets/"' in said(client.get("/assets/"))
    answer = send_assets(client)
    row = Import.objects.get()
    address = f"/import/{row.id}/"
    assert (answer.status_code, answer.headers["Location"], row.of) == (302, address, "assets")
    assert "First the file is only read" in said(client.get(address))

    client.post(f"{address}check/")
    work()
    page = said(client.get(address))
    assert "This is what would become of it" in page
    assert "This row fits “PRN-1”, which the source knows as 1." in page
    assert "The cell holds a formula; its text is kept" in page
    assert "PRN-1" in page
    assert not Asset.objects.exists()

    client.post(f"{address}start/")
    assert "Bringing the file in" in said(client.get(address, headers={"HX-Request": "true"}))
    work()
    row.refresh_from_db()
    assert (row.state, row.rows_kept, row.rows_refused, row.rows_total) == ("done", 2, 1, 3)
    assert sorted(Asset.objects.values_list("name", flat=True)) == ["=HYPERLINK(1)", "PRN-1"]
    assert {a.owner_id for a in Asset.objects.all()} == {world.organizations[key[:2]].id}
    assert "store.csv" in said(client.get("/import/assets/"))

    assert client.post(f"{address}undo/").status_code == 302
    assert "Putting it back" in said(client.get(address))
    work()
    assert not Asset.objects.exists()
    page = said(client.get(address))
    assert "put back" in page
    assert "<dt>withdrawn</dt><dd>2</dd>" in page
    assert "was put back already" in said(client.post(f"{address}undo/", follow=True))


def test_an_inventory_is_nobody_elses(world):
    send_assets(browser(world, "p1.pm"))
    row = Import.objects.get()
    for key in ("c1.cso", "p1.pt", "p2.pm", "c1.req"):
        client = browser(world, key)
        assert client.get(f"/import/{row.id}/").status_code == 404
        assert client.post(f"/import/{row.id}/undo/").status_code == 404
        assert "store.csv" not in said(client.get("/import/assets/"))
    assert send_assets(browser(world, "c1.ct")).status_code == 200
    assert Import.objects.count() == 1
    assert browser(world, "p1.pm").get("/import/mappings/netbox/").status_code == 200


def test_a_program_brings_an_inventory_in_and_puts_it_back(world):
    client = program(world, "c1")
    file = SimpleUploadedFile("store.csv", ROWS.encode())
    answer = client.post("/api/v1/imports", {"file": file, "mapping": ASSETS, "of": "assets"})
    assert answer.status_code == 202, answer.content
    work()
    address = answer.headers["Location"]
    assert (client.get(address).json()["of"], Asset.objects.count()) == ("assets", 2)
    assert client.post(f"{address}/undo").json()["state"] == "undoing"
    work()
    assert (client.get(address).json()["state"], Asset.objects.count()) == ("undone", 0)
    assert client.post(f"{address}/undo").status_code == 409
    assert client.post("/api/v1/imports", {"file": file, "mapping": ASSETS, "of": "x"}).status_code == 422
