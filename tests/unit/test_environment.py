"""Settings: each says what is wrong with it in one line, and each is documented."""

from pathlib import Path

import pytest

from cosource.config import environment as env
from cosource.config.addresses import database_of, mailers_of
from cosource.config.shapes import Bind

ROOT = Path(__file__).parents[2]


def test_an_absent_or_empty_variable_takes_its_default() -> None:
    assert env.BIND.read({}) == Bind("127.0.0.1", 8000)
    assert env.BIND.read({"COSOURCE_BIND": "  "}) == Bind("127.0.0.1", 8000)
    assert env.DEBUG.read({}) is False
    assert env.TRUSTED_PROXY.read({}) == ()


def test_given_values_are_read() -> None:
    assert env.BIND.read({"COSOURCE_BIND": "[::1]:80"}) == Bind("::1", 80)
    assert str(Bind("::1", 80)) == "[::1]:80"
    assert env.DEBUG.read({"COSOURCE_DEBUG": "On"}) is True
    assert env.BASE_URL.read({"COSOURCE_BASE_URL": "https://desk.example.org/"}) == "https://desk.example.org"
    assert env.ALLOWED_HOSTS.read({"COSOURCE_ALLOWED_HOSTS": "a.example, b.example,"}) == (
        "a.example",
        "b.example",
    )
    assert [
        str(network) for network in env.TRUSTED_PROXY.read({"COSOURCE_TRUSTED_PROXY": "127.0.0.1,10.1.2.3/8"})
    ] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
    ]
    assert env.DATA_DIR.read({"COSOURCE_DATA_DIR": "/srv/desk"}) == Path("/srv/desk")
    assert env.WORKERS.read({"COSOURCE_WORKERS": "4"}) == 4


@pytest.mark.parametrize(
    ("setting", "value", "line"),
    [
        (env.BIND, "8000", 'COSOURCE_BIND is "8000": give HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000'),
        (
            env.BIND,
            "a:70000",
            'COSOURCE_BIND is "a:70000": give HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000',
        ),
        (env.DEBUG, "maybe", 'COSOURCE_DEBUG is "maybe": give yes or no'),
        (env.WORKERS, "0", 'COSOURCE_WORKERS is "0": give a whole number above zero, in digits only'),
        (env.WORKERS, "²", 'COSOURCE_WORKERS is "²": give a whole number above zero, in digits only'),
        (env.LOG_FORMAT, "xml", 'COSOURCE_LOG_FORMAT is "xml": give text or json'),
        (
            env.BASE_URL,
            "desk.example.org",
            'COSOURCE_BASE_URL is "desk.example.org": give an address without a path, such as https://desk.example.org',
        ),
        (
            env.BASE_URL,
            "https://[",
            'COSOURCE_BASE_URL is "https://[": give an address without a path, such as https://desk.example.org',
        ),
        (
            env.TRUSTED_PROXY,
            "nginx",
            'COSOURCE_TRUSTED_PROXY is "nginx": give addresses or networks with commas between, such as 127.0.0.1,10.0.0.0/8',
        ),
        (
            env.DATABASE_URL,
            "mysql://u:secret@h/n",
            "COSOURCE_DATABASE_URL is (hidden): give sqlite:///FILE or postgres://USER:PASSWORD@HOST:PORT/NAME",
        ),
        (
            env.EMAIL_URL,
            "smtp://",
            "COSOURCE_EMAIL_URL is (hidden): give console, file, smtp://USER:PASSWORD@HOST:PORT or smtps://…",
        ),
    ],
)
def test_an_unusable_value_is_named_with_its_fix(setting: env.Setting[object], value: str, line: str) -> None:
    with pytest.raises(env.BadSetting) as caught:
        setting.read({setting.name: value})
    assert str(caught.value) == line


def test_typing_errors_in_names_are_found() -> None:
    environ = {"COSOURCE_DATADIR": "x", "COSOURCE_BIND": "y", "COSOURCE_TEST_REQUIRE": "z", "HOME": "/"}
    assert env.unknown_settings(environ) == ["COSOURCE_DATADIR"]


def test_the_address_of_a_machine_that_listens_everywhere_is_its_own() -> None:
    for host in ("0.0.0.0", "127.0.0.1", "::1"):
        assert env.default_base_url(Bind(host, 8080)) == "http://localhost:8080"
    assert env.default_base_url(Bind("desk", 80)) == "http://desk:80"
    assert env.default_hosts("https://desk.example.org") == (
        "desk.example.org",
        "localhost",
        "127.0.0.1",
        "[::1]",
    )
    assert env.default_hosts("http://[::1]:8000") == ("[::1]", "localhost", "127.0.0.1")


def test_the_reference_page_is_up_to_date() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert page == env.settings_markdown(), "run `cosource settings --markdown > docs/reference/settings.md`"


def test_every_declared_setting_is_in_the_list() -> None:
    declared = {value.name for value in vars(env).values() if isinstance(value, env.Setting)}
    assert declared == {setting.name for setting in env.SETTINGS}


def test_a_server_database_keeps_its_special_characters_and_options() -> None:
    database = database_of("postgres://de%40sk:p%2Fw@db.example:5433/co%20source?sslmode=require")
    assert (database["USER"], database["PASSWORD"], database["NAME"]) == ("de@sk", "p/w", "co source")
    assert (database["HOST"], database["PORT"]) == ("db.example", "5433")
    assert database["OPTIONS"] == {
        "sslmode": "require",
        "server_side_binding": True,
        "prepare_threshold": 3,
        "options": "-c idle_in_transaction_session_timeout=45s",
    }
    own = database_of("postgres://desk@db.example/desk?options=-c%20lock_timeout%3D5s")
    assert own["OPTIONS"]["options"] == "-c lock_timeout=5s"


def test_no_statement_is_kept_ready_behind_a_pool_that_knows_none() -> None:
    database = database_of("postgres://desk@db.example/desk?prepare=no&sslmode=require")
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_an_embedded_database_waits_for_the_disk() -> None:
    database = database_of("sqlite:////srv/desk.sqlite3")
    assert database["NAME"] == "/srv/desk.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in database["OPTIONS"]["init_command"]


def test_mail_never_sends_a_password_in_the_clear() -> None:
    plain = mailers_of("smtp://mail.example", folder=Path("/m"))["default"]["OPTIONS"]
    assert (plain["port"], plain["use_tls"], plain["use_ssl"], plain["username"]) == (25, False, False, "")
    signed_in = mailers_of("smtp://u:p%40@mail.example:587", folder=Path("/m"))["default"]["OPTIONS"]
    assert (signed_in["port"], signed_in["use_tls"], signed_in["password"]) == (587, True, "p@")
    direct = mailers_of("smtps://u:p@mail.example", folder=Path("/m"))["default"]["OPTIONS"]
    assert (direct["port"], direct["use_tls"], direct["use_ssl"]) == (465, False, True)
    assert mailers_of("file", folder=Path("/m"))["default"]["OPTIONS"] == {"file_path": "/m"}
    assert "console" in mailers_of("console", folder=Path("/m"))["default"]["BACKEND"]
