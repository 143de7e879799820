"""What every endpoint promises: problems, keys that make a create happen once, versions, pages, limits."""

import base64
import hashlib
import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from tests.integration.signin.people import PASSWORD, Party, party

from cosource.foundation import clock
from cosource.foundation.models import Lease, ReplayedRequest
from cosource.foundation.services.replays import replays_sweep
from cosource.parties.models import IntegrationToken

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.kit_urls")]

THINGS = "/api/v1/things"
SECRET = "s3cret-token-of-harbour"


@pytest.fixture(autouse=True)
def _fresh_counts():
    caches["process"].clear()


def token(
    of: Party, secret: str = SECRET, *, may_write: bool = True, lives_days: int = 30
) -> IntegrationToken:
    return IntegrationToken.objects.create(
        organization=of.organization,
        name="Robot",
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        hint=secret[-4:],
        may_write=may_write,
        created_by=of.admin,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=lives_days),
    )


@pytest.fixture
def harbour() -> Party:
    found = party("Harbour", "harbour.example")
    token(found)
    return found


def robot(secret: str = SECRET, **headers: str) -> Client:
    return Client(
        headers={"host": "localhost", "authorization": f"Bearer {secret}", **headers},
        raise_request_exception=False,
    )


def post(client: Client, body: object, **headers: str):
    return client.post(THINGS, json.dumps(body), content_type="application/json", headers=headers)


def told(answer) -> dict:
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert (
        body.pop("instance", f"urn:uuid:{answer.headers['X-Request-Id']}")
        == f"urn:uuid:{answer.headers['X-Request-Id']}"
    )
    return body


def test_without_a_live_token_nobody_is_in(harbour):
    token(harbour, "expired-token", lives_days=-1)
    IntegrationToken.objects.filter(pk=token(harbour, "revoked-token").pk).update(revoked_at=clock.now())
    for secret in ("", "wrong", "expired-token", "revoked-token", "ü\udcff", SECRET + " "):
        answer = robot(secret.encode("utf-8", "surrogateescape").decode("latin-1")).get(THINGS)
        assert answer.status_code == 401, secret
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="cosource"'
        assert told(answer) == {
            "type": "urn:cosource:problem:not-authenticated",
            "title": "Unauthorized",
            "status": 401,
            "detail": "Send a live token: Authorization: Bearer TOKEN. Cookies are not accepted here.",
        }
    assert robot().get(THINGS).status_code == 200


@pytest.mark.urls("cosource.config.urls")
def test_a_browsers_session_is_not_accepted(harbour):
    client = Client(headers={"host": "localhost"})
    client.post("/accounts/login/", {"login": harbour.admin.email, "password": PASSWORD})
    assert client.get("/profile/").status_code == 200
    assert client.get("/api/v1/openapi.json").status_code == 200
    client.headers = {}
    for path in ("/api/v1/organizations", "/api/v1/tickets"):
        assert client.get(path).status_code in {401, 404}


def test_use_of_a_token_is_noted_once_a_minute(harbour, django_assert_num_queries):
    robot().get(THINGS)
    first = IntegrationToken.objects.get().last_used_at
    assert first is not None
    robot().get(THINGS)
    assert IntegrationToken.objects.get().last_used_at == first


def test_a_token_that_only_reads_changes_nothing(harbour):
    token(harbour, "reader-token", may_write=False)
    answer = post(robot("reader-token"), {"name": "a"})
    assert (answer.status_code, told(answer)["type"]) == (403, "urn:cosource:problem:token-only-reads")
    assert not Lease.objects.exists()
    assert robot("reader-token").get(THINGS).status_code == 200


def test_an_unknown_field_is_named_and_nothing_is_made(harbour):
    answer = post(robot(), {"name": "", "owner_org": "x", "parts": [{"size": 1}, {"size": "big", "id": 4}]})
    assert answer.status_code == 400
    assert told(answer) == {
        "type": "urn:cosource:problem:invalid-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "The request does not fit the schema; `fields` says where.",
        "fields": {
            "name": ["String should have at least 1 character"],
            "owner_org": ["there is no such field"],
            "parts.1.size": ["Input should be a valid integer, unable to parse string as an integer"],
            "parts.1.id": ["there is no such field"],
        },
    }
    assert not Lease.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[1]", b'"x"', b"null", b'{"name": NaN}'])
