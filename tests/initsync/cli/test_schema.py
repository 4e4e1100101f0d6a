"""`initsync schema` prints what docs/annotation.schema.json is."""

import json

import pytest
from click.testing import CliRunner

from initsync import providers
from initsync.cli.main import main
from tests import docs_update


def test_it_prints_the_schema_that_the_pages_have() -> None:
    done = CliRunner().invoke(main, ["schema"])

    assert (done.exit_code, done.stdout) == (0, docs_update.SCHEMA.read_text())
    assert json.loads(done.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_package_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = providers.Modules("jasm_nowhere", "jasm_nowhere")
    monkeypatch.setattr(providers, "_installed", lambda: {"broken": broken})

    done = CliRunner().invoke(main, ["schema"])

    assert done.exit_code == 2
    assert done.stderr.startswith("error: jasm_nowhere, the package of provider broken, fails")
