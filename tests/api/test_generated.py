"""Thousands of requests that nobody thought of, made from the description of the API: none breaks it, and it keeps its word."""

import json
import math
import random
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
import schemathesis
from django.core.cache import caches
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.access.fixtures import _own_database, _standing_scene, scene  # noqa: F401 - pytest finds them here
from tests.access.reader import standing_still
from tests.access.scene import Scene
from tests.security.foreign import NEVER_WAS, foreign_ids

IN_PROOF, QUICK = 10_000, 130
SECONDS = 5.0
CHECKS = [response_schema_conformance, status_code_conformance, content_type_conformance]
DESCRIPTION = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


@pytest.mark.parametrize(
    "caller", ["c1", pytest.param("p1", marks=pytest.mark.proof), pytest.param("p2", marks=pytest.mark.proof)]
)
def test_no_request_breaks_the_api_or_its_description(
    request: pytest.FixtureRequest,
    scene: Scene,  # noqa: F811 - the fixture above
    caller: str,
) -> None:
    is_proof = request.config.getoption("--proof")
    wanted = IN_PROOF if is_proof else QUICK
    described = schemathesis.openapi.from_dict(json.loads(DESCRIPTION.read_text()))
    operations = [found.ok() for found in described.get_all_operations()]
    # How long an answer takes is held against a limit where nothing else runs beside it.
    asking = Asking(scene, caller, limit_seconds=SECONDS if is_proof else math.inf)
    with standing_still(scene):
        for operation in operations:
            asking.all_of(operation, -(-wanted // len(operations)))
    assert not asking.wrong, "\n\n".join(asking.wrong.values())
    assert asking.sent > wanted * 0.7


class Asking:
    """A program that sends whatever the description allows, and then some. `wrong`: what was answered as it must not be."""

    def __init__(self, scene: Scene, caller: str, *, limit_seconds: float) -> None:  # noqa: F811 - no fixture here
        self.client = Client(
            headers={"host": "localhost", "authorization": f"Bearer {scene.world.secrets[caller]}"},
            raise_request_exception=False,
        )
        self.chance = random.Random(caller)
        self.sent = 0
        self.limit_seconds = limit_seconds
        # By operation and status, the first of each.
        self.wrong: dict[tuple[str, int], str] = {}
        # Some of these the caller sees, some are of others, and one never was.
        self.ids: dict[str, list[UUID]] = {}
        for role in ("TOK", "TOC", "P2"):
            for name, found in foreign_ids(scene, role).items():
                self.ids.setdefault(name, [NEVER_WAS]).append(found)

    def all_of(self, operation: Any, times: int) -> None:
        """Ask for one operation so many times: what fits it first, then what does not."""

        @seed(1)
        @settings(
            max_examples=times,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def ask(case: Case) -> None:
            self.ask(case)

        ask()

    def ask(self, case: Case) -> None:
        for name in case.path_parameters or {}:
            if name in self.ids:
                case.path_parameters[name] = str(self.chance.choice(self.ids[name]))
        case.body = self._with_ids(case.body)
        sent = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
        headers = {
            k: v for k, v in sent.headers.items() if k.lower() in ("if-match", "idempotency-key", "accept")
        }
        answer, took = self._answered(sent, headers)
        if took > self.limit_seconds:
            # Nothing has changed since: slow again is the product, slow once was who else used the machine.
            answer, took = self._answered(sent, headers)
        self.sent += 1
        place = case.operation.label, answer.status_code
        said = f"{sent.method} {sent.path_url} {sent.body!r} → {answer.status_code}"
        if answer.status_code >= 500 or took > self.limit_seconds:
            self.wrong.setdefault(place, f"{said} after {took:.1f} s: {answer.content[:400]!r}")
            return
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]  # narrowed by `streaming`
        told = Response(
            answer.status_code,
            {name.lower(): [value] for name, value in answer.headers.items()},
            body,
            sent,
            took,
            verify=False,
        )
        try:
            case.validate_response(told, checks=CHECKS)
        except FailureGroup as broken:
            self.wrong.setdefault(place, f"{said}: {str(broken)[:700]}")

    def _answered(self, sent: requests.PreparedRequest, headers: dict[str, str]) -> tuple[Any, float]:
        """Return the answer and how many seconds it took."""
        caches["process"].clear()
        began = time.perf_counter()
        with transaction.atomic():
            answer = self.client.generic(
                sent.method or "GET",
                sent.path_url,
                sent.body or b"",
                content_type=sent.headers.get("Content-Type", "application/octet-stream"),
                headers=headers,
            )
            # The next request finds the same world, whatever this one did to it.
            transaction.set_rollback(True)
        return answer, time.perf_counter() - began

    def _with_ids(self, body: Any) -> Any:
        """Put ids that there are where a body has some id, half of the time."""
        if isinstance(body, dict):
            return {k: self._one_id(k, v) if k in self.ids else self._with_ids(v) for k, v in body.items()}
        if isinstance(body, list):
            return [self._with_ids(one) for one in body]
        return body

    def _one_id(self, name: str, value: Any) -> Any:
        return str(self.chance.choice(self.ids[name])) if value and self.chance.random() < 0.5 else value
