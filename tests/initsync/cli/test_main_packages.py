"""What a command says where a package is missing, and what it loads of those that are there."""

import subprocess
import sys

import pytest

from tests.places import ROOT


def without(package: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line where that package is not installed."""
    code = f"import sys; sys.modules[{package!r}] = None; sys.argv = {['initsync', *arguments]}\n"
    code += "from initsync.__main__ import main; main()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    "arguments", [["manifest"], ["manifest", "-h"], ["-o", "json", "manifest"]]
)
def test_a_command_whose_package_is_missing_says_so(arguments: list[str]) -> None:
    ended = without("yaml", *arguments)

    assert ended.returncode == 2
    assert ended.stderr.endswith(
        "initsync manifest needs the package yaml: in a clone of JASM pip install '.[cli]'\n"
    )


def test_and_the_others_do_their_work() -> None:
    assert without("injector", "check", "deploy/examples/1-injected.yaml").returncode == 0
    assert without("injector", "policy", "-h").returncode == 0
    assert "\n  manifest  Print" in without("injector", "-h").stdout


def test_a_bug_in_our_own_imports_is_no_missing_package() -> None:
    assert "ModuleNotFoundError" in without("initsync.manifests.workloads", "check", "x").stderr


def test_a_check_loads_nothing_of_other_commands() -> None:
    code = "import sys; sys.argv = ['initsync', 'check', '/dev/null']\n"
    code += "import atexit; atexit.register(lambda: print(*sys.modules))\n"
    code += "from initsync.__main__ import main; main()"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    loaded = set(ended.stdout.split())
    assert "initsync.cli.check" in loaded
    others = {f"initsync.cli.{name}" for name in ("pod", "demo", "doctor", "list", "policy")}
    heavy = {
        "initsync.kube.access",
        "initsync.network.transport",
        "kubernetes",
        "boto3",
        "cryptography",
    }
    assert loaded & {*others, "initsync.cli.manifest", "injector", *heavy} == set()
