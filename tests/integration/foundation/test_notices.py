"""Telling people: once each, by the ways they chose, with the rights that they have when they are told."""

import json
import re
from datetime import time, timedelta
from uuid import UUID

import pytest
from django.conf import settings as installed
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from tests.integration.tickets.conftest import Desk

from cosource.foundation import clock
from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import (
    DueWork,
    Gateway,
    Notice,
    PushSubscription,
    WebhookDelivery,
    WebhookEndpoint,
)
from cosource.foundation.queries.duework import Turns
from cosource.foundation.queries.notices import unacknowledged_since, unread_count
from cosource.foundation.rules.notices import Said
from cosource.foundation.rules.webhooks import is_genuine
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.gateways import gateway_set
from cosource.foundation.services.notice_choices import choices_set
from cosource.foundation.services.notices import (
    notice_acknowledge,
    notice_acknowledge_by_token,
    notify,
    token_of,
)
from cosource.foundation.services.push import push_public_key, push_subscribe
from cosource.foundation.services.sweeping import notices_sweep
from cosource.foundation.services.webhooks import webhook_add, webhook_exchange_secret, webhook_remove
from cosource.foundation.services.work_steps import work_replay
from cosource.parties.models import Grant
from cosource.parties.services.grants import grant_end
from cosource.tickets.services.changing import ticket_assign
from cosource.tickets.services.conversation import ticket_reply

pytestmark = pytest.mark.django_db


def do_work() -> None:
    turns = Turns()
    while work_next(worker="w", at=clock.now(), turns=turns):
        pass


def tell(desk: Desk, ticket, *people: str, effect: str = "e", organization: str = "c1", **more) -> None:
    notify(
        effect_key=effect,
        person_ids=[desk.world.person(p).id for p in people],
        kind="ticket.assigned",
        subject_kind="ticket",
        subject_id=ticket.id,
        url=f"/tickets/{ticket.id}/",
        words=Said(
            "%(reference)s is assigned to you", (("reference", desk.part(ticket, organization).reference),)
        ),
        at=clock.now(),
        organization_id=desk.org(organization),
        **more,
    )


def choose(desk: Desk, person: str, **more) -> None:
    given = {
        "ways": {"ticket.assigned": ["mail"]},
        "quiet_from": None,
        "quiet_until": None,
        "urgent_passes": True,
        "digest": "",
        "digest_at": None,
        "phone": "",
    }
    choices_set(**(given | more), actor=desk.actor(person))


def browser(person) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(person, backend=installed.AUTHENTICATION_BACKENDS[-1])
    return client


def test_an_effect_reaches_each_person_once(desk):
    ticket = desk.open()
    for _ in range(3):
        tell(desk, ticket, "c1.ct", "c1.cso")
    do_work()
    tell(desk, ticket, "c1.ct", "c1.cso")
    do_work()
    assert Notice.objects.count() == 2
    assert sorted(m.to[0] for m in mail.outbox) == sorted(
        [desk.world.person("c1.ct").email, desk.world.person("c1.cso").email]
    )
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == 2
    assert all(len(m.to) == 1 and not m.cc and not m.bcc for m in mail.outbox)


def test_telling_stands_and_falls_with_the_change(desk):
    ticket = desk.open()
    with transaction.atomic():
        tell(desk, ticket, "c1.ct")
        transaction.set_rollback(True)
    do_work()
    assert (Notice.objects.count(), len(mail.outbox)) == (0, 0)
    with pytest.raises(KeyError, match="register"):
        notify(
            effect_key="x",
            person_ids=[],
            kind="unknown",
            subject_kind="ticket",
            subject_id=ticket.id,
            url="/",
            words=Said(""),
            at=clock.now(),
            organization_id=desk.org("c1"),
        )


@pytest.mark.threat("S06", "S24")
def test_a_mail_is_in_the_readers_language_and_names_the_ticket(desk):
    ticket = desk.open()
    person = desk.world.person("c1.ct")
    type(person).objects.filter(id=person.id).update(locale="de")
    tell(desk, ticket, "c1.ct")
    do_work()
    (message,) = mail.outbox
    reference = desk.part(ticket, "c1").reference
    assert message.subject.startswith(reference)
    assert f"{reference}: Printer down" in message.body
    assert f"/tickets/{ticket.id}/" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.threat("S21")
