"""The pod's image, put to work by an engine: TOOL=docker (or podman) names the one that has it.

The injected container runs in it as a pod's would: its variables and files, a read-only root, no
capabilities. AWS and the API are the demo's, on this machine.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync import __version__
from initsync.cli.progress import Progress
from initsync.demo import stage
from initsync.testing.podrun import AwsIdentity, Finished, run_container
from initsync.words import keys
from initsync.words.model import JsonObject

IMAGE = f"jasm/init:{__version__}"
# In place of the program: the same in the image. What is set here, is set there.
RUN = """#!{python} -I
import os, sys
root = os.getcwd()
how = ["--rm", "--network=host", "--read-only", "--cap-drop=all", f"--volume={{root}}:{{root}}:ro"]
how += [f"--user={{os.getuid()}}", *(f"--env={{name}}" for name in os.environ)]
os.environ |= {{"HOME": root, "PATH": "{path}"}}
os.execv("{engine}", ["{engine}", "run", *how, "{image}", *sys.argv[1:]])
"""


@pytest.fixture
def played() -> Iterator[stage.Stage]:
    with stage.stage("embedded", Progress(sys.stderr)) as found:
        yield found


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Where the injected container's command is found."""
    if not (tool := os.environ.get("TOOL")):
        pytest.skip(f"TOOL names no engine that has {IMAGE}")
    engine, path = shutil.which(tool), os.environ["PATH"]
    text = RUN.format(python=sys.executable, path=path, engine=engine, image=IMAGE)
    (tmp_path / "jasm-init").write_text(text)
    (tmp_path / "jasm-init").chmod(0o755)
    return tmp_path


def sync(played: stage.Stage, programs: Path, pod: JsonObject) -> Finished:
    identity = AwsIdentity(played.aws.role_arn("app"), played.aws.region, played.aws.url)
    return run_container(played.api, pod, keys.CONTAINER, aws=identity, programs=programs)


def test_it_syncs_a_secret(programs: Path, played: stage.Stage) -> None:
    pod = played.create_pod("app", stage.ANNOTATION)

    done = sync(played, programs, pod)

    assert done.exit_code == 0, done.stderr
    assert played.secret()["data"].keys() == {"DB_HOST", "DB_PORT", "DB_PASSWORD"}
    assert played.last_event(pod)["reason"] == "SecretSynced"
    assert played.aws.calls()["AssumeRoleWithWebIdentity"] == 1


def test_it_says_why_it_cannot(programs: Path, played: stage.Stage) -> None:
    pod = played.create_pod("app", stage.ANNOTATION.replace(stage.PATH, "/none"))

    done = sync(played, programs, pod)

    assert done.exit_code == 4, done.stderr
    assert "/none" in done.stderr.splitlines()[-1]
    assert played.last_event(pod)["reason"] == "ExternalSecretNotFound"
