"""`initsync demo` where it is not installed whole."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

from initsync.cli.demo import _PACKAGES
from tests.places import ROOT


def demo(*missing: str) -> "subprocess.CompletedProcess[str]":
    code = (
        f"import sys; sys.modules |= dict.fromkeys({missing!r}); sys.argv = ['initsync', 'demo']\n"
    )
    code += "from initsync.__main__ import main; main()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        # pip install '.[cli,injector]'
        (
            ["moto", "flask", "flask_cors", "jsonpatch"],
            "Error: the demo needs moto, flask, flask_cors, jsonpatch: in a clone of JASM "
            "pip install '.[demo]'\n",
        ),
        (
            ["httptools"],
            "Error: the demo needs httptools: in a clone of JASM pip install '.[demo]'\n",
        ),
        # the image `full`
        (
            ["initsync.demo"],
            "Error: the demo is not in this image: in a clone of JASM run make demo\n",
        ),
    ],
)
def test_what_is_missing_is_a_sentence(missing: list[str], sentence: str) -> None:
    ended = demo(*missing)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith(sentence)
    assert "Traceback" not in ended.stderr


def test_every_package_of_its_extra_is_looked_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    wanted = {
        re.split("[^a-z-]", found)[0]
        for found in [*extras["demo"], *extras["injector"]]
        if not found.startswith("jasm")
    } - {"click"}  # without it there is no command
    brought = metadata.packages_distributions()

    looked_for = {brought[name][0].lower().replace("_", "-") for name in _PACKAGES}
    assert looked_for == wanted