def test_who_does_not_see_it_any_more_is_told_nothing(desk):
    """Between the change and the mail the right is taken away."""
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    mail.outbox.clear()
    Notice.objects.all().delete()
    DueWork.objects.all().delete()
    tell(desk, ticket, "p1.pt", organization="p1")
    grant = Grant.objects.get(
        person=desk.world.person("p1.pt"), engagement=desk.world.engagements["c1p1"], ends_at=None
    )
    grant_end(grant_id=grant.id, reason="moved on", actor=desk.actor("p1.pm"), at=clock.now())
    desk.tick()
    do_work()
    assert mail.outbox == []
    assert DueWork.objects.get(kind="foundation.notice_mail").result == {"dropped": True}
    actor = desk.actor("p1.pt")
    assert unread_count(actor) == 0
    assert b"is assigned" not in browser(desk.world.person("p1.pt")).get("/notices/").content


def test_a_notice_for_somebody_who_never_saw_it_shows_nowhere(desk):
    ticket = desk.open()
    tell(desk, ticket, "p2.pt", organization="c1")
    do_work()
    assert mail.outbox == []
    assert unread_count(desk.actor("p2.pt")) == 0


def test_quiet_hours_hold_mail_back_and_what_was_read_meanwhile_stays_away(desk, traveller):
    ticket = desk.open()
    # 09:00 UTC in March is 10:00 in Berlin or 09:00 in UTC: quiet either way.
    choose(desk, "c1.ct", quiet_from=time(8), quiet_until=time(12))
    choose(desk, "c1.cso", quiet_from=time(8), quiet_until=time(12))
    tell(desk, ticket, "c1.ct", "c1.cso")
    do_work()
    assert mail.outbox == []
    browser(desk.world.person("c1.ct")).post("/notices/read/")
    traveller.shift(timedelta(hours=4))
    do_work()
    assert [m.to for m in mail.outbox] == [[desk.world.person("c1.cso").email]]
    tell(desk, ticket, "c1.ct", effect="urgent", urgent=True)
    do_work()
    assert len(mail.outbox) == 2


def test_a_digest_tells_all_of_it_in_one_mail(desk, traveller):
    choose(desk, "c1.ct", digest="hourly")
    tickets = [desk.open(title=f"Fault {n}") for n in range(3)]
    for n, ticket in enumerate(tickets):
        tell(desk, ticket, "c1.ct", effect=f"e{n}")
    tell(desk, tickets[0], "c1.ct", effect="now", acknowledge=True)
    do_work()
    assert len(mail.outbox) == 1
    traveller.shift(timedelta(hours=1, minutes=2))
    do_work()
    do_work()
    assert len(mail.outbox) == 2
    digest = mail.outbox[1]
    assert digest.subject == "3 notices"
    assert [f"Fault {n}" in digest.body for n in range(3)] == [True] * 3


def test_acknowledged_from_the_phone_without_signing_in(desk, traveller):
    ticket = desk.open()
    tell(desk, ticket, "c1.ct", acknowledge=True)
    do_work()
    path = re.search(r"http://[^/]+(/notices/by-link/\S+)", mail.outbox[0].body)[1]
    phone = Client(headers={"host": "localhost"}, enforce_csrf_checks=False)
    shown = phone.get(path)
    assert (shown.status_code, shown["Referrer-Policy"]) == (200, "strict-origin")
    assert desk.part(ticket, "c1").reference not in shown.content.decode()
    assert unacknowledged_since(["e", "other"]) == {"e": clock.now()}
    assert phone.post(path).status_code == 200
    first = Notice.objects.get().acknowledged_at
    assert (first, unacknowledged_since(["e"])) == (clock.now(), {})
    traveller.shift(timedelta(minutes=5))
    phone.post(path)
    assert Notice.objects.get().acknowledged_at == first
    assert phone.get(path[:-3] + "xx/").status_code == 404
    traveller.shift(timedelta(days=3))
    assert phone.get(path).status_code == 404


