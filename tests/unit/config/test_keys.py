"""Secrets are made once, shared by all, and exchanged without locking anyone out."""

import json
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet

from cosource.config.environment import BadSetting
from cosource.config.keys import keys_load, keys_rotate


def test_the_first_start_makes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secrets.json"
    keys = keys_load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (len(keys.signing), len(keys.field)) == (1, 1)
    assert len(keys.signing[0]) == 64
    assert keys_load(path) == keys
    assert [file.name for file in path.parent.iterdir()] == ["secrets.json"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    barrier = threading.Barrier(8)
    seen = []

    def start() -> None:
        barrier.wait()
        seen.append(keys_load(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert set(seen) == {keys_load(path)}


def test_what_an_older_key_encrypted_is_still_read_after_many_exchanges(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = keys_load(path)
    token = Fernet(first.field[0]).encrypt(b"seed")
    for _ in range(4):
        last = keys_rotate(path)
    assert len(last.field) == 5
    assert MultiFernet([Fernet(key) for key in last.field]).decrypt(token) == b"seed"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys_load(path) == last


def test_a_signing_key_ends_with_the_third_exchange(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = keys_load(path).signing[0]
    assert keys_rotate(path).signing[1] == first
    assert keys_rotate(path).signing[2] == first
    assert first not in keys_rotate(path).signing


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"signing": [], "field": ["x"]}', '{"signing": [1], "field": ["x"]}']
)
def test_a_damaged_file_is_named_and_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(content)
    with pytest.raises(
        BadSetting, match=r"^COSOURCE_SECRETS_FILE .*secrets.json .*: restore it from a backup$"
    ):
        keys_load(path)
    assert path.read_text() == content


def test_the_file_holds_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    keys_load(path)
    assert set(json.loads(path.read_text())) == {"signing", "field"}
