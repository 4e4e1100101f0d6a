"""What `initsync manifest --cronjob` and `--job` refuse, and what they warn of."""

from pathlib import Path

import pytest
import yaml

from initsync.words import keys
from tests.initsync.cli.manifest_command import DB, EVERY, run, workload
from tests.initsync.cli.test_manifest import EXAMPLES


def test_a_secret_of_two_sources_is_refused_with_both_places() -> None:
    other = workload("api", DB.replace("/prod/db", "/prod/other"), "other")

    code, out, said = run(*EVERY, "-", stdin=yaml.safe_dump_all([workload("web", DB), other]))

    assert (code, out) == (3, "")
    assert "Secret db is made from aws-secretsmanager /prod/other here" in said
    assert "Deployment shop/api" in said
    assert "Deployment shop/web" in said


def test_more_than_an_annotation_has_is_refused() -> None:
    entries = (DB.replace("db", f"db-{number}") for number in range(51))

    code, out, said = run(
        *EVERY, "-", stdin=yaml.safe_dump_all(workload("web", it) for it in entries)
    )

    assert (code, out) == (2, "")
    assert "ServiceAccount shop/app is to sync 51 entries, and an annotation has 50 at" in said


def test_another_managed_by_label_must_be_named() -> None:
    init = {"name": "jasm-init", "env": [{"name": "JASM_MANAGED_BY", "value": "team-x"}]}
    kind = workload("web", DB)
    kind["spec"]["template"]["spec"]["initContainers"] = [init]
    text = yaml.safe_dump(kind)

    code, out, said = run(*EVERY, "-", stdin=text)

    assert (code, out) == (2, "")
    assert "has JASM_MANAGED_BY team-x: give --env JASM_MANAGED_BY=team-x" in said
    assert run(*EVERY, "--env", "JASM_MANAGED_BY=team-x", "-", stdin=text)[0] == 0


def test_that_another_run_may_replace_what_is_the_default_accounts_is_told() -> None:
    kind = yaml.safe_dump(workload("web", DB, "default"))

    assert "prints for it replaces this" in run(*EVERY, "-", stdin=kind)[2]
    assert "replaces" not in run(*EVERY, "--service-account", "syncer", "-", stdin=kind)[2]


def test_files_without_an_annotation_are_told() -> None:
    text = yaml.safe_dump(workload("web", DB)).replace(keys.ANNOTATION, "other")

    assert run(*EVERY, "-", stdin=text) == (0, "", "warning: no pod asks for a secret\n")


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "*/5 0-3,7 ? JAN-MAR MON",
        "@hourly",
        "@every 1h30m",
        " 0  3 * * * ",
        "\t0 3 * * 0",
    ],
)
def test_no_schedule_is_refused_that_an_api_server_takes(schedule: str) -> None:
    assert run("--cronjob", schedule, "-n", "shop", str(EXAMPLES / "1-injected.yaml"))[0] == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--cronjob", "*/5"], "must have five fields, or begin with @, as one argument: in quot"),
        (["--cronjob", ""], "must have five fields"),
        (["--cronjob", "TZ=UTC 0 3 * * *"], "must not name a time zone: write spec.timeZone into"),
        (["--job", "--mode", "sidecar"], "--mode is for a pod that stays"),
        (["--job"], "name files of manifests, or the annotation's text: --annotation"),
        (["--service-account", "x"], "--service-account and --namespace are for --cronjob and"),
        (["--job", "--service-account", "X"], "must be a DNS-1123 subdomain"),
        (["--job", "--annotation", "a"], "an annotation's text has no namespace: give -n NAMESPA"),
    ],
)
def test_wrong_use(
    options: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text(DB)

    code, out, said = run(*options)

    assert (code, out) == (2, "")
    assert sentence in said
