"""docs/eks.md shows what `initsync policy` prints for the app on that page."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.docs_blocks import blocks, manifests


def printed(tmp_path: Path, *more: str) -> Any:
    """By the page's own command, for the page's own Deployment."""
    (app,) = (text for text in blocks("eks", "yaml") if "kind: Deployment" in text)
    (tmp_path / "app.yaml").write_text(app)
    (command,) = (text for text in blocks("eks", "sh") if text.startswith("initsync policy"))
    _, *words = shlex.split(command.replace("\\\n", " "))
    done = subprocess.run(
        [sys.executable, "-m", "initsync", *words, *more],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def plain(statement: Any) -> Any:
    """Without names, and lists of one thing as that thing."""
    if isinstance(statement, dict):
        return {key: plain(value) for key, value in statement.items() if key != "Sid"}
    if isinstance(statement, list) and len(statement) == 1:
        return plain(statement[0])
    return statement


def test_the_policies_on_the_page_are_those_that_are_printed(tmp_path: Path) -> None:
    (app,) = json.loads(printed(tmp_path, "-o", "json"))["serviceAccounts"]
    permissions, irsa, _ = (json.loads(text) for text in blocks("eks", "json"))

    assert app["aws"]["trustPolicy"] == irsa
    (document,) = app["aws"]["permissionsPolicies"]
    assert [plain(one) for one in document["Statement"]] == [
        plain(one) for one in permissions["Statement"]
    ]


def test_the_role_on_the_page_is_the_one_that_is_printed(tmp_path: Path) -> None:
    (app,) = json.loads(printed(tmp_path, "-o", "json"))["serviceAccounts"]
    shown = {one["kind"]: one for one in manifests("eks")}

    assert app["kubernetes"]["role"]["rules"] == shown["Role"]["rules"]
    assert app["kubernetes"]["roleBinding"]["subjects"] == shown["RoleBinding"]["subjects"]
