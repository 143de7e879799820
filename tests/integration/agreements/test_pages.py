"""The pages of agreements, as people use them."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.integration.agreements.world import T0, World, actor, engagement, organization, text, world

from cosource.agreements.models import AgreementVersion
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.calendars.rules.public_holidays import Region, known_years
from cosource.foundation.models import Entry
from cosource.foundation.sight import Actor
from cosource.parties.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    return world()


def browser(who: Actor) -> Client:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    assert who.id is not None
    client.force_login(
        Person.objects.get(pk=who.id), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def propose(there: World, source: str = "", **given) -> AgreementVersion:
    return version_propose(
        **{
            "engagement_id": there.with_brightline.id,
            "text": source or text(),
            "actor": there.owner,
            "at": T0,
            **given,
        }
    )


def agree(there: World, source: str = "") -> AgreementVersion:
    version = propose(there, source)
    for who in (there.owner, there.manager):
        version = version_confirm(version_id=version.id, digest=version.digest, actor=who, at=T0)
    return version


def page(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    return re.sub(r"\s+", " ", answer.content.decode())


def follow(client: Client, answer) -> str:
    assert answer.status_code == 302, (answer.status_code, answer.content[:300])
    return page(client.get(answer.headers["Location"]))


@pytest.mark.req("C8")
def test_two_people_bring_a_quick_start_into_force(there) -> None:
    client, partner = browser(there.owner), browser(there.manager)
    assert "Nothing agreed yet" in page(client.get("/agreements/"))
    answer = client.post("/agreements/quick-start/", {"engagement": str(there.with_brightline.id)})
    assert "tabled with your word" in follow(client, answer)

    version = AgreementVersion.objects.get()
    assert "your word" in page(partner.get("/agreements/"))
    shown = page(partner.get(f"/agreements/{version.agreement_id}/"))
    assert "Confirm for Brightline" in shown
    assert "Confirm for Harbour" not in shown
    assert "Priority 1, resolve" in shown
    assert "24 × 7" in shown
    answer = partner.post(f"/agreements/versions/{version.id}/confirm/", {"digest": version.digest})
    assert "this version is in force" in follow(partner, answer)
    assert "in force" in page(client.get(f"/agreements/{version.agreement_id}/"))


@pytest.mark.req("C8")
def test_a_text_with_faults_comes_back_with_each_line_named(there) -> None:
    client = browser(there.owner)
    address = f"/agreements/propose/?seat={there.with_brightline.id}"
    assert "starts_on: " in page(client.get(address))
    bad = text(resolve="soon <b>") + "retrun_limit: 2\n"
    before = (AgreementVersion.objects.count(), Entry.objects.count())
    answer = client.post(address, {"text": bad, "step": "table"})
    assert answer.status_code == 422
    shown = re.sub(r"\s+", " ", answer.content.decode())
    assert "2 faults; nothing was changed." in shown
    assert 'Line 9</b> <span class="num">targets.2.within</span>: “soon &lt;b&gt;” is not an amount' in shown
    assert "<code>retrun_limit: 2</code>" in shown
    assert "did you mean return_limit?" in shown
    assert "retrun_limit: 2" in shown.partition("<textarea")[2]
    assert (AgreementVersion.objects.count(), Entry.objects.count()) == before


def test_a_form_and_a_file_give_one_digest(there) -> None:
    client = browser(there.owner)
    address = f"/agreements/propose/?seat={there.with_brightline.id}"
    client.post(address, {"text": text().replace("\n", "\r\n"), "step": "draft"})
    upload = SimpleUploadedFile("a.yaml", b"\xef\xbb\xbf" + text().encode())
    follow(client, client.post(address, {"text": "ignored", "file": upload, "step": "table"}))
    assert len(set(AgreementVersion.objects.values_list("digest", flat=True))) == 1
    assert [v.tabled_at is None for v in AgreementVersion.objects.order_by("proposed_at")] == [True, False]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: \xff", "isn’t text in UTF-8"),
        (b"#" * 65_537, "the text is larger than 64 KiB"),
        (b"", "the text is empty"),
        (b"name: [", "this is not YAML"),
    ],
)
def test_a_file_that_is_no_agreement(there, content, said) -> None:
    client = browser(there.owner)
    # Django leaves out a file without content, as browsers send it when none was chosen.
    files = {"file": SimpleUploadedFile("a.yaml", content)} if content else {"text": ""}
    answer = client.post(f"/agreements/propose/?seat={there.with_brightline.id}", files)
    assert (answer.status_code, AgreementVersion.objects.count()) == (422, 0)
    assert said in answer.content.decode()


def test_a_change_is_read_as_red_lines(there) -> None:
    agreed = agree(there)
    offered = propose(there, text("2026-07-01", resolve="2h"), actor=there.manager)
    client = browser(there.owner)
    shown = page(client.get(f"/agreements/{agreed.agreement_id}/"))
    assert "<del>4h</del><ins>2h</ins>" in shown
    assert "<del>4 h</del> <ins>2 h</ins>" in shown
    assert "v1 → v2" in shown
    assert "Reply with a change" in shown
    alone = page(client.get(f"/agreements/{agreed.agreement_id}/?version={offered.id}&against=none"))
    assert "<del>" not in alone
    back = page(client.get(f"/agreements/{agreed.agreement_id}/?version={agreed.id}&against={offered.id}"))
    assert "<del>2h</del><ins>4h</ins>" in back
    assert "resolve, priority: 1, within: 2h" in page(
        client.get(f"/agreements/propose/?seat={there.with_brightline.id}&from={offered.id}")
    )


def test_a_stale_digest_is_said_on_the_page(there) -> None:
    version = propose(there)
    partner = browser(there.manager)
    answer = partner.post(f"/agreements/versions/{version.id}/confirm/", {"digest": "0" * 64})
    assert "not the digest of this text" in follow(partner, answer)
    version.refresh_from_db()
    assert version.confirmed_parties == 0


def test_a_draft_is_tabled_and_an_offer_taken_back(there) -> None:
    draft = propose(there, tabled=False)
    client = browser(there.owner)
    assert "Drop the draft" in page(client.get(f"/agreements/{draft.agreement_id}/"))
    assert browser(there.manager).get(f"/agreements/{draft.agreement_id}/").status_code == 404
    assert "on the table" in follow(client, client.post(f"/agreements/versions/{draft.id}/table/"))
    assert "taken back" in follow(client, client.post(f"/agreements/versions/{draft.id}/withdraw/"))
    assert "in force or was taken back" in follow(
        client, client.post(f"/agreements/versions/{draft.id}/withdraw/")
    )
    answer = client.post("/agreements/quick-start/", {"engagement": str(there.with_brightline.id)})
    assert "agreement here already" in follow(client, answer)


def test_a_quick_start_for_the_own_desk_runs_at_once(there) -> None:
    client = browser(there.owner)
    shown = follow(client, client.post("/agreements/quick-start/", {"engagement": ""}))
    assert "The quick start agreement is in force." in shown
    assert "own desk" in shown


def test_a_stand_ins_word_is_marked(there) -> None:
    absent = organization("Absent", kept_by=there.harbour)
    version = propose(there, engagement_id=engagement(there.harbour, absent, 4).id)
    client = browser(there.owner)
    assert "you record its word" in page(client.get(f"/agreements/{version.agreement_id}/"))
    given = {"digest": version.digest, "organization": str(absent.id)}
    answer = client.post(f"/agreements/versions/{version.id}/confirm/", given)
    shown = follow(client, answer)
    assert "kept by one side" in shown
    assert "Confirm for Harbour" in shown


def test_readers_of_targets_read_targets(there) -> None:
    version = agree(there)
    technician = browser(actor(there.brightline, "technician", there.with_brightline))
    shown = page(technician.get(f"/agreements/{version.agreement_id}/"))
    assert "Priority 1, respond" in shown
    assert "pause_reasons" not in shown
    assert "Olga" not in shown
    assert technician.get(f"/agreements/versions/{version.id}/text/").status_code == 404


def test_the_text_as_a_file_is_what_was_confirmed(there) -> None:
    version = agree(there)
    answer = browser(there.manager).get(f"/agreements/versions/{version.id}/text/")
    assert answer.content.decode() == version.text
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="agreement-{version.id.hex[-8:]}.yaml"'
    )


@pytest.mark.req("X1")
@pytest.mark.parametrize("role", ["requester", "administrator"])
def test_nothing_here_for_who_has_no_part(there, role) -> None:
    version = agree(there)
    client = browser(actor(there.harbour, role))
    assert "No agreement yet" in page(client.get("/agreements/"))
    assert client.get(f"/agreements/{version.agreement_id}/").status_code == 404


@pytest.mark.req("X1")
def test_a_foreign_id_and_one_that_never_was_give_the_same_page(there) -> None:
    version = agree(there)
    other = browser(actor(there.kestrel, "manager", there.with_kestrel))
    never = "0198c0de-0000-7000-8000-000000000000"
    for pattern in (
        "/agreements/{a}/",
        "/agreements/versions/{v}/text/",
        "/agreements/propose/?seat={e}",
        "/agreements/propose/?from={v}",
    ):
        real = other.get(pattern.format(a=version.agreement_id, v=version.id, e=there.with_brightline.id))
        fake = other.get(pattern.format(a=never, v=never, e=never))
        assert (real.status_code, fake.status_code) == ((403, 403) if "from" in pattern else (404, 404))
        assert _plain(real) == _plain(fake)
    for step in ("confirm", "table", "withdraw"):
        real = other.post(f"/agreements/versions/{version.id}/{step}/")
        fake = other.post(f"/agreements/versions/{never}/{step}/")
        assert (real.status_code, _plain(real)) == (404, _plain(fake))


def _plain(answer) -> str:
    content: str = answer.content.decode()
    for noise in (
        r'csrfmiddlewaretoken" value="[^"]*"',
        r'X-CSRFToken": "[^"]*"',
        r'href="[^"]*next=[^"]*"',
        r"[0-9a-f-]{36}",
    ):
        content = re.sub(noise, "", content)
    return content


@pytest.mark.parametrize(
    "address",
    [
        "/agreements/x/",
        "/agreements/propose/?seat=x",
        "/agreements/propose/?from=x",
        "/agreements/{a}/?version=x",
    ],
)
def test_what_is_no_id_is_nowhere(there, address) -> None:
    version = agree(there)
    assert browser(there.owner).get(address.format(a=version.agreement_id)).status_code == 404


def test_steps_are_posted_by_the_signed_in(there) -> None:
    version = propose(there)
    assert browser(there.manager).get(f"/agreements/versions/{version.id}/confirm/").status_code == 405
    for address in ("/agreements/", f"/agreements/{version.agreement_id}/", "/agreements/propose/"):
        answer = Client(headers={"host": "localhost"}).get(address)
        assert (answer.status_code, answer.headers["Location"].startswith("/accounts/login/")) == (302, True)
    assert browser(there.owner).post("/agreements/quick-start/", {"engagement": "x"}).status_code == 404


def test_an_old_version_says_until_when_it_held(there) -> None:
    agree(there, text("2025-01-01"))
    newer = agree(there, text("2026-01-01"))
    shown = page(browser(there.owner).get(f"/agreements/{newer.agreement_id}/"))
    assert "ended" in shown


@pytest.mark.req("C8")
def test_a_calendar_asked_beyond_the_known_holidays_warns_both_sides(there) -> None:
    """From the year in which the version starts; a year of which the calendar lists a day itself is known."""
    known_from, known_until = known_years(Region("GW"))
    early = known_from - 1
    warned = agree(there, _beyond(early, ""))
    said = f"the public holidays of GW are known here from {known_from} to {known_until}. In {early} none"
    for who in (there.owner, there.manager):
        assert said in page(browser(who).get(f"/agreements/{warned.agreement_id}/?version={warned.id}"))
    listed = agree(there, _beyond(early, f", dates: [{early}-12-25]"))
    shown = page(browser(there.owner).get(f"/agreements/{warned.agreement_id}/?version={listed.id}"))
    assert "public holidays of GW closed" in shown
    assert "the public holidays of GW are known" not in shown


def _beyond(year: int, dates: str) -> str:
    holidays = f"always:\n    holidays: {{country: GW{dates}}}\n"
    return text(f"{year}-06-01").replace("always:\n", holidays, 1)
