"""Agreements from the command line, with one person's rights."""

from pathlib import Path

import pytest
import typer
from tests.integration.agreements.world import World, actor, engagement, organization, text, world
from typer.testing import CliRunner

from cosource.agreements.cli import register
from cosource.agreements.models import AgreementVersion
from cosource.foundation.models import AccessLog
from cosource.parties.models import Person

pytestmark = pytest.mark.django_db

app = typer.Typer()
register(app)


@pytest.fixture
def there() -> World:
    return world()


def run(*words: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["agreement", *map(str, words)])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.stdout, found.stderr


def address(who) -> str:
    return Person.objects.get(pk=who.id).email


@pytest.mark.req("C8")
def test_a_file_is_proposed_confirmed_and_shown(there, tmp_path: Path) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(text())
    olga, manfred = address(there.owner), address(there.manager)
    code, out, _ = run("propose", file, "--as", olga, "--engagement", "Harbour with Brightline")
    version = AgreementVersion.objects.get()
    assert (code, out) == (0, f"{version.id} {version.digest}\n")
    assert run("confirm", version.id, version.digest, "--as", olga) == (
        0,
        "confirmed; waits for the other party\n",
        "",
    )
    assert run("confirm", version.id, version.digest, "--as", manfred, "--for", "Brightline") == (
        0,
        "in force\n",
        "",
    )
    code, out, _ = run("show", "--as", manfred)
    assert code == 0
    assert out.splitlines() == [
        f"{version.agreement_id} Harbour with Brightline",
        f"  v1 in_force from 2025-12-31 23:00 UTC {version.id} {version.digest}, confirmed by Harbour, Brightline",
    ]
    assert run("show", version.agreement_id, "--as", manfred)[1] == out
    assert run("show", version.agreement_id, "--as", manfred, "--text") == (0, version.text, "")
    [note] = AccessLog.objects.all()
    assert (note.organization_id, note.owner_organization_id, note.object_id) == (
        there.brightline.id,
        there.harbour.id,
        version.agreement_id,
    )


def test_a_draft_for_the_own_desk(there, tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(text(name="Desk"))
    run("propose", file, "--as", address(there.owner), "--draft")
    version = AgreementVersion.objects.get()
    assert (version.tabled_at, version.agreement.engagement_id) == (None, None)
    assert (
        run("show", "--as", address(there.owner))[1]
        .splitlines()[1]
        .startswith("  draft draft from 2025-12-31")
    )


def test_a_stand_ins_word(there, tmp_path: Path) -> None:
    absent = organization("Absent", kept_by=there.harbour)
    covers = engagement(there.harbour, absent, 4)
    file = tmp_path / "a.yaml"
    file.write_text(text())
    olga = address(there.owner)
    run("propose", file, "--as", olga, "--engagement", covers.id)
    version = AgreementVersion.objects.get()
    run("confirm", version.id, version.digest, "--as", olga)
    assert run("confirm", version.id, version.digest, "--as", olga, "--stand-in", absent.id) == (
        0,
        "in force\n",
        "",
    )


def test_refusals_say_why_and_change_nothing(there, tmp_path: Path) -> None:
    olga = address(there.owner)
    file, bad, binary = tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"
    file.write_text(text())
    bad.write_text(text(resolve="soon"))
    binary.write_bytes(b"\xff")
    requester = address(actor(there.harbour, "requester"))
    assert run("propose", bad, "--as", olga) == (
        1,
        "",
        (
            f"{bad}: line 9, targets.2.within: “soon” is not an amount of time; write it like 30m, 4h, 1h 30m or 2d\n"
            "The text has 1 fault.\n"
        ),
    )
    assert run("propose", binary, "--as", olga) == (2, "", f"{binary} isn’t text in UTF-8.\n")
    missing = tmp_path / "none.yaml"
    assert run("propose", missing, "--as", olga) == (
        2,
        "",
        f"{missing} cannot be read: No such file or directory\n",
    )
    assert run("propose", file, "--as", olga, "--engagement", "Brightly") == (
        2,
        "",
        'There is no one engagement named "Brightly" in your sight.\n',
    )
    assert run("propose", file, "--as", "nobody@x.example") == (
        2,
        "",
        "Nobody acts under the address nobody@x.example.\n",
    )
    assert run("propose", file, "--as", olga, "--for", "Kestrel") == (
        2,
        "",
        f"Nobody acts under the address {olga} for Kestrel.\n",
    )
    assert run("propose", file, "--as", requester) == (
        1,
        "",
        "Only who leads for a party proposes and confirms its agreements.\n",
    )
    assert run("show", there.harbour.id, "--as", olga) == (1, "", "There is no such thing in your sight.\n")
    assert AgreementVersion.objects.count() == 0


def test_a_long_list_is_printed_whole(there, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text())
    for slot in range(4, 8):
        covers = engagement(there.harbour, organization(f"P{slot}", kept_by=there.harbour), slot)
        run("propose", file, "--as", address(there.owner), "--engagement", covers.id)
    assert len(run("show", "--as", address(there.owner))[1].splitlines()) == 8
