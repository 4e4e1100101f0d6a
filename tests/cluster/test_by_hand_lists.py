"""`initsync` by hand for a pod that asks for several Secrets: its sync, `list` and `doctor`."""

import json
from pathlib import Path

import pytest

from initsync.testing.aws import AwsServer
from initsync.testing.server import ApiServer
from tests.cluster.by_hand import create, run, subcommand, write_kubeconfig

ENTRY = "- {{provider: aws-secretsmanager, path: {}, secretName: {}{}}}\n"


@pytest.fixture
def kubeconfig(api: ApiServer, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "kubeconfig", api, namespace)


@pytest.fixture
def path(namespace: str, aws: AwsServer) -> str:
    """Of a secret of the test's own."""
    aws.put_secret(f"/{namespace}/api", {"token": "pl4nted-token", "url": "pl4nted-url"})
    return f"/{namespace}/api"


@pytest.fixture
def several(path: str) -> str:
    """The annotation: two Secrets, one of them from two sources."""
    entries = [
        ENTRY.format("/prod/db", "db", ", keys: [password: DB_PASSWORD]"),
        ENTRY.format(path, "both", ""),
        ENTRY.format("/prod/db", "both", ""),
    ]
    return "secrets:\n" + "".join(entries)


def test_json_has_an_object_for_each_secret(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer, path: str, several: str
) -> None:
    create(api, namespace, several + ENTRY.format("/none", "none", ""))

    ended = run(kubeconfig, aws, "--pod", "web-1", "-o", "json", "--timeout", "3")

    told = json.loads(ended.stdout)
    db, both, none = told["secrets"]
    assert (ended.returncode, told["exitCode"]) == (4, 4)
    assert (db["secretName"], db["action"], db["path"], db["keys"]) == (
        *("db", "created", "/prod/db", 1),
    )
    assert both["path"] == f"aws-secretsmanager /prod/db\naws-secretsmanager {path}"
    assert (both["keys"], len(both["version"].split("\n"))) == (3, 2)
    assert db["message"].startswith("Secret db created with 1 key from")
    assert (none["secretName"], none["error"]) == ("none", "ExternalSecretNotFound")
    assert none["message"].startswith("Secret none: aws-secretsmanager has no secret at path")


def test_a_dry_run_shows_the_changes_of_each_secret_under_its_name(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer, several: str
) -> None:
    create(api, namespace, several)

    ended = run(kubeconfig, aws, "--pod", "web-1", "--dry-run")
    as_json = run(kubeconfig, aws, "--pod", "web-1", "--dry-run", "-o", "json")

    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        *("Secret db:", "+ DB_PASSWORD (13 bytes)"),
        *("Secret both:", "+ password (13 bytes)", "+ token (13 bytes)", "+ url (11 bytes)"),
    ]
    assert ended.stderr.startswith("dry run: Secret db would be created with 1 key from")
    db, both = json.loads(as_json.stdout)["secrets"]
    assert db["changes"] == [{"key": "DB_PASSWORD", "before": None, "after": 13}]
    assert [it["key"] for it in both["changes"]] == ["password", "token", "url"]
    assert "Secret both would be created" in both["message"]


def test_a_list_of_one_is_told_as_one(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, "secrets:\n" + ENTRY.format("/prod/db", "db", ""))

    told = json.loads(run(kubeconfig, aws, "--pod", "web-1", "--dry-run", "-o", "json").stdout)

    assert (told["secretName"], told["action"], told["dryRun"]) == ("db", "created", True)


def test_list_and_doctor_tell_of_each(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer, path: str, several: str
) -> None:
    create(api, namespace, several)
    assert run(kubeconfig, aws, "--pod", "web-1").returncode == 0
    before = aws.calls()

    listed = subcommand(kubeconfig, "list", "-n", namespace)
    doctor = run(kubeconfig, aws, "doctor", "--pod", "web-1", "-o", "json")

    head, both, db = listed.stdout.splitlines()
    assert head.split()[2:5] == ["PROVIDER", "PATH", "VERSION"]
    assert f"aws-secretsmanager /prod/db, aws-secretsmanager {path}  " in both
    assert both.endswith("  Pod/web-1 (annotation)")
    assert db.endswith("  Pod/web-1 (annotation)")
    checks = json.loads(doctor.stdout)["checks"]
    told: dict[str, list[str]] = {}
    for one in checks:
        told.setdefault(one["check"], []).append(one["message"])
    each = ("rights", "secret", "identity", "cloud-identity", "cloud-secret")
    assert [len(told[name]) for name in each] == [2, 2, 1, 1, 2]
    by = "read by you; whether the pod may is asked by --as-pod"
    assert told["cloud-secret"] == [
        f"/prod/db gives Secret db 1 key: DB_PASSWORD, {by}",
        f"/prod/db, {path} together give Secret both 3 keys: password, token, url, {by}",
    ]
    for line, name in zip(told["secret"], ("db", "both"), strict=True):
        assert line.startswith(f"{namespace}/{name} is Opaque, managed by caronte, written ")
    asked = aws.calls() - before
    assert (asked["GetCallerIdentity"], asked["GetSecretValue"]) == (1, 3)
