"""The fixture `scene`, for every folder that asks for it: built once a run and kind of database, rolled back to after each test.

A `conftest` or module imports all of this file's fixtures; they take the place of the root's where a test asks for `scene`.
"""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from cosource.metrics.services.gathering import facts_rebuild
from tests.access.reader import PROOF_EACH, QUICK_EACH, Reader
from tests.access.scene import Scene, scene_built
from tests.databases import Template, in_place

_built: dict[int, tuple[str, bytes, Path]] = {}


@pytest.fixture(scope="session")
def _standing_scene(
    database_template: Template,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, bytes, Path]:
    """A kept copy with the scene in it. One for all folders, however many of them import this fixture."""
    known = _built.get(id(database_template))
    if known is None:
        name, facts = database_template.keep(), tmp_path_factory.mktemp("facts")
        with django_db_blocker.unblock(), in_place(name), pytest.MonkeyPatch.context() as patch:
            known = name, pickle.dumps(scene_built()), facts
            patch.setattr(settings, "FACTS_DIR", facts)
            facts_rebuild()
        _built[id(database_template)] = known
    return known


@pytest.fixture
def _own_database(
    request: pytest.FixtureRequest, _own_database: None, django_db_blocker: Any
) -> Iterator[None]:
    if "scene" not in request.fixturenames:
        yield
        return
    name, _, facts = request.getfixturevalue("_standing_scene")
    with django_db_blocker.unblock(), in_place(name), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "FACTS_DIR", facts)
        yield


@pytest.fixture
def scene(request: pytest.FixtureRequest, _standing_scene: tuple[str, bytes, Path], db: None) -> Scene:
    """The world with its story, at the moment when everybody looks."""
    Reader.each = PROOF_EACH if request.config.getoption("--proof") else QUICK_EACH
    found: Scene = pickle.loads(_standing_scene[1])
    return found