def test_while_a_team_has_no_people_who_leads_is_told(desk):
    team = desk.world.teams["p1.alder"]
    team.memberships.all().delete()
    ticket = desk.open()
    desk.offer(ticket, "p1.alder")
    boss = {(desk.world.person("p1.pm").id, desk.org("p1"))}
    assert told("ticket.offered") == boss
    desk.accept(ticket, "p1.pm")
    ticket_assign(ticket_id=ticket.id, person_id=None, actor=desk.actor("p1.pm"), at=desk.tick())
    ticket_reply(
        ticket_id=ticket.id,
        text="A word.",
        party_ids=[desk.org("c1"), desk.org("p1")],
        with_requester=False,
        wider_confirmed=True,
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    assert told("ticket.answered") == boss


def test_one_who_acknowledges_answers_for_all_who_were_told(desk):
    ticket = desk.open()
    tell(desk, ticket, "c1.ct", "c1.cso", acknowledge=True)
    tell(desk, ticket, "c1.ct", effect="plain")
    assert set(unacknowledged_since(["e", "plain"])) == {"e"}
    mine = Notice.objects.get(person_id=desk.world.person("c1.ct").id, needs_acknowledgement=True)
    with pytest.raises(NotFound):
        notice_acknowledge(notice_id=mine.id, actor=desk.actor("c1.cso"), at=clock.now())
    notice_acknowledge(notice_id=mine.id, actor=desk.actor("c1.ct"), at=clock.now())
    assert unacknowledged_since(["e"]) == {}
    plain = Notice.objects.get(needs_acknowledgement=False)
    with pytest.raises(NotFound):
        notice_acknowledge(notice_id=plain.id, actor=desk.actor("c1.ct"), at=clock.now())
    with pytest.raises(NotFound):
        notice_acknowledge_by_token(token=token_of(plain), at=clock.now())


def told(kind: str) -> set[tuple[UUID, UUID]]:
    return set(Notice.objects.filter(kind=kind).values_list("person_id", "organization_id"))


def test_an_offer_an_assignment_and_an_answer_tell_those_concerned(desk):
    world = desk.world
    ticket = desk.open(service_id=world.services["c1.printing"].id)
    desk.offer(ticket, "p1.alder")
    team = {(m.person_id, desk.org("p1")) for m in world.teams["p1.alder"].memberships.all()}
    assert (world.person("p1.pt").id, desk.org("p1")) in team
    assert told("ticket.offered") == team
    desk.accept(ticket, "p1.pt")
    ticket_assign(ticket_id=ticket.id, person_id=None, actor=desk.actor("p1.pt"), at=desk.tick())
    assert told("ticket.assigned") == set()

    def reply(by: str, *to: str) -> set[tuple[UUID, UUID]]:
        Notice.objects.all().delete()
        ticket_reply(
            ticket_id=ticket.id,
            text="A word.",
            party_ids=[desk.org(o) for o in to],
            with_requester=False,
            wider_confirmed=True,
            actor=desk.actor(by),
            at=desk.tick(),
        )
        return told("ticket.answered")

    assert reply("c1.ct", "c1") == set()
    assert reply("c1.ct", "c1", "p1") == team
    ticket_assign(
        ticket_id=ticket.id, person_id=world.person("p1.pt").id, actor=desk.actor("p1.pm"), at=desk.tick()
    )
    assert told("ticket.assigned") == {(world.person("p1.pt").id, desk.org("p1"))}
    assert reply("c1.ct", "c1", "p1") == {(world.person("p1.pt").id, desk.org("p1"))}
    assert reply("p1.pt", "p1") == set()


def test_opening_a_ticket_tells_nobody_and_an_offer_costs_two_statements(desk, django_assert_num_queries):
    ticket = desk.open()
    assert Notice.objects.count() == 0
    at_once = 1 if connection.vendor == "postgresql" else 2  # notices and work
    with django_assert_num_queries(1 + at_once):  # one finds the reference
        tell(desk, ticket, "c1.ct", "c1.cso", "c1.ct2")


def test_the_list_marks_read_opens_and_acknowledges(desk):
    ticket = desk.open()
    tell(desk, ticket, "c1.ct", acknowledge=True)
    notice = Notice.objects.get()
    client = browser(desk.world.person("c1.ct"))
    page = client.get("/notices/").content.decode()
    assert f"{desk.part(ticket, 'c1').reference} is assigned to you" in page
    assert "Printer down" in page
    assert 'id="bell-n" hx-swap-oob="true">1<' in client.get("/menu/counts/").content.decode()
    other = browser(desk.world.person("c1.cso"))
    for path in ("open", "acknowledge"):
        assert other.post(f"/notices/{notice.id}/{path}/").status_code == 404
        assert client.get(f"/notices/{notice.id}/{path}/").status_code == 405
    opened = client.post(f"/notices/{notice.id}/open/")
    assert opened.headers["Location"] == f"/tickets/{ticket.id}/"
    assert 'id="bell-n" hx-swap-oob="true"><' in client.get("/menu/counts/").content.decode()
    client.post(f"/notices/{notice.id}/acknowledge/")
    notice.refresh_from_db()
    assert (notice.read_at, notice.acknowledged_at) == (clock.now(), clock.now())


def test_choices_are_kept_and_nonsense_is_refused(desk):
    client = browser(desk.world.person("c1.ct"))
    given = {"quiet_from": "22:00", "quiet_until": "06:30", "digest": "daily", "digest_at": "08:15"}
    answer = client.post("/notices/choices/", given | {"way-ticket.assigned": ["mail"]})
    assert answer.status_code == 302
    page = client.get("/notices/choices/").content.decode()
    assert 'value="22:00"' in page
    assert re.search(r'name="way-ticket.assigned" value="mail" checked', page)
    assert not re.search(r'name="way-ticket.assigned" value="push" checked', page)
    assert client.post("/notices/choices/", {"quiet_from": "22:00"}).status_code == 422
    assert client.post("/notices/choices/", {"phone": "no number"}).status_code == 422
    assert client.post("/notices/choices/", {"way-ticket.assigned": ["sms"]}).status_code == 422
    with pytest.raises(Invalid) as refused:
        choose(desk, "c1.ct", ways={"ticket.assigned": ["pigeon"]}, digest="yearly")
    assert set(refused.value.details["fields"]) == {"ways", "digest"}


def add_webhook(desk: Desk, **more) -> tuple[WebhookEndpoint, str]:
    given = {"name": "Ops", "url": "https://hooks.example/in", "shape": "plain", "kinds": []} | more
    return webhook_add(**given, actor=desk.actor("c1.cso"), at=clock.now())


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "localhost", "desk.localhost", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
)
@pytest.mark.threat("S03")
def test_an_address_that_leads_inside_is_refused_when_it_is_given(desk, settings, host):
    settings.PRIVATE_TARGETS = ()
    with pytest.raises(Invalid) as refused:
        add_webhook(desk, url=f"https://{host}/in")
    assert refused.value.details["fields"] == {
        "url": "This leads into a network that is not reached from here."
    }
    assert not WebhookEndpoint.objects.exists()


