"""`initsync schema` prints what docs/annotation.schema.json is."""

import json

from click.testing import CliRunner

from initsync.cli.main import main
from tests import docs_update


def test_it_prints_the_schema_that_the_pages_have() -> None:
    done = CliRunner().invoke(main, ["schema"])

    assert (done.exit_code, done.stdout) == (0, docs_update.SCHEMA.read_text())
    assert json.loads(done.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
