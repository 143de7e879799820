"""`cosource demo`: a real incident log in the hands of a client and its partners, ready to be walked about in.

Each part is made once and found again at the next start; what broke off is gone on with. Not here: who they are
(`demo_world`), what they have on their desks today (`demo_tickets`).
"""

import os
from pathlib import Path

import typer

from cosource.config import environment as env
from cosource.config import processes
from cosource.config.demo_articles import articles_play
from cosource.config.demo_assets import assets_play
from cosource.config.demo_calls import calls_play
from cosource.config.demo_kinds import kinds_play
from cosource.config.demo_matrix import matrix_play
from cosource.config.demo_replies import replies_play
from cosource.config.demo_rules import rules_play
from cosource.config.demo_templates import templates_play
from cosource.config.demo_tickets import tickets_play
from cosource.config.demo_world import BY_KEY, PASSWORD, World, world_build, world_open

LOG = "servicenow-incidents.csv.xz"
MAPPING = "servicenow-incidents.toml"
SHOWN = ("ruth", "tom", "elena", "walter", "maya", "lena", "omar", "ines", "grace")


def run() -> int:
    """Make what is missing of the demo, say how to sign in, and serve it until interrupted; give the exit code."""
    bind = env.BIND.read(os.environ)
    processes.require_free(bind)
    processes.prepare_database(migrate=True)
    prepare()
    typer.echo(welcome(env.BASE_URL.read(os.environ, default=env.default_base_url(bind))))
    return processes.run_all()


def prepare() -> None:
    """Make what is missing: the parties, the imported history, the live tickets. Raises: typer.Exit."""
    from django.db import connection, transaction

    from cosource.assets.models import Asset
    from cosource.foundation import clock
    from cosource.knowledge.models import Article
    from cosource.tickets.models import (
        CallLoad,
        CannedReply,
        CatalogItem,
        MatrixPart,
        RoutingRules,
        Ticket,
        TicketTemplate,
    )

    try:
        world = world_open()
    except LookupError as others:
        typer.echo(
            f"cosource: other organizations are here ({others}): give the demo a data folder of its own by "
            "COSOURCE_DATA_DIR",
            err=True,
        )
        raise typer.Exit(1) from None
    if world is None:
        typer.echo("Founding a client, its two partners and a second client …", err=True)
        with transaction.atomic():
            world = world_build(clock.now())
    _history(world)
    if not Ticket.objects.filter(demo=True).exists():
        typer.echo("Opening today's tickets …", err=True)
        with transaction.atomic():
            tickets_play(world, clock.now())
    if not Asset.objects.exists():
        with transaction.atomic():
            assets_play(world, clock.now())
    if not RoutingRules.objects.exists():
        with transaction.atomic():
            rules_play(world, clock.now())
    if not MatrixPart.objects.exists():
        with transaction.atomic():
            matrix_play(world, clock.now())
    if not CatalogItem.objects.exists():
        with transaction.atomic():
            kinds_play(world, clock.now())
    if not Article.objects.exists():
        typer.echo("Writing down what is known …", err=True)
        with transaction.atomic():
            articles_play(world, clock.now())
    if not CannedReply.objects.exists():
        with transaction.atomic():
            replies_play(world, clock.now())
    if not CallLoad.objects.exists():
        with transaction.atomic():
            calls_play(world, clock.now())
    if not TicketTemplate.objects.exists():
        with transaction.atomic():
            templates_play(world, clock.now())
    _seal()
    connection.close()


def _history(world: World) -> None:
    """Import the carried log, or what is missing of it."""
    from django.conf import settings

    from cosource.bridges.cli import ProgressLine
    from cosource.bridges.models import Import
    from cosource.bridges.reading.tickets import survey
    from cosource.bridges.services.import_run import import_run, import_start
    from cosource.bridges.services.preparing import import_plan
    from cosource.foundation import clock

    if Import.objects.filter(state=Import.State.DONE, file_name=LOG, dry_run=False).exists():
        return
    actor = world.actor("ruth", clock.now())
    path = log_path()
    text = path.with_name(MAPPING).read_text("utf-8")
    plan = import_plan(actor=actor, mapping_text=text, mapping_name=MAPPING)
    found = survey(path, plan.mapping)
    row = import_start(plan=plan, survey=found, file_name=LOG, actor=actor, at=clock.now())
    bar = ProgressLine(path.name)
    import_run(
        row=row,
        plan=plan,
        survey=found,
        path=path,
        spool_directory=settings.SPOOL_DIR,
        actor=actor,
        clock=clock.now,
        tell=bar.show,
    )
    bar.end()


def log_path() -> Path:
    """Return the carried log, which lies beside the source. Raises: typer.Exit where there is no clone."""
    path = Path(__file__).parents[3] / "examples" / LOG
    if not path.exists():
        typer.echo(f"cosource: the demo reads {path}, which is not there: start it from a clone", err=True)
        raise typer.Exit(1)
    return path


def _seal() -> None:
    from cosource.bridges.services.sealing_along import seal_along, seal_leave
    from cosource.foundation import clock
    from cosource.foundation.duework import worker_name

    holder = worker_name()
    seal_along(holder=holder, clock=clock.now)
    seal_leave(holder=holder, at=clock.now())


def welcome(address: str) -> str:
    """Return what the person at the terminal needs to know."""
    people = [BY_KEY[key] for key in SHOWN]
    width = max(len(person.email) for person in people)
    lines = [
        f"  {person.email:<{width}}  {person.name}, {person.title} · {person.organization}"
        for person in people
    ]
    return "\n".join(
        ["", f"The demo is at {address} – the password is {PASSWORD} for everybody:", "", *lines, ""]
    )
