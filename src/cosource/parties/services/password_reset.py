"""Getting back in: a new password by a link, and a new second factor by one's own organization.

Who asks for a link learns nothing from the answer, nor from the time it takes: the request only queues a note, and the worker
looks whether anybody has that address. A link works once and for half an hour; nothing of it is stored.

Not here: the pages that a link opens.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.services.duework import Task, register_work, work_enqueue
from cosource.foundation.services.mail import mail_enqueue
from cosource.foundation.sight import ADMINISTRATOR, Actor
from cosource.parties.models import Employment, Grant, Organization, Person
from cosource.parties.queries.sight import live
from cosource.parties.services.checks import clean_note
from cosource.parties.services.policy import organization_for
from cosource.parties.services.record import append_own
from cosource.parties.services.signin_sessions import sessions_end_all

KIND = "parties.password_reset"
LINK_MINUTES = settings.PASSWORD_RESET_TIMEOUT // 60


def password_reset_request(*, email: str, at: datetime) -> None:
    """Queue a link for whoever has this address; the same work whether anybody has."""
    work_enqueue(kind=KIND, args={"email": email.strip().lower()[:254]}, due_at=at, at=at, max_attempts=3)


def _send_link(task: Task) -> dict[str, Any]:
    at = clock.now()
    person = Person.objects.filter(email__iexact=task.args["email"], is_active=True).first()
    if person is None or not Employment.objects.filter(live(at), person=person).exists():
        return {}
    with translation.override(person.locale or settings.LANGUAGE_CODE):
        mail_enqueue(
            effect_key=f"password-reset:{task.id}",
            to=person.email,
            subject=_("Choose a new password"),
            text=_(
                "Hello %(name)s,\n\nsomebody, probably you, asked for a new password. Open this address within %(minutes)d "
                "minutes to choose it; it works once:\n\n%(link)s\n\nIf it was not you, do nothing: your password stays."
            )
            % {"name": person.name, "minutes": LINK_MINUTES, "link": _link(person)},
            at=at,
            about=person.id,
        )
    return {}


def register() -> None:
    """Make the worker able to send links."""
    register_work(KIND, _send_link)


def _link(person: Person) -> str:
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)},
    )
    return f"{settings.BASE_URL}{path}"


@transaction.atomic
def password_reset_link(*, email: str, actor: Actor, at: datetime) -> str:
    """Return a link with which one of the organization's own people chooses a new password, for handing over in person.

    Appends `person.password_link_made/1` to the organization's own record.
    Raises: NotFound when nobody here has the address, NotAllowed for anybody but an administrator, Conflict for somebody who
    works for another organization too.
    """
    organization = organization_for(actor, "person.recover").organization
    person = _own_person(organization, at, email__iexact=email.strip())
    append_own(
        organization,
        "person.password_link_made/1",
        ("person", person.id),
        actor=actor,
        at=at,
        facts={"person": person.id.hex, "minutes": LINK_MINUTES},
        payload={"name": person.name},
    )
    return _link(person)


@transaction.atomic
def second_factor_reset(*, person_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Remove the second factors of one of the organization's own people who lost them, and end their sessions.

    Appends `person.second_factor_reset/1`; the person and the other administrators are told by mail.
    Raises: NotFound, NotAllowed, Invalid without a reason, Conflict for oneself, for somebody without a second factor, and for
    somebody who works for another organization too. From the command line oneself will do: a sole administrator who lost
    everything has the machine to fall back on.
    """
    organization = organization_for(actor, "person.recover").organization
    person = _own_person(organization, at, pk=person_id)
    why = clean_note("reason", reason, limit=300)
    if person.id == actor.id and actor.channel != "cli":
        raise Conflict(_("Another administrator resets yours."), code="own_second_factor")
    factors = Authenticator.objects.filter(user=person)
    count = factors.count()
    if not count:
        raise Conflict(_("This person has no second factor."), code="no_second_factor")
    factors.delete()
    sessions_end_all(person_id=person.id)
    entry_id = append_own(
        organization,
        "person.second_factor_reset/1",
        ("person", person.id),
        actor=actor,
        at=at,
        facts={"person": person.id.hex, "factors": count},
        payload={"name": person.name, "reason": why},
    )
    _tell_second_factor_reset(organization, person, actor=actor, why=why, entry_id=entry_id, at=at)


def _own_person(organization: Organization, at: datetime, **which: Any) -> Person:
    employed = Employment.objects.filter(live(at))
    person = Person.objects.filter(
        pk__in=employed.filter(organization=organization).values("person_id"), is_active=True, **which
    ).first()
    if person is None:
        raise NotFound
    if employed.filter(person=person).exclude(organization=organization).exists():
        # Whoever resets a sign-in can use it, and this one opens another party's record as well.
        raise Conflict(
            _("This sign-in is not yours alone to reset. The person can ask for a link by mail."),
            code="shared_sign_in",
        )
    return person


def _tell_second_factor_reset(
    organization: Organization, person: Person, *, actor: Actor, why: str, entry_id: UUID, at: datetime
) -> None:
    others = (
        Person.objects.filter(
            pk__in=Grant.objects.filter(
                live(at), organization=organization, engagement=None, role=ADMINISTRATOR, person__isnull=False
            ).values("person_id")
        )
        .exclude(pk__in=[person.id, actor.id])
        .order_by("id")
    )
    for reader in (person, *others):
        with translation.override(reader.locale or settings.LANGUAGE_CODE):
            mail_enqueue(
                effect_key=f"second-factor-reset:{entry_id}:{hashlib.sha256(reader.email.encode()).hexdigest()}",
                to=reader.email,
                subject=_("A second factor was reset"),
                text=_(
                    "%(actor)s removed the second factor of %(name)s at %(organization)s.\n\nReason: %(reason)s\n\n"
                    "If this is not right, tell an administrator at once."
                )
                % {
                    "actor": actor.name,
                    "name": person.name,
                    "organization": organization.name,
                    "reason": why,
                },
                at=at,
                about=person.id,
                organization_id=organization.id,
            )
