"""The commands of each image, run from exactly what its stage of the Dockerfile copies.

The stage's own script is run, on a path that is empty otherwise. What needs an image's build stands
aside: packages come from this environment, those of the image's lock alone, and no bytecode and no
bill of materials are made.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest

from initsync import __version__
from initsync.cli.main import main as initsync
from injector.cli.main import main as injector

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMMANDS = {
    "init": ["jasm-init", "jasm-wait"],
    "injector": ["jasm-injector"],
    "full": ["initsync", "jasm-init", "jasm-wait"],
}
GROUPS: dict[str, click.Group] = {"initsync": initsync, "jasm-injector": injector}
SUBCOMMANDS = {name: it.list_commands(click.Context(it)) for name, it in GROUPS.items()}


def steps(target: str) -> Iterator[str]:
    """The commands of the stage whose files the image gets, by the Dockerfile."""
    assert f"COPY --from={target}-files /out /" in DOCKERFILE
    stage = DOCKERFILE.partition(f"FROM build AS {target}-files\n")[2].partition("\n\n")[0]
    yield from re.split(r" && ", stage.removeprefix("RUN ").replace("\\\n", ""))


def locked(requirements: str) -> Iterator[Path]:
    """The first level of what each package of a lock installs, such as `yaml`."""
    for name in re.findall(r"^([\w.-]+)==", (ROOT / requirements).read_text(), re.M):
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:  # of another Python
            continue
        place = Path(str(metadata.distribution(name).locate_file("")))
        tops = {file.parts[0] for file in files}
        yield from (place / top for top in tops if top not in ("..", "__pycache__"))


def installed(step: str, root: Path) -> None:
    """What pip would: `--target DIRECTORY -r LOCK`."""
    (target,) = re.findall(r"--target (\S+)", step)
    (requirements,) = re.findall(r"-r (\S+)", step)
    directory = root / target.strip("/")
    directory.mkdir(parents=True)
    for found in locked(requirements):
        (directory / found.name).symlink_to(found)


def run(step: str, root: Path) -> None:
    """One command, with the image's directories in `root`."""
    if step.startswith("$INSTALL"):
        installed(step, root)
    elif not step.startswith(("$SBOM", "python3 -m compileall", "find ")):
        script = re.sub(r"(?<= )/(?=out|library)", f"{root}/", step)
        python = {"PATH": f"{root}/bin:/usr/bin:/bin"}
        subprocess.run(["sh", "-euc", script], env=python, cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By target the root directory of what it adds to its base."""
    roots = {}
    for target in COMMANDS:
        root = tmp_path_factory.mktemp(target)
        (root / "bin").mkdir()
        (root / "bin/python3").symlink_to(sys.executable)
        for step in steps(target):
            run(step, root)
        roots[target] = root / "out"
    return roots


def call(image: Path, command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command of the image; of this environment it sees the standard library alone."""
    launcher = image / "usr/local/bin" / command
    own = launcher.read_text().replace('"/opt/jasm"', repr(f"{image}/opt/jasm"))
    (image / command).write_text(own)
    return subprocess.run(
        [sys.executable, "-IS", str(image / command), *arguments],
        env={"HOME": "/nonexistent", "PATH": os.defpath},
        capture_output=True,
        text=True,
    )


def test_every_image_has_its_commands(images: dict[str, Path]) -> None:
    found = {name: [*(root / "usr/local/bin").iterdir()] for name, root in images.items()}

    assert {name: sorted(file.name for file in files) for name, files in found.items()} == COMMANDS


EVERY = [(target, command) for target, commands in COMMANDS.items() for command in commands]


@pytest.mark.parametrize(("target", "command"), EVERY)
def test_a_command_answers_for_its_version(
    images: dict[str, Path], target: str, command: str
) -> None:
    ended = call(images[target], command, "--version")

    assert (ended.stdout, ended.stderr) == (f"{command} {__version__}\n", "")


@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        *((target, [command]) for target, command in EVERY),
        *(
            (target, [command, name])
            for target, command in EVERY
            for name in SUBCOMMANDS.get(command, [])
        ),
    ],
    ids=str,
)
def test_a_command_and_all_below_it_have_their_help(
    images: dict[str, Path], target: str, arguments: list[str]
) -> None:
    ended = call(images[target], *arguments, "--help")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.lower().startswith(f"usage: {arguments[0]}")


def test_the_image_for_people_does_what_pipelines_ask(images: dict[str, Path]) -> None:
    example = str(ROOT / "deploy/examples/1-injected.yaml")

    checked = call(images["full"], "initsync", "check", example)
    written = call(images["full"], "initsync", "manifest", "--image=i", example)
    needed = call(images["full"], "initsync", "policy", "-n", "shop", "-o", "helm", example)
    unreachable = call(images["full"], "initsync", "list", "--kubeconfig=/none/config")

    assert (checked.returncode, checked.stderr) == (
        0,
        "1 annotation in 1 file checked, 0 invalid\n",
    )
    assert (written.returncode, needed.returncode) == (0, 0)
    assert "name: jasm-init" in written.stdout
    assert unreachable.stderr.startswith("error: no usable kubeconfig (/none/config: there is no")
