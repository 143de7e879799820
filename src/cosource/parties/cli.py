"""Commands on organizations and people, for whoever has the machine: a way in where mail does not reach, or all was lost.

Founding an organization is the installation's own act. Every other command acts as a named administrator of the person's own
organization and is recorded as that person's act. Not here: what may be done and what is recorded (services).
"""

from collections.abc import Callable
from typing import Annotated, Any, Never

import typer

organization_app = typer.Typer(help="Organizations: found one.", no_args_is_help=True)
person_app = typer.Typer(help="People: invite, dismiss, help back in.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The address that the person signs in with.")]
As = Annotated[
    str, typer.Option("--as", help="The address of an administrator of the person's organization.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(organization_app, name="organization")
    app.add_typer(person_app, name="person")


@organization_app.callback()
def _organizations() -> None:
    """Found an organization on this installation."""


@organization_app.command("create")
def organization_create_command(
    *,
    name: Annotated[str, typer.Argument(help="The organization's name.")],
    person: Annotated[str, typer.Option(help="The name of its first person, who administers it.")],
    email: Annotated[str, typer.Option(help="The address that this person signs in with.")],
    password: Annotated[
        str,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if left out."),
    ],
    partner: Annotated[
        bool, typer.Option("--partner", help="It starts as a partner; a client if left out.")
    ] = False,
    zone: Annotated[str, typer.Option(help="Its time zone, such as Europe/Berlin.")] = "UTC",
) -> None:
    """Found an organization with its first person; prints its id."""
    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError
    from cosource.foundation.sight import MANAGER, SERVICE_OWNER, system_actor
    from cosource.parties.services.organizations import organization_create

    try:
        founded = organization_create(
            name=name,
            time_zone=zone,
            leads_as=MANAGER if partner else SERVICE_OWNER,
            person_name=person,
            person_email=email,
            password=password,
            actor=system_actor(reason="founded from the command line", channel="cli"),
            at=clock.now(),
        )
    except CosourceError as refused:
        _end(_words(refused))
    typer.echo(founded.organization.id)


@person_app.command("invite")
def person_invite_command(
    email: Annotated[str, typer.Argument(help="The address to invite.")],
    name: Annotated[str, typer.Argument(help="The person's name.")],
    as_: As,
    role: Annotated[
        list[str],
        typer.Option(help="A role at the own desk; may be repeated. Roles on engagements are given later."),
    ] = [],  # noqa: B006 - typer's way to say "none"
    mail: Annotated[
        bool, typer.Option("--mail", help="Send the link by mail instead of printing it.")
    ] = False,
) -> None:
    """Invite somebody to your organization; prints the link, which works once and for seven days."""
    from cosource.foundation import clock
    from cosource.parties.services.invitations import OfferedRole, person_invite

    at = clock.now()
    issued = _as_administrator(
        as_,
        at,
        lambda actor: person_invite(
            email=email,
            name=name,
            roles=[OfferedRole(r) for r in role],
            by_mail=mail,
            actor=actor,
            at=at,
        ),
    )
    typer.echo(f"The link is on its way to {email}." if mail else issued.link)


@person_app.command("leave")
def person_leave(
    email: Email, as_: As, reason: Annotated[str, typer.Option("--reason", help="Why; it is recorded.")] = ""
) -> None:
    """End somebody's employment with all their access, at once."""
    from cosource.foundation import clock
    from cosource.parties.queries.acting import own_person_id
    from cosource.parties.services.leaving import employment_end

    at = clock.now()

    def act(actor: Any) -> None:
        employment_end(person_id=own_person_id(actor, email), reason=reason, actor=actor, at=at)

    _as_administrator(as_, at, act)
    typer.echo(f"{email} has left; all access has ended.")


@person_app.command("reset")
def person_reset(email: Email, as_: As) -> None:
    """Print a link with which the person chooses a new password; it works once, for half an hour."""
    from cosource.foundation import clock
    from cosource.parties.services.password_reset import password_reset_link

    at = clock.now()
    typer.echo(_as_administrator(as_, at, lambda actor: password_reset_link(email=email, actor=actor, at=at)))


@person_app.command("reset-second-factor")
def person_reset_second_factor(
    email: Email, as_: As, reason: Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
) -> None:
    """Remove the second factors of somebody who lost them; they are told by mail."""
    from cosource.foundation import clock
    from cosource.parties.queries.acting import own_person_id
    from cosource.parties.services.password_reset import second_factor_reset

    at = clock.now()

    def act(actor: Any) -> None:
        second_factor_reset(person_id=own_person_id(actor, email), reason=reason, actor=actor, at=at)

    _as_administrator(as_, at, act)
    typer.echo(f"The second factors of {email} are removed.")


def _as_administrator[T](name: str, at: Any, act: Callable[[Any], T]) -> T:
    """Act as this administrator, for the one of their organizations where the person works."""
    from cosource.foundation.errors import CosourceError, NotFound
    from cosource.parties.queries.acting import administrator_named

    said = [f"{name} administers no organization here."]
    for actor in administrator_named(name, at):
        try:
            return act(actor)
        except NotFound:
            said = ["Nobody of that organization signs in with this address."]
        except CosourceError as refused:
            said = _words(refused)
    return _end(said)


def _words(refused: Any) -> list[str]:
    """Return what a refusal says, field by field where it names fields."""
    fields = refused.details.get("fields", {})
    return [f"{field}: {' '.join(map(str, said))}" for field, said in fields.items()] or [refused.message]


def _end(said: list[str]) -> Never:
    for line in said:
        typer.echo(line, err=True)
    raise typer.Exit(1)
