"""The workflows under .github: pinned, with few rights, in time, and valid."""

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import programs

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
OURS = re.compile(r"uses: \./\.github/workflows/[\w-]+\.yml( # zizmor: .*)?$")
READ_ONLY = {"contents": "read"}
WRITERS = {
    ("release.yml", "images"): {"id-token", "attestations"},
    ("release.yml", "push"): {"id-token"},
    ("release.yml", "package"): {"id-token", "attestations"},
    ("release.yml", "publish"): {"contents"},
    ("release.yml", "rebuilt"): {"contents"},
}
"""Who may write what; every other job may read the repository, no more."""
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
RELEASE = WORKFLOW["jobs"]


def jobs() -> Iterator[Any]:
    for file in FILES:
        for name, job in yaml.safe_load(file.read_text())["jobs"].items():
            yield pytest.param(file.name, name, job, id=f"{file.stem}-{name}")


def steps(job: Any) -> list[Any]:
    return list(job.get("steps", []))


def test_there_is_one_for_each_purpose() -> None:
    assert [file.stem for file in FILES] == ["image", "lint", "nightly", "release", "test"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_commit_and_says_its_version(file: Path) -> None:
    used = [line.strip(" -") for line in file.read_text().splitlines() if " uses: " in f" {line}"]

    assert used
    assert [line for line in used if not (PINNED.search(line) or OURS.search(line))] == []


def test_an_action_has_one_version_everywhere() -> None:
    used = {
        found
        for file in FILES
        for found in re.findall(r"uses: ([\w./-]+)@(\w+ # \S+)", file.read_text())
    }

    assert len({action for action, _ in used}) == len(used)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_has_no_rights_and_one_run_at_a_time(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())

    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    assert "pull_request_target" not in workflow[True]  # YAML 1.1 reads `on` as true


@pytest.mark.parametrize(("file", "name", "job"), list(jobs()))
def test_a_job_may_do_what_it_needs_and_ends_in_time(file: str, name: str, job: Any) -> None:
    rights = job["permissions"]

    assert {right for right, level in rights.items() if level == "write"} == WRITERS.get(
        (file, name), set()
    )
    assert READ_ONLY.keys() <= rights.keys()
    assert "uses" in job or 0 < job["timeout-minutes"] <= 120


@pytest.mark.parametrize(("file", "name", "job"), list(jobs()))
def test_no_credentials_stay_on_disk(file: str, name: str, job: Any) -> None:
    for step in steps(job):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize(("file", "name", "job"), list(jobs()))
def test_nothing_is_interpolated_into_a_script(file: str, name: str, job: Any) -> None:
    assert [step["run"] for step in steps(job) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize(("file", "name", "job"), list(jobs()))
def test_secrets_are_given_only_where_a_second_person_was_asked(
    file: str, name: str, job: Any
) -> None:
    if "secrets." in yaml.safe_dump(job):
        assert job["environment"] == "release"


def scripts(job: Any) -> str:
    return "".join(step.get("run", "") for step in steps(job))


def test_a_release_goes_from_what_can_be_done_again_to_what_cannot() -> None:
    order = ("check", "test", "images", "chart", "push", "package", "publish")

    for before, after in pairwise(order):
        assert before in RELEASE[after]["needs"]
    assert "publish" in scripts(RELEASE["package"])


def test_a_night_and_a_release_run_the_tests_in_full_and_on_every_python() -> None:
    nightly = yaml.safe_load((ROOT / ".github/workflows/nightly.yml").read_text())

    assert nightly[True].keys() >= {"schedule", "workflow_call"}
    assert RELEASE["test"]["uses"] == "./.github/workflows/nightly.yml"
    assert nightly["jobs"]["tests"]["uses"] == "./.github/workflows/test.yml"
    assert "make test-all" in scripts(nightly["jobs"]["full"])


def test_nothing_is_released_whose_known_vulnerabilities_were_not_looked_up() -> None:
    assert "audit" in RELEASE["images"]["needs"]
    assert scripts(RELEASE["audit"]) == "make audit ARGS=--required"


def test_the_chart_is_packaged_once_by_its_images_and_pushed_as_it_is() -> None:
    assert "deploy.pin" in scripts(RELEASE["chart"]).partition("helm package")[0]
    assert [name for name, job in RELEASE.items() if "helm package" in scripts(job)] == ["chart"]
    assert [name for name, job in RELEASE.items() if "helm push" in scripts(job)] == ["push"]


def test_all_images_are_built_on_one_base_that_is_looked_up_once() -> None:
    assert "^ARG BASE=" in scripts(RELEASE["check"])
    (build,) = (step for step in steps(RELEASE["images"]) if step.get("id") == "push")
    assert build["env"].items() >= {"BASE_DIGEST": "${{ needs.check.outputs.base-digest }}"}.items()
    assert "BASE=$BASE_NAME@$BASE_DIGEST " in build["run"]


def test_images_are_built_again_on_a_newer_base_by_the_same_signed_way_and_nothing_else() -> None:
    only = {name: job["if"] for name, job in RELEASE.items() if "if" in job}
    assert WORKFLOW[True].keys() == {"push", "workflow_dispatch"}
    assert only == {
        "package": "github.event_name == 'push'",
        "rebuilt": "github.event_name == 'workflow_dispatch'",
    }


@pytest.mark.parametrize(("file", "name", "job"), list(jobs()))
def test_dockers_own_builder_is_not_asked_for_what_it_cannot(
    file: str, name: str, job: Any
) -> None:
    """Images of several platforms, and times that are the same each time."""
    for step in steps(job):
        script = step.get("run", "")
        if "rewrite-timestamp" in script or "SAVE=" in script or "linux/amd64,linux" in script:
            assert "BUILDX_BUILDER=$(docker buildx create)" in script
            assert "export BUILDX_BUILDER\n" in script


def test_zizmor_finds_nothing() -> None:
    zizmor = str(Path(sys.executable).with_name("zizmor"))

    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--color=never", ".github"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("No findings to report")


def test_actionlint_finds_nothing() -> None:
    actionlint = programs.of(programs.ACTIONLINT)

    done = subprocess.run(
        [actionlint, "-shellcheck=", "-pyflakes=", *FILES], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_the_modules_that_dependabot_renews_are_all_there_are() -> None:
    said = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())
    (modules,) = (it for it in said["updates"] if it["package-ecosystem"] == "gomod")

    tracked = subprocess.run(
        ["git", "ls-files", "*go.sum"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    folders = {f"/{name.rpartition('/')[0]}" for name in tracked}
    assert set(modules["directories"]) == folders - {"/initsync/testing/controlplane/go-1.30"}
