"""What the tests of telling people share."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from tests.integration.tickets.conftest import Desk

from cosource.foundation.models import DueWork, Notice


@pytest.fixture
def traveller(world):
    """An hour after the world was made; it can go on."""
    with time_machine.travel(world.at + timedelta(hours=1), tick=False) as moving:
        yield moving


@pytest.fixture
def desk(world, traveller) -> Desk:
    """A desk of which nobody has been told anything."""
    mail.outbox.clear()
    DueWork.objects.all().delete()
    Notice.objects.all().delete()
    return Desk(world, world.at + timedelta(hours=1))