def test_a_webhook_is_told_once_signed_and_of_its_own_organization_only(desk, receiver):
    endpoint, secret = add_webhook(desk, url=f"{receiver.address}/in")
    add_webhook(desk, name="Other", kinds=["ticket.offered"], url=f"{receiver.address}/other")
    assert secret not in WebhookEndpoint.objects.get(id=endpoint.id).secret
    ticket = desk.open()
    tell(desk, ticket, "c1.ct", "c1.cso")
    tell(desk, ticket, "p1.pt", effect="p", organization="c1")  # sees nothing of it
    do_work()
    ((path, body, headers),) = receiver.came
    assert path == "/in"
    said = json.loads(body)
    assert (said["kind"], said["url"]) == ("ticket.assigned", f"{installed.BASE_URL}/tickets/{ticket.id}/")
    assert "Printer down" not in body.decode()
    given = (body, headers["Cosource-Timestamp"], headers["Cosource-Signature"], secret, clock.now())
    assert is_genuine(*given, within=timedelta(minutes=5))
    assert WebhookDelivery.objects.filter(dropped=True).count() == 1


def test_both_secrets_sign_while_one_is_exchanged(desk, receiver, traveller):
    endpoint, old = add_webhook(desk, url=f"{receiver.address}/in")
    new = webhook_exchange_secret(endpoint_id=endpoint.id, actor=desk.actor("c1.cso"), at=clock.now())
    ticket = desk.open()

    def signs(secret: str) -> bool:
        _, body, headers = receiver.came[-1]
        signed = headers["Cosource-Timestamp"], headers["Cosource-Signature"]
        return is_genuine(body, *signed, secret, clock.now(), within=timedelta(minutes=5))

    tell(desk, ticket, "c1.ct")
    do_work()
    assert (signs(old), signs(new)) == (True, True)
    traveller.shift(timedelta(days=2, minutes=1))
    tell(desk, ticket, "c1.ct", effect="later")
    do_work()
    assert (signs(old), signs(new)) == (False, True)


