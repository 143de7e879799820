"""The command line founds organizations, and invites and dismisses people with a named administrator's rights."""

import pytest
import time_machine
import typer
from tests.integration.parties.record import everything
from tests.worlds import PASSWORD, START, secret_of
from typer.testing import CliRunner

from cosource.foundation.models import DueWork
from cosource.parties.cli import register
from cosource.parties.models import Employment, Grant, Organization, Person
from cosource.parties.services.invitations import invitation_accept

app = typer.Typer()
register(app)


@pytest.fixture(autouse=True)
def _at_the_worlds_time():
    with time_machine.travel(START, tick=False):
        yield


def run(*words: str, typed: str = "") -> tuple[int, str, str]:
    found = CliRunner().invoke(app, list(words), input=typed)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.stdout.strip(), found.stderr.strip()


@pytest.mark.django_db
def test_an_organization_is_founded():
    words = ("organization", "create", "Harbour", "--person", "Ada", "--email", "ada@h.example", "--partner")
    code, out, _ = run(*words, typed=f"{PASSWORD}\n{PASSWORD}\n")
    organization = Organization.objects.get()
    assert (code, out.splitlines()[-1]) == (0, str(organization.id))
    roles = set(Grant.objects.values_list("role", flat=True))
    assert roles == {"administrator", "manager"}


@pytest.mark.django_db
def test_what_does_not_fit_is_named():
    words = ("organization", "create", "Harbour", "--person", "Ada", "--email", "ada", "--password", PASSWORD)
    assert run(*words) == (1, "", "email: This is not an e-mail address.")
    assert not Organization.objects.exists()


def test_an_invitation_is_printed_and_works(world):
    code, link, _ = run(
        "person", "invite", "new@c1.example", "New One", "--as", "cso@c1.example", "--role", "technician"
    )
    assert code == 0
    person = invitation_accept(secret=secret_of(link), password=PASSWORD, at=START)
    assert list(Grant.objects.filter(person=person).values_list("role", flat=True)) == ["technician"]


def test_an_invitation_goes_by_mail(world):
    code, out, _ = run("person", "invite", "new@c1.example", "N", "--as", "cso@c1.example", "--mail")
    assert (code, out) == (0, "The link is on its way to new@c1.example.")
    assert DueWork.objects.filter(kind="foundation.mail").count() == 1


def test_somebody_leaves(world):
    code, out, _ = run("person", "leave", "ct@c1.example", "--as", "cso@c1.example", "--reason", "moved")
    assert (code, out) == (0, "ct@c1.example has left; all access has ended.")
    assert Employment.objects.get(person=world.people["c1.ct"]).ends_at == START
    assert run("person", "leave", "ct@c1.example", "--as", "cso@c1.example") == (
        1,
        "",
        "They do not work here.",
    )


@pytest.mark.req("C28")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("leave", "pt@p1.example", "--as", "cso@c1.example"),
            "Nobody of that organization signs in with this address.",
        ),
        (
            ("leave", "ct@c1.example", "--as", "ct@c1.example"),
            "ct@c1.example administers no organization here.",
        ),
        (("leave", "ct@c1.example", "--as", "x@y.example"), "x@y.example administers no organization here."),
        (
            ("invite", "a@b.example", "A", "--as", "cso@c1.example", "--role", "king"),
            "roles: This role cannot be given here.",
        ),
    ],
)
def test_nobody_acts_on_others(world, words, said):
    before = everything()
    assert run("person", *words) == (1, "", said)
    assert everything() == before
    assert Person.objects.filter(is_active=False).count() == 0
