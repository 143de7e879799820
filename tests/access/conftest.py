from tests.access.fixtures import _own_database, _standing_scene, scene  # noqa: F401 - pytest finds them here
