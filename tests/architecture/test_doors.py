"""Ways in that there are not: where one is added, what its threats demand has to come with it."""

import ast

import pytest
from tests.architecture.test_house import SOURCES, name_of, tree_of

# Reading mail, or being a server of it, and asking a directory.
NO_DOORS = {
    "imaplib",
    "poplib",
    "smtpd",
    "aiosmtpd",
    "mailbox",
    "ldap",
    "ldap3",
    "django_auth_ldap",
    "bonsai",
}


@pytest.mark.threat("S08")
def test_no_directory_is_asked() -> None:
    trespasses = [
        f"{name_of(path)} imports {name}"
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        for name in _imported(node)
        if name.partition(".")[0] in NO_DOORS
    ]
    assert trespasses == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
