"""Commands on agreements: propose a version from a file, give a party's word, read.

Each acts for a person, named by address, with that person's rights and no others; reading leaves a note in the access log.
Not here: the steps themselves (services).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never
from uuid import UUID

import typer

if TYPE_CHECKING:
    from cosource.agreements.queries.agreements import AgreementView, VersionRow
    from cosource.foundation.sight import Actor

agreement_app = typer.Typer(help="Agreements: propose, confirm, show.", no_args_is_help=True)

As = Annotated[str, typer.Option("--as", help="The address of the person who does this.")]
For = Annotated[
    str, typer.Option("--for", help="The organization acted for, by exact name; the employer if left out.")
]
_REFUSED, _UNUSABLE = 1, 2


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(agreement_app, name="agreement")


@agreement_app.command("propose")
def agreement_propose(
    file: Annotated[Path, typer.Argument(help="The text, in YAML.")],
    as_: As,
    for_: For = "",
    engagement: Annotated[
        str, typer.Option(help="The engagement, by exact name or id; the own desk if left out.")
    ] = "",
    draft: Annotated[
        bool, typer.Option("--draft", help="Keep it for your own side; don’t table it.")
    ] = False,
) -> None:
    """Propose a version from a file; prints its id and the digest that a confirmation names, and what to look at."""
    from cosource.agreements.queries.term_rows import term_warnings
    from cosource.agreements.services.proposals import version_propose
    from cosource.foundation import clock

    at = clock.now()
    with _refusals(str(file)):
        actor = _actor(as_, for_, at)
        version = version_propose(
            engagement_id=_engagement(engagement, actor),
            text=_text(file),
            actor=actor,
            at=at,
            tabled=not draft,
        )
    typer.echo(f"{version.id} {version.digest}")
    for warning in term_warnings(version.id, until=None, at=at):
        typer.echo(f"{file}: {warning}", err=True)


@agreement_app.command("confirm")
def agreement_confirm(
    version: Annotated[UUID, typer.Argument(help="The version’s id.")],
    digest: Annotated[str, typer.Argument(help="The SHA-256 of the text that you read.")],
    as_: As,
    for_: For = "",
    stand_in: Annotated[
        UUID | None, typer.Option(help="The id of a stand-in that your organization keeps.")
    ] = None,
) -> None:
    """Give your party's word to a tabled version."""
    from cosource.agreements.services.confirmations import version_confirm
    from cosource.foundation import clock

    at = clock.now()
    with _refusals():
        confirmed = version_confirm(
            version_id=version,
            digest=digest,
            actor=_actor(as_, for_, at),
            at=at,
            organization_id=stand_in,
        )
    typer.echo("in force" if confirmed.in_force_at else "confirmed; waits for the other party")


@agreement_app.command("show")
def agreement_show(
    as_: As,
    agreement: Annotated[
        UUID | None, typer.Argument(help="The agreement’s id; all in sight if left out.")
    ] = None,
    for_: For = "",
    text: Annotated[bool, typer.Option("--text", help="Print the text of the version that counts.")] = False,
) -> None:
    """List agreements and their versions, or print the text of one."""
    from cosource.agreements.queries.agreements import agreement_get, agreement_list, version_text
    from cosource.foundation import clock

    at = clock.now()
    with _refusals():
        actor = _actor(as_, for_, at)
        if agreement is None:
            cursor = ""
            while True:
                page = agreement_list(actor, at=at, cursor=cursor)
                for view in page.items:
                    _print(view, actor, at)
                cursor = page.next_cursor
                if not cursor:
                    return
        view = agreement_get(agreement, actor, at=at)
        if text:
            content = version_text(view.version(None).id, actor)
            _note(view, actor, at)
            typer.echo(content, nl=False)
        else:
            _print(view, actor, at)


def _print(view: "AgreementView", actor: "Actor", at: datetime) -> None:
    _note(view, actor, at)
    typer.echo(f"{view.id} {view.name}")
    for version in view.versions:
        typer.echo(f"  {_line(version)}")


def _line(version: "VersionRow") -> str:
    number = f"v{version.number}" if version.number else "draft"
    given = ", ".join(word.organization_name for word in version.words if word.at) or "nobody"
    words = f", confirmed by {given}" if version.words else ""
    starts = version.starts_at.strftime("%Y-%m-%d %H:%M UTC")
    return f"{number} {version.standing} from {starts} {version.id} {version.digest}{words}"


def _note(view: "AgreementView", actor: "Actor", at: datetime) -> None:
    from cosource.foundation.services.access_log import access_note

    access_note(
        actor=actor,
        owner_organization_id=view.owner_id,
        object_kind="agreement",
        object_id=view.id,
        at=at,
        reason="command line: agreement show",
    )


def _actor(address: str, organization: str, at: datetime) -> "Actor":
    from cosource.parties.models import Person
    from cosource.parties.queries.sight import actor_for_person, hats_of

    person = Person.objects.filter(email__iexact=address, is_active=True).first()
    hats = hats_of(person.id, at) if person else []
    hat = next((h for h in hats if not organization or h.organization_name == organization), None)
    if person is None or hat is None:
        _refuse(
            f"Nobody acts under the address {address}" + (f" for {organization}." if organization else ".")
        )
    return actor_for_person(person, organization_id=hat.organization_id, at=at, channel="cli")


def _engagement(given: str, actor: "Actor") -> UUID | None:
    from cosource.parties.models import Engagement

    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        found = list(Engagement.objects.visible_to(actor).filter(name=given).values_list("id", flat=True)[:2])
    if len(found) != 1:
        _refuse(f'There is no one engagement named "{given}" in your sight.')
    return found[0]


def _text(file: Path) -> str:
    from cosource.agreements.rules.yaml_nodes import MAX_BYTES

    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        return content.decode("utf-8-sig")
    except OSError as trouble:
        _refuse(f"{file} cannot be read: {trouble.strerror}")
    except UnicodeDecodeError:
        _refuse(f"{file} isn’t text in UTF-8.")


def _refuse(message: str, code: int = _UNUSABLE) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(code)


@contextmanager
def _refusals(file: str = "") -> Iterator[None]:
    """Say a refusal in plain lines, each fault of a text with its file, and end with 1."""
    from cosource.foundation.errors import CosourceError

    try:
        yield
    except CosourceError as refused:
        for problem in refused.details.get("problems", []):
            typer.echo(f"{file}: {problem}", err=True)
        _refuse(refused.message, _REFUSED)
