"""`.pre-commit-hooks.yaml`: the hook runs with what pre-commit installs for it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
BAD = "{kind: Pod, metadata: {name: web, annotations: {jasm.codnod.io/secret-sync: x}}}"


def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_the_pre_commit_hook_needs_click_alone_beside_the_distribution(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    code = (
        "import sys; sys.modules.update(kubernetes=None, boto3=None, botocore=None);"
        "from initsync.__main__ import main; main()"
    )
    script, *arguments = hook()["entry"].split()

    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments, "bad.yaml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    assert script == "initsync"
    assert hook()["additional_dependencies"] == ["click>=8.1"]
    assert ended.returncode == 3, ended.stderr
    assert ended.stdout.startswith("bad.yaml:1: Pod web: ")
