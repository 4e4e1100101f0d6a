"""A provider in a package of its own, built from docs/providers.md and found by its entry point."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from initsync import providers
from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from tests.docs_blocks import blocks
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World
from tests.initsync.providers import shelf
from tests.places import ROOT

ANNOTATION = "provider: shelf\npath: prod/db\nsecretName: db\n"
MANIFEST = json.dumps(manifests.pod("shop", "web", {keys.ANNOTATION: ANNOTATION}))
UV = str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is installed, and nothing else."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    (project,) = blocks("providers", "toml")
    (source / "pyproject.toml").write_text(project)
    shutil.copyfile(shelf.__file__, source / "jasm_shelf.py")
    offline = ["--no-deps", "--no-build-isolation", "--offline", "--python", sys.executable]
    command = [UV, "pip", "install", "--quiet", *offline, "--target", str(target), str(source)]
    subprocess.run(command, check=True)
    return target


def initsync(*arguments: str, path: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "initsync", *arguments],
        input=MANIFEST,
        env=os.environ | {"PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_it_is_known_where_it_is_installed_and_only_there(package: Path) -> None:
    with_it, without = initsync("check", "-", path=str(package)), initsync("check", "-")

    assert (with_it.returncode, without.returncode) == (0, 3)
    assert "provider is 'shelf', but must be one of: aws-" in without.stdout


def test_its_rule_and_its_name_are_those_of_any_other(package: Path) -> None:
    schema = json.loads(initsync("schema", path=str(package)).stdout)

    assert "shelf" in schema["$defs"]["entry"]["properties"]["provider"]["enum"]


def test_jasm_init_syncs_from_it(
    package: Path, api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> None:
    (tmp_path / "shelf/prod").mkdir(parents=True)
    (tmp_path / "shelf/prod/db").write_text('{"password": "pl4nted-one"}')
    world = World(api, aws, tmp_path)
    world.annotate(**{"secret-sync": ANNOTATION})
    del world.env["JASM_MODE"]
    env = world.env | {"SHELF_DIR": str(tmp_path / "shelf"), "PYTHONPATH": str(package)}
    code = "from initsync.pod import main; main.main()"

    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True
    )

    assert (done.returncode, world.values()) == (0, {"password": "pl4nted-one"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "jasm_broken, the package of provider broken, fails at its import (ModuleNotFound"),
        ("import nowhere", "No module named"),
        ("raise ValueError('pl4nted')", "fails at its import (ValueError): mend it"),
        ("raise SystemExit", "fails at its import (SystemExit): mend it"),
        ("", "has no attribute 'problem'"),
    ],
)
def test_one_that_cannot_be_imported_is_no_bug_of_jasms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / "jasm_broken.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "jasm_broken", raising=False)
    broken = providers.Modules("jasm_broken", "jasm_broken")
    monkeypatch.setattr(providers, "_installed", lambda: {"broken": broken})

    with pytest.raises(InvalidSetup) as caught:
        providers.check_path("broken", "a")

    assert said in str(caught.value)
    assert "pl4nted" not in str(caught.value)


def test_no_package_is_looked_for_where_the_table_has_the_name() -> None:
    code = (
        "import sys; from initsync import providers; providers.load('aws-secretsmanager');"
        "print('importlib.metadata' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-IS", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "False\n"
    assert providers.supports("aws-secretsmanager")
