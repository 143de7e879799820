"""A partner that is not there yet: told by mail, its steps kept by the client and marked as such."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import NotAllowed
from cosource.foundation.models import DueWork, Entry
from cosource.parties.models import Organization
from cosource.parties.services.claims import stand_in_invite
from cosource.parties.services.engagements import engagement_create
from cosource.parties.services.teams import team_add
from cosource.tickets.models import Ticket
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import handover_accept, handover_withdraw, ticket_hand_over
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.writing import Words, writing_say, writing_send, writing_undo

WHY = (
    "You get this by mail because nobody of Fir Cooling has signed in yet. The client is Alder Hospitals; "
    "Alder Hospitals keeps your side until you take your seat."
)


@pytest.fixture
def absent(desk: Desk) -> Desk:
    """c1 also works with Fir Cooling, of which nobody is here; c1 keeps its team "cooling"."""
    engagement = engagement_create(
        name="Cooling",
        other_name="Fir Cooling",
        own_side="client",
        other_email="desk@fir.example",
        actor=desk.actor("c1.cso"),
        at=desk.now,
    )
    desk.world.organizations["fir"] = engagement.partner
    desk.world.teams["fir.cooling"] = team_add(
        name="cooling",
        organization_id=engagement.partner_id,
        actor=desk.actor("c1.cso"),
        at=desk.now,
    )
    return desk


@pytest.mark.req("C11")
def test_the_absent_party_is_told_by_mail_and_its_steps_are_kept_for_it(absent: Desk) -> None:
    ticket = absent.open()
    absent.offer(ticket, "fir.cooling", text="The server room is warm.")
    mail = DueWork.objects.get(kind="foundation.mail", args__to="desk@fir.example")
    reference = absent.part(ticket, "fir").reference
    assert mail.args["text"] == (
        f"CT of Alder Hospitals, Alder Hospitals offers {reference} to cooling:\n\nThe server room is warm.\n\n{WHY} "
        "The way in is an invitation: ask Alder Hospitals for one.\n"
    )
    assert absent.part(ticket, "fir").reference in mail.args["subject"]

    handover_accept(ticket_id=ticket.id, actor=absent.actor("c1.cso"), at=absent.tick())
    ticket_move(
        ticket_id=ticket.id,
        to_state="resolved",
        text="They mended it.",
        actor=absent.actor("c1.cso"),
        at=absent.tick(),
    )

    kept = Entry.objects.filter(subject_id=ticket.id, on_behalf_of_id=absent.org("fir"))
    assert sorted(kept.values_list("kind", flat=True)) == [
        "ticket.handed_over/1",
        "ticket.message_added/1",
        "ticket.state_changed/1",
    ]
    assert set(kept.values_list("organization_id", flat=True)) == {absent.org("c1")}
    ticket = Ticket.objects.get(id=ticket.id)
    assert (ticket.holder_organization_id, ticket.assignee_id) == (absent.org("fir"), None)


def mails(desk: Desk) -> list[str]:
    """What went to the absent party since it was asked last, first to last."""
    work = DueWork.objects.filter(kind="foundation.mail", args__to="desk@fir.example", state="queued")
    found = [mail.args["text"] for mail in work.order_by("created_at", "id")]
    work.update(state="done")
    return found


@pytest.mark.req("C11")
def test_what_is_written_to_the_absent_party_and_an_offer_taken_back_reach_it_by_mail(
    absent: Desk, settings
) -> None:
    ticket = absent.open()
    absent.offer(ticket, "fir.cooling")
    part, fir = absent.part(ticket, "fir"), absent.org("fir")
    reference = part.reference
    stand_in_invite(
        engagement_id=part.engagement_id,
        email="fay@fir.example",
        name="Fay",
        actor=absent.actor("c1.cso"),
        at=absent.tick(),
    )
    until = (absent.now + timedelta(days=7)).date()
    assert len(mails(absent)) == 1

    def reply(text: str, *parties: UUID, by: str = "c1.ct") -> None:
        ticket_reply(
            ticket_id=ticket.id,
            text=text,
            party_ids=parties,
            with_requester=False,
            wider_confirmed=True,
            actor=absent.actor(by),
            at=absent.tick(),
        )

    reply("Among ourselves.")
    assert mails(absent) == []
    reply("Is it warm still?", fir)
    [letter] = mails(absent)
    assert letter == (
        f"CT of Alder Hospitals, Alder Hospitals writes on {reference}:\n\nIs it warm still?\n\n{WHY} The way in is the link of the "
        f"invitation to fay@fir.example, which is good until {until} (UTC).\n"
    )

    settings.UNDO_SEND_SECONDS = 10
    asked = Words("Forget it.", fir.hex, frozenset({fir}), with_requester=False)
    writing_send(ticket_id=ticket.id, words=asked, actor=absent.actor("c1.ct"), at=absent.tick())
    assert mails(absent) == []
    writing_undo(ticket_id=ticket.id, actor=absent.actor("c1.ct"), at=absent.now)
    writing_say(ticket_id=ticket.id, actor=absent.actor("c1.ct"), at=absent.tick())
    assert mails(absent) == []

    handover_withdraw(ticket_id=ticket.id, actor=absent.actor("c1.ct"), at=absent.tick())
    [letter] = mails(absent)
    assert letter.startswith(
        f"CT of Alder Hospitals, Alder Hospitals takes back that {reference} was offered to cooling. Nothing is to be done."
    )

    steps = ticket_get(actor=absent.actor("c1.ct"), ticket_id=ticket.id, at=absent.now).steps
    told = "Fir Cooling is not here yet and gets it by mail."
    assert [(fir.hex in choice.value, choice.by_mail) for choice in steps.audiences] == [
        (False, ""),
        (True, told),
    ]
    Organization.objects.filter(id=fir).update(contact_email="")
    reply("Who reads this?", fir)
    assert not DueWork.objects.filter(kind="foundation.mail", state="queued").exclude(
        args__to="fay@fir.example"
    )
    steps = ticket_get(actor=absent.actor("c1.ct"), ticket_id=ticket.id, at=absent.now).steps
    assert steps.audiences[-1].by_mail.startswith("Nobody of Fir Cooling is told")
    Organization.objects.filter(id=fir).update(contact_email="desk@fir.example", stand_in=False, kept_by=None)
    reply("Welcome.", fir)
    assert mails(absent) == []


def test_nobody_else_answers_for_it(absent: Desk) -> None:
    ticket = absent.open()
    absent.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    absent.give(ticket, "c1.desk", "p1.pt", "c1.ct")
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=absent.world.teams["fir.cooling"].id,
        reason="skill",
        text="x",
        actor=absent.actor("c1.ct"),
        at=absent.tick(),
    )
    with pytest.raises(NotAllowed):
        handover_accept(ticket_id=ticket.id, actor=absent.actor("p1.pt"), at=absent.tick())
