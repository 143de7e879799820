"""The description of the API that is kept beside the documentation is the one that is served."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cosource.config.api import api, api_description
from cosource.config.cli import app as command_line

KEPT = Path(__file__).parents[2] / "docs/reference/openapi.json"


def test_the_kept_description_is_up_to_date():
    assert KEPT.read_text() == api_description(), "run `cosource openapi --write`"


def test_the_command_compares_and_writes(tmp_path):
    file = str(tmp_path / "openapi.json")
    run = CliRunner().invoke
    assert run(command_line, ["openapi", "--check", "--file", file]).exit_code == 1
    assert run(command_line, ["openapi", "--write", "--file", file]).exit_code == 0
    assert run(command_line, ["openapi", "--check", "--file", file]).exit_code == 0
    assert run(command_line, ["openapi"]).output == Path(file).read_text()


@pytest.mark.req("C28")
def test_every_operation_asks_for_a_token_and_forbids_unknown_fields():
    described = api.get_openapi_schema(path_prefix="/api/v1/")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["security"] == [{"TokenAuth": []}], (method, path)
            body = operation.get("requestBody")
            if body and "application/json" in body["content"]:
                name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                schema = described["components"]["schemas"][name]
                assert schema["additionalProperties"] is False, name
            if method == "post" and "201" in map(str, operation["responses"]):
                names = [p["name"] for p in operation["parameters"]]
                assert "Idempotency-Key" in names, path