def test_a_receiver_that_is_down_for_a_day_gets_all_of_it_in_order_soon_after(desk, receiver, traveller):
    add_webhook(desk, url=f"{receiver.address}/in")
    ticket = desk.open()
    receiver.status = None
    for n in range(5):
        tell(desk, ticket, "c1.ct", effect=f"e{n}")
        do_work()
        traveller.shift(timedelta(hours=5))
        do_work()
    assert DueWork.objects.filter(kind="foundation.webhook").count() == 1
    row = WebhookEndpoint.objects.get()
    assert (row.trouble, row.failing_since) == ("It cannot be reached.", desk.world.at + timedelta(hours=1))
    receiver.status = 503
    traveller.shift(timedelta(minutes=6))
    do_work()
    came = len(receiver.came)
    assert came == 1
    receiver.status = 204
    traveller.shift(timedelta(minutes=6))
    do_work()
    ids = [json.loads(body)["id"] for _, body, _ in receiver.came[came:]]
    assert ids == [d.effect_key[:32] for d in WebhookDelivery.objects.order_by("id")]
    assert len(ids) == 5
    row.refresh_from_db()
    assert (row.trouble, row.failing_since, row.work_id) == ("", None, None)


def test_a_receiver_that_stays_away_is_parked_where_it_is_seen_and_goes_on(desk, receiver, traveller):
    add_webhook(desk, url=f"{receiver.address}/in")
    ticket = desk.open()
    receiver.status = None
    tell(desk, ticket, "c1.ct")
    do_work()
    traveller.shift(timedelta(days=3, minutes=1))
    do_work()
    work = DueWork.objects.get(kind="foundation.webhook")
    assert (work.state, work.message) == ("parked", "Ops: It cannot be reached.")
    assert b"Ops: It cannot be reached." in browser(desk.world.person("c1.cso")).get("/work/").content
    tell(desk, ticket, "c1.ct", effect="more")
    do_work()
    assert DueWork.objects.filter(kind="foundation.webhook").count() == 1
    receiver.status = 200
    assert work_replay(work_id=work.id, at=clock.now())
    do_work()
    assert (len(receiver.came), WebhookDelivery.objects.filter(sent_at=None).count()) == (2, 0)


def test_channels_are_for_those_who_lead(desk):
    endpoint, _ = add_webhook(desk)
    for person in ("c1.ct", "emb"):
        with pytest.raises(NotAllowed):
            webhook_remove(endpoint_id=endpoint.id, actor=desk.actor(person), at=clock.now())
    with pytest.raises(NotFound):
        webhook_remove(endpoint_id=endpoint.id, actor=desk.actor("p1.pm"), at=clock.now())
    for url in ("http://hooks.example/", "ftp://x", "https://a:b@hooks.example/", "https://", "https://[::1"):
        with pytest.raises(Invalid):
            add_webhook(desk, url=url)
    with pytest.raises(Invalid):
        add_webhook(desk, kinds=["no.kind"])
    assert browser(desk.world.person("c1.ct")).get("/notices/channels/").status_code == 403
    lead = browser(desk.world.person("c1.cso"))
    given = {"step": "webhook", "name": "New", "url": "https://h.example/", "shape": "slack"}
    page = lead.post("/notices/channels/", given).content.decode()
    assert re.search(r'id="secret">[\w-]{43}<', page)
    assert lead.post("/notices/channels/", given | {"url": "gopher://h"}).status_code == 422
    lead.post(f"/notices/channels/{endpoint.id}/remove/")
    assert list(WebhookEndpoint.objects.values_list("name", flat=True)) == ["New"]


def test_telephones_are_reached_through_the_organizations_gateway(desk, receiver):
    gateway_set(
        way="sms",
        url=f"{receiver.address}/send",
        headers={"Authorization": "Bearer s3cret"},
        body='{"to": ["{to}"], "text": "{text} {link}"}',
        actor=desk.actor("c1.cso"),
        at=clock.now(),
    )
    assert "s3cret" not in Gateway.objects.get().headers
    choose(desk, "c1.ct", ways={"ticket.assigned": ["sms"]}, phone="+49 (30) 1234-567")
    ticket = desk.open()
    tell(desk, ticket, "c1.ct", acknowledge=True)
    do_work()
    ((path, body, headers),) = receiver.came
    said = json.loads(body)
    assert (path, said["to"], headers["Authorization"]) == ("/send", ["+49301234567"], "Bearer s3cret")
    assert "/notices/by-link/" in said["text"]
    assert mail.outbox == []
    receiver.status = 401
    tell(desk, ticket, "c1.ct", effect="two")
    do_work()
    assert DueWork.objects.get(state="parked").message == "The gateway refused: 401."
    receiver.status = None
    tell(desk, ticket, "c1.ct", effect="three")
    do_work()
    waiting = DueWork.objects.get(kind="foundation.telephone", state="queued")
    assert "cannot be reached" in waiting.message
    for body in ("no json", "[]", '{"text": "{text}"}'):
        with pytest.raises(Invalid):
            gateway_set(
                way="sms",
                url="https://s.example/",
                headers={},
                body=body,
                actor=desk.actor("c1.cso"),
                at=clock.now(),
            )


POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


def test_browsers_are_subscribed_told_and_forgotten(desk, receiver):
    client = browser(desk.world.person("c1.ct"))
    keys = {"p256dh": POINT, "auth": AUTH}
    for path in ("/a", "/a", "/b"):
        given = json.dumps({"endpoint": f"{receiver.address}{path}", "keys": keys})
        assert client.post("/notices/browsers/", given, content_type="application/json").status_code == 201
    assert PushSubscription.objects.count() == 2
    ticket = desk.open()
    tell(desk, ticket, "c1.ct", urgent=True)
    do_work()
    assert sorted(path for path, _, _ in receiver.came) == ["/a", "/b"]
    _, body, headers = receiver.came[0]
    assert b"Printer" not in body
    assert (headers["Content-Encoding"], headers["Urgency"]) == ("aes128gcm", "high")
    assert headers["Authorization"].endswith(f"k={push_public_key()}")
    receiver.status = 410
    tell(desk, ticket, "c1.ct", effect="gone")
    do_work()
    assert PushSubscription.objects.count() == 0
    for wrong in ("[]", "{", json.dumps({"endpoint": "https://p.example/", "keys": keys | {"auth": "AA"}})):
        assert client.post("/notices/browsers/", wrong, content_type="application/json").status_code == 422


def test_an_attempt_after_a_failure_leaves_out_who_was_told(desk, receiver, traveller):
    for name in "ab":
        push_subscribe(
            address=f"{receiver.address}/{name}",
            key=POINT,
            secret=AUTH,
            label="",
            actor=desk.actor("c1.ct"),
            at=clock.now(),
        )
    receiver.first = [201, 500, 201]
    tell(desk, desk.open(), "c1.ct")
    do_work()
    traveller.shift(timedelta(minutes=1))
    do_work()
    paths = [path for path, _, _ in receiver.came]
    assert (len(paths), paths[1], paths[2], len(set(paths))) == (3, paths[2], paths[1], 2)


def test_the_installations_key_stays_when_the_field_keys_are_exchanged(settings):
    first = push_public_key()
    settings.FIELD_ENCRYPTION_KEYS = ("another", *settings.FIELD_ENCRYPTION_KEYS)
    assert push_public_key() == first
    settings.FIELD_ENCRYPTION_KEYS = ("another",)
    assert push_public_key() != first


def test_the_worker_script_covers_the_whole_site(client):
    answer = client.get("/push-worker.js", headers={"host": "localhost"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert b"notificationclick" in answer.content


def test_notices_go_after_half_a_year_and_deliveries_after_a_month(desk, receiver, traveller):
    add_webhook(desk, url=f"{receiver.address}/in")
    ticket = desk.open()
    tell(desk, ticket, "c1.ct")
    do_work()
    receiver.status = None
    traveller.shift(timedelta(days=31))
    tell(desk, ticket, "c1.ct", effect="new")
    do_work()
    assert (notices_sweep(at=clock.now()), WebhookDelivery.objects.count()) == (0, 1)
    assert notices_sweep(at=clock.now() + timedelta(days=153)) == 1
    assert Notice.objects.get().created_at == clock.now()
    assert WebhookDelivery.objects.count() == 1  # not taken yet


@pytest.mark.parametrize(
    ("reader", "sees"),
    [
        ("c1.ct", True),
        ("c1.aud", True),
        ("p1.pt", True),
        ("p2.pt", False),
        ("p3.pt", False),
        ("c2.ct", False),
    ],
)
@pytest.mark.threat("S24")
def test_nobody_is_told_of_what_they_cannot_see(desk, reader, sees):
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    do_work()
    mail.outbox.clear()
    organization = reader.partition(".")[0]
    notify(
        effect_key="canary",
        person_ids=[desk.world.person(reader).id],
        kind="ticket.assigned",
        subject_kind="ticket",
        subject_id=ticket.id,
        url=f"/tickets/{ticket.id}/",
        words=Said("%(reference)s is assigned to you", (("reference", "CANARY-1"),)),
        at=clock.now(),
        organization_id=desk.org(organization),
    )
    do_work()
    assert bool(mail.outbox) == sees
    assert (b"CANARY-1" in browser(desk.world.person(reader)).get("/notices/").content) == sees
