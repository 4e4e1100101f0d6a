"""docs/providers.md shows a provider that works, and the line and names that are there."""

import ast

from initsync.doctor import diagnoses
from initsync.permissions import cloudroles
from initsync.providers import PROVIDERS
from initsync.providers.interface import ProviderClass, SecretProvider
from tests.docs_blocks import DOCS, blocks
from tests.initsync.providers import shelf
from tests.places import ROOT

PAGE = (DOCS / "providers.md").read_text("utf-8")
FILE = "tests/initsync/providers/shelf.py"


def test_the_page_shows_the_provider_that_the_tests_run() -> None:
    (shown, _) = blocks("providers", "python")

    assert shown == f"# {FILE}\n{(ROOT / FILE).read_text('utf-8')}"


def test_the_page_shows_the_table_with_its_one_line_more() -> None:
    (_, shown) = blocks("providers", "python")
    call = ast.parse(shown).body[0]
    assert isinstance(call, ast.Assign)
    assert isinstance(call.value, ast.Dict)

    table = {
        ast.literal_eval(key): tuple(map(ast.literal_eval, value.args))
        for key, value in zip(call.value.keys, call.value.values, strict=True)
        if key and isinstance(value, ast.Call)
    }

    own = "initsync.providers.shelf"
    assert table == {name: tuple(it) for name, it in PROVIDERS.items()} | {"shelf": (own, own)}


def test_the_page_names_all_that_the_contract_has() -> None:
    needed = {name for name in vars(SecretProvider) if not name.startswith("_")}
    given = set(ProviderClass.__call__.__annotations__) - {"return"}

    assert needed == {"name", "fetch", "whoami"}
    assert [it for it in needed if f"| `{it}" not in PAGE] == []
    assert [it for it in given if f"| `{it}` |" not in PAGE] == []
    assert shelf.problem.__name__ in PAGE


def test_the_page_names_what_a_provider_may_have_besides() -> None:
    assert "aws-secretsmanager" in cloudroles._STATEMENTS
    assert "aws-secretsmanager" in diagnoses._MODULES
    for name, module in (
        ("_STATEMENTS", "initsync/permissions/cloudroles.py"),
        ("_MODULES", "initsync/doctor/diagnoses.py"),
    ):
        assert f"`{name}` in `{module}`" in PAGE