def test_a_body_that_is_no_object_is_refused_in_the_same_form(harbour, body):
    answer = robot().post(THINGS, body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    told(answer)


@pytest.mark.threat("S04")
def test_an_unknown_parameter_and_a_bad_one_are_named(harbour):
    answer = robot().get(THINGS, {"sort": "owner__password", "limit": "500"})
    assert told(answer)["fields"] == {"limit": ["Input should be less than or equal to 200"]}
    answer = robot().get(THINGS, {"owner__password__startswith": "a"})
    assert answer.status_code == 400
    assert told(answer)["fields"] == {"owner__password__startswith": ["there is no such parameter"]}


def unsigned(*values: object) -> str:
    """A place in a list as somebody makes it up."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "🦊",
        unsigned(1, 2),
        unsigned("\x00", "a"),
        unsigned("2026-03-02T08:00:00Z", "\ud800"),
        unsigned("0001-01-01T00:00:00+23:59", "a"),
        unsigned("2026-03-02T08:00:00Z", "a") + ":" + "A" * 43,
        "W1tb" * 1_500,
    ],
)
@pytest.mark.threat("S04")
def test_a_cursor_from_elsewhere_is_refused(harbour, cursor):
    answer = robot().get(THINGS, {"cursor": cursor})
    assert (answer.status_code, told(answer)["type"]) == (422, "urn:cosource:problem:bad-cursor")


def test_pages_follow_each_other_without_gap_or_repeat(harbour):
    for number in range(7):
        post(robot(), {"name": f"thing {number}"})
    names, cursor = [], ""
    while cursor is not None:
        page = robot().get(THINGS, {"limit": "3"} | ({"cursor": cursor} if cursor else {})).json()
        names.append([item["name"] for item in page["items"]])
        cursor = page["next_cursor"]
    assert names == [["thing 0", "thing 1", "thing 2"], ["thing 3", "thing 4", "thing 5"], ["thing 6"]]


def test_refusals_keep_their_status_and_words(harbour):
    for kind, status, code in (
        ("not-allowed", 403, "not-allowed"),
        ("invalid", 422, "invalid"),
        ("conflict", 409, "conflict"),
    ):
        answer = robot().get(f"/api/v1/refusals/{kind}")
        assert (answer.status_code, told(answer)["type"]) == (status, f"urn:cosource:problem:{code}")
    assert told(robot().get("/api/v1/refusals/invalid"))["fields"] == {"size": ["give 1 or more"]}


def test_out_of_sight_and_nowhere_are_the_same_bytes(harbour):
    first, second = (robot().get(f"{THINGS}/{uuid4()}/plain") for _ in range(2))
    nowhere = robot().get("/api/v1/no/such/path")
    assert first.status_code == second.status_code == nowhere.status_code == 404
    assert first.content == second.content == nowhere.content
    assert b"instance" not in first.content
    same = {name: value for name, value in first.headers.items() if name != "X-Request-Id"}
    assert same == {name: value for name, value in second.headers.items() if name != "X-Request-Id"}


def test_another_method_is_answered_405_with_what_is_offered(harbour):
    answer = robot().delete(THINGS)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert told(answer)["type"] == "urn:cosource:problem:method-not-allowed"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_accident_says_nothing_and_changes_nothing(harbour, settings):
    for debug in (False, True):
        settings.DEBUG = debug
        answer = post(robot(), {"name": "accident"})
        assert answer.status_code == 500
        assert b"secret" not in answer.content
        assert b"Traceback" not in answer.content
        assert told(answer)["type"] == "urn:cosource:problem:accident"
    assert not Lease.objects.exists()


def test_the_request_id_is_a_proxys_or_a_new_one(harbour):
    given = "0192f3c4-0000-7000-8000-00000000abcd"
    assert robot().get(THINGS, headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
    assert robot().get(THINGS, headers={"X-Request-Id": "a\tb"}).headers["X-Request-Id"] != "a\tb"


# -- creates that happen once


def test_the_same_key_with_the_same_request_gets_the_first_answer(harbour):
    key = {"Idempotency-Key": "import-7"}
    first, again = post(robot(), {"name": "a"}, **key), post(robot(), {"name": "a"}, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    for name in ("ETag", "Location", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert Lease.objects.count() == 1


def test_the_same_key_with_another_request_is_refused(harbour):
    post(robot(), {"name": "a"}, **{"Idempotency-Key": "k"})
    answer = post(robot(), {"name": "b"}, **{"Idempotency-Key": "k"})
    assert (answer.status_code, told(answer)["type"]) == (422, "urn:cosource:problem:key-reused")
    assert Lease.objects.count() == 1


def test_a_refused_create_leaves_nothing_and_may_be_sent_again(harbour):
    for _ in range(2):
        answer = post(robot(), {"name": "refused"}, **{"Idempotency-Key": "k"})
        assert (answer.status_code, told(answer)["type"]) == (409, "urn:cosource:problem:not-now")
    assert (Lease.objects.count(), ReplayedRequest.objects.count()) == (0, 0)
    assert post(robot(), {"name": "fine"}, **{"Idempotency-Key": "k"}).status_code == 201


def test_keys_of_two_tokens_do_not_meet(harbour):
    token(party("Brightline", "brightline.example"), "other-token")
    assert post(robot(), {"name": "a"}, **{"Idempotency-Key": "k"}).status_code == 201
    assert post(robot("other-token"), {"name": "b"}, **{"Idempotency-Key": "k"}).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 121, "with blank"])
def test_a_key_of_another_shape_is_refused(harbour, key):
    assert post(robot(), {"name": "a"}, **{"Idempotency-Key": key}).status_code == 422
    assert not Lease.objects.exists()


def test_answers_are_kept_for_two_days(harbour):
    post(robot(), {"name": "a"}, **{"Idempotency-Key": "k"})
    assert replays_sweep(at=clock.now() + timedelta(hours=47)) == 0
    assert replays_sweep(at=clock.now() + timedelta(hours=49)) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_thing_and_get_one_answer(harbour):
    start, answers = threading.Barrier(8), []

    def send() -> None:
        start.wait()
        try:
            answers.append(post(robot(), {"name": "a"}, **{"Idempotency-Key": "k"}))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status_code for a in answers] == [201] * 8
    assert len({a.content for a in answers}) == 1
    assert sorted(a.headers.get("Idempotent-Replayed", "") for a in answers) == ["", *["true"] * 7]
    assert Lease.objects.filter(name="a").count() == 1


# -- edits


def test_an_edit_wants_the_version_that_was_read(harbour):
    made = post(robot(), {"name": "a"})
    tag = made.headers["ETag"]
    assert tag == '"1"'

    def edit(**headers: str):
        return robot().patch(f"{THINGS}/a", '{"size": 2}', content_type="application/json", headers=headers)

    assert told(edit())["type"] == "urn:cosource:problem:if-match-missing"
    assert edit().status_code == 428
    assert edit(**{"If-Match": "*"}).status_code == 422
    done = edit(**{"If-Match": tag})
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    stale = edit(**{"If-Match": tag})
    assert (stale.status_code, told(stale)["type"]) == (412, "urn:cosource:problem:stale-version")
    assert Lease.objects.get().fence == 2


# -- limits and description


def test_a_token_may_ask_so_often_in_a_minute(harbour, settings):
    settings.API_PER_MINUTE = 3
    token(harbour, "second-token")
    answers = [robot().get(THINGS).status_code for _ in range(5)]
    assert answers[:3] == [200] * 3
    assert 429 in answers[3:]
    refused = robot().get(THINGS)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert told(refused)["type"] == "urn:cosource:problem:too-many"
    assert robot("second-token").get(THINGS).status_code == 200


def test_an_edit_sent_twice_under_a_key_happens_once_whichever_version_it_names(harbour):
    lease = Lease.objects.create(name="sent-twice", until=clock.now(), fence=1)
    path = f"{THINGS}/{lease.name}"

    def edit(body: object, **headers: str):
        return robot().patch(path, json.dumps(body), content_type="application/json", headers=headers)

    stale = edit({"size": 1}, **{"If-Match": '"7"', "Idempotency-Key": "e-1"})
    done = edit({"size": 1}, **{"If-Match": '"1"', "Idempotency-Key": "e-1"})
    again = edit({"size": 1}, **{"If-Match": '"1"', "Idempotency-Key": "e-1"})
    later = edit({"size": 1}, **{"If-Match": '"2"', "Idempotency-Key": "e-1"})
    other = edit({"size": 2}, **{"If-Match": '"2"', "Idempotency-Key": "e-1"})
    assert [a.status_code for a in (stale, done, again, later, other)] == [412, 200, 200, 200, 422]
    assert done.content == again.content == later.content
    assert done.headers["ETag"] == again.headers["ETag"] == '"2"'
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Lease.objects.get(name=lease.name).fence == 2
    # Without a key each stands for itself.
    assert edit({"size": 1}, **{"If-Match": '"1"'}).status_code == 412


def test_the_description_names_keys_versions_and_problems(harbour):
    described = Client(headers={"host": "localhost"}).get("/api/v1/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    create = described["paths"]["/api/v1/things"]["post"]
    assert create["operationId"] == "thing_create"
    assert [p["name"] for p in create["parameters"]] == ["Idempotency-Key"]
    assert set(create["responses"]) == {"201", "400", "401", "403", "404", "409", "422", "429", "503"}
    edit = described["paths"]["/api/v1/things/{name}"]["patch"]
    assert [(p["name"], p["required"]) for p in edit["parameters"]] == [
        ("name", True),
        ("Idempotency-Key", False),
        ("If-Match", True),
    ]
    assert {"412", "428"} <= set(edit["responses"])
    assert described["components"]["schemas"]["ThingIn"]["additionalProperties"] is False
    assert described["components"]["securitySchemes"] == {"TokenAuth": {"type": "http", "scheme": "bearer"}}
