"""Secrets and what one side keeps to itself are found in no byte that others get, in no table and in no log."""

import logging

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection

from tests.access.reader import Reader, standing_still
from tests.access.scene import Scene
from tests.worlds import PASSWORD

pytestmark = pytest.mark.threat("S07")


def test_secrets_are_kept_nowhere(scene: Scene) -> None:
    """Only digests: the secret of a token, a password."""
    secrets = [*scene.world.secrets.values(), PASSWORD]
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = "\n".join(repr(row) for row in cursor.fetchall())
            found += [table for secret in secrets if secret in rows]
    assert not found


def test_secrets_come_back_in_no_answer_mail_or_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = scene.world.secrets["p1"]
    with standing_still(scene):
        reader = Reader(scene, "TOK")
        session = Reader(scene, "CSO")
        key = session.client.session.session_key
        answers = [
            reader.get("/api/v1/tickets"),
            reader.get(f"/api/v1/tickets/{scene.tickets['c2own']}"),
            reader.get("/api/v1/nowhere"),
            reader.get(f"/api/v1/tickets?text={secret}"),
            reader.send("POST", "/api/v1/tickets", {"title": secret * 20}),
            session.get("/organization/tokens/"),
            session.get("/accounts/sessions/"),
            session.get("/profile/"),
        ]
    for answer in answers:
        assert secret.encode() not in answer.body
        assert key.encode() not in answer.body
        assert not [value for _, value in answer.headers if secret in value]
    for message in mail.outbox:
        assert secret not in message.body
    assert secret not in caplog.text
