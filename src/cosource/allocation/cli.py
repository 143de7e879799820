"""The command that works out who does what from a file, without a database: plan, bound, explanations and the verifier's counts.

Not here: the file's format (`rules.records`, and docs/reference/allocation-input.md), and the working out (`rules.solving`).
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cosource.allocation.rules.fields import Problem
    from cosource.allocation.rules.instance import Instance, Scenario

_NOT_DONE, _UNUSABLE = 1, 2
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("allocate")(allocate)


def allocate(  # noqa: PLR0917 - each is an option
    instance: Annotated[Path | None, typer.Argument(help="The instance, in JSON.", metavar="INPUT")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the plan here instead of to the screen.", metavar="FILE"),
    ] = None,
    lock: Annotated[
        Path | None,
        typer.Option(
            "--lock", help="Lines settled by hand: a list of {line, lead, support}.", metavar="FILE"
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check", help="Check this plan against the instance instead of making one.", metavar="PLAN"
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", help="Give the best found after so many seconds.", min=0.1)
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            help="Try the plan against one of the instance by name, all, volume=1.2, without-team=ID or without-party=ID.",
        ),
    ] = None,
    front: Annotated[
        int, typer.Option("--front", help="Points of less risk and of less change.", min=0, max=50)
    ] = 0,
    stability: Annotated[
        int,
        typer.Option(
            "--stability", help="Draws of weights that the plan is tried against.", min=0, max=10_000
        ),
    ] = 0,
    seed: Annotated[
        int, typer.Option("--seed", help="Of the draws; nothing else is left to chance.", min=0)
    ] = 0,
    alternatives: Annotated[
        int, typer.Option("--alternatives", help="How many other ways are shown for a line.", min=0)
    ] = 10,
    schema: Annotated[bool, typer.Option("--schema", help="Print the schema of INPUT and end.")] = False,
) -> None:
    """Propose for each line of work who does it, prove that it fits, and say why."""
    from cosource.allocation.rules.reading import BadInstance

    if schema:
        from cosource.allocation.rules.schema import instance_schema

        typer.echo(json.dumps(instance_schema(), indent=1))
        return
    if instance is None:
        raise typer.BadParameter("give the file of an instance; --schema describes it", param_hint="INPUT")
    try:
        document, reading = _read(instance)
        if check is not None:
            _check(document, check)
            return
        here = _with_locks(reading.instance, lock)
        trials = _scenarios(here, scenario or [])
    except BadInstance as refused:
        _tell(instance if lock is None else f"{instance}, {lock}", refused.problems)
        raise typer.Exit(_UNUSABLE) from None
    _tell(instance, [*reading.blocked, *reading.notes])
    if not here.lines:
        typer.echo("cosource: no line is left that could be planned", err=True)
        raise typer.Exit(_NOT_DONE)
    found = _worked_out(document, reading, here, time_limit, trials, front, stability, seed, alternatives)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if out is None:
        typer.echo(text)
    else:
        _write(out, text)
    _close(found)


def _worked_out(  # noqa: PLR0917 - as above
    document: Any,
    reading: Any,
    here: "Instance",
    time_limit: float | None,
    trials: "Sequence[Scenario]",
    points: int,
    draws: int,
    seed: int,
    alternatives: int,
) -> dict[str, Any]:
    from cosource.allocation.rules import robustness
    from cosource.allocation.rules.front import front
    from cosource.allocation.rules.printing import plan_document, verdict_document
    from cosource.allocation.rules.shortages import cheapest_repair, shortages, steps
    from cosource.allocation.rules.solving import Solver
    from cosource.allocation.rules.verification import verify
    from cosource.allocation.rules.watch import Watch

    watch = Watch(progress=_progress, seconds=time_limit)
    solver = Solver(here, watch=watch)
    outcome = solver.solve()
    found = plan_document(solver, outcome, reading.blocked, reading.notes, alternatives=alternatives)
    if outcome.status == "infeasible":
        repair = cheapest_repair(here, watch)
        found["shortages"] = shortages(solver.model)
        found["repair"] = {
            "steps": steps(repair),
            "cost": round(repair.cost, 4),
            "bound": round(repair.bound, 4),
            "clash": list(repair.conflict),
        }
        return found
    # The instance as it was planned: with the locks that came in a file of their own.
    locks = [{"line": n, "lead": c.lead, "support": c.support} for n, c in here.locks.items()]
    found["verification"] = verdict_document(verify({**document, "locks": locks}, found))
    if outcome.keeps_all:
        if points:
            found["front"] = front(here, points, watch)
        if draws:
            found["stability"] = robustness.stability(solver, outcome, draws, seed)
        if trials:
            found["scenarios"] = [robustness.scenario(here, outcome, solver, one, watch) for one in trials]
    return found


def _read(path: Path) -> tuple[Any, Any]:
    from cosource.allocation.rules.fields import Problem
    from cosource.allocation.rules.reading import LARGEST_TEXT, BadInstance, parse, read_instance

    try:
        with path.open("rb") as opened:
            document = parse(opened.read(LARGEST_TEXT + 1))
    except OSError as error:
        raise BadInstance(
            [Problem(str(path), str(error.strerror), "give the path of a file in JSON")]
        ) from None
    return document, read_instance(document)


def _with_locks(instance: "Instance", path: Path | None) -> "Instance":
    from dataclasses import replace

    from cosource.allocation.rules.fields import Problem
    from cosource.allocation.rules.reading import BadInstance, parse, read_locks

    if path is None:
        return instance
    try:
        rows = parse(path.read_bytes())
    except OSError as error:
        raise BadInstance(
            [Problem(str(path), str(error.strerror), "give the path of a list of locks")]
        ) from None
    return replace(instance, locks={**instance.locks, **read_locks(rows, instance)})


def _scenarios(instance: "Instance", asked: Sequence[str]) -> "list[Scenario]":
    from cosource.allocation.rules.scenarios import scenario_named

    found: list[Scenario] = []
    for name in asked:
        found += instance.scenarios if name == "all" else [scenario_named(instance, name)]
    return found


def _check(document: Any, path: Path) -> None:
    from cosource.allocation.rules.fields import Problem
    from cosource.allocation.rules.printing import verdict_document
    from cosource.allocation.rules.reading import BadInstance, parse
    from cosource.allocation.rules.verification import verify

    try:
        verdict = verify(document, parse(path.read_bytes()))
    except OSError as error:
        raise BadInstance([Problem(str(path), str(error.strerror), "give the path of a plan")]) from None
    except (KeyError, TypeError, AttributeError) as error:
        problem = Problem(
            str(path), f"this is no plan: {type(error).__name__} {error}", "give what `allocate` printed"
        )
        raise BadInstance([problem]) from None
    typer.echo(json.dumps(verdict_document(verdict), indent=1, ensure_ascii=False))
    if not verdict.holds:
        typer.echo(f"cosource: {len(verdict.violations)} rules do not hold", err=True)
        raise typer.Exit(_NOT_DONE)


def _tell(where: Any, problems: "Sequence[Problem]") -> None:
    for problem in problems[:_SHOWN]:
        typer.echo(f"cosource: {where}: {problem}", err=True)
    if len(problems) > _SHOWN:
        typer.echo(f"cosource: {where}: and {len(problems) - _SHOWN} more, all in the plan", err=True)


def _progress(step: str, done: float) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done:4.0%} {step:<12}", err=True, nl=step == "done")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        typer.echo(f"cosource: {path}: {error.strerror}", err=True)
        raise typer.Exit(_UNUSABLE) from None


def _close(found: dict[str, Any]) -> None:
    """Say in one line what came out, and end with 1 where the plan is not whole."""
    status, blocked = found["status"], len({problem["line"] for problem in found["blocked"]})
    if status == "infeasible":
        cost = found["repair"]["cost"]
        typer.echo(f"cosource: no plan keeps all rules; the cheapest repair costs {cost:g}", err=True)
        raise typer.Exit(_NOT_DONE)
    verdict, totals = found["verification"], found["totals"]
    typer.echo(
        f"cosource: {totals['lines']} lines, {totals['cost']:,.2f} {found['currency']}, {status}, at most"
        f" {found['gap']:.4%} above the best; {sum(verdict['checked'].values())} checks,"
        f" {len(verdict['violations'])} violations",
        err=True,
    )
    if status == "stopped":
        typer.echo("cosource: stopped at the limit of time; this is the best until then", err=True)
    if blocked:
        typer.echo(f"cosource: {blocked} lines are left out; the lines above say why", err=True)
    if blocked or not verdict["holds"]:
        raise typer.Exit(_NOT_DONE)
