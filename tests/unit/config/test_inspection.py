"""What weakens an installation is named with its fix."""

from pathlib import Path
from typing import Any

import pytest

from cosource.config.inspection import weaknesses
from cosource.config.shapes import Bind

LOCAL = Bind("127.0.0.1", 8000)


def look(
    tmp_path: Path, bind: Bind = LOCAL, base_url: str = "http://127.0.0.1:8000", **given: Any
) -> list[str]:
    chosen: dict[str, Any] = {"behind_proxy": False, "debug": False, "secrets_file": tmp_path / "s"} | given
    return weaknesses(bind=bind, base_url=base_url, **chosen)


def test_the_defaults_and_a_proper_proxy_are_fine(tmp_path: Path) -> None:
    assert look(tmp_path) == []
    assert look(tmp_path, base_url="http://localhost:8000", debug=True) == []
    assert look(tmp_path, base_url="https://desk.example.org", behind_proxy=True) == []
    assert look(tmp_path, Bind("web", 80), "https://desk.example.org", behind_proxy=True) == []


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"base_url": "http://desk.example.org"},
            "COSOURCE_BASE_URL is http: passwords and sessions cross the network in the clear; use https",
        ),
        (
            {"base_url": "https://desk.example.org"},
            "COSOURCE_TRUSTED_PROXY is not set: name the proxy that does https, or everyone has its address",
        ),
        (
            {"base_url": "https://desk.example.org", "behind_proxy": True, "debug": True},
            "COSOURCE_DEBUG is on and others can reach this system: unset it",
        ),
        (
            {"base_url": "https://desk.example.org", "behind_proxy": True, "bind": Bind("0.0.0.0", 80)},
            "COSOURCE_BIND is 0.0.0.0:80: listen where only the proxy can reach it",
        ),
    ],
)
def test_each_weakness_is_named(tmp_path: Path, given: dict[str, Any], line: str) -> None:
    assert look(tmp_path, **given) == [line]


def test_secrets_that_others_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("{}")
    path.chmod(0o640)
    assert look(tmp_path, secrets_file=path) == [
        f"{path} can be read by others on this machine: chmod 600 {path}"
    ]
    path.chmod(0o600)
    assert look(tmp_path, secrets_file=path) == []
