"""`initsync doctor` as a person meets it: AWS, rights that lack, no network, scripts, Ctrl-C."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from initsync.testing.aws import AwsServer
from tests.cluster.by_hand import subcommand, write_kubeconfig
from tests.cluster.ward import Ward
from tests.polling import until

YOU = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
AS_POD = ("--pod", "web", "--as-pod")


def test_aws_is_asked_as_the_pod_by_a_token_of_its_serviceaccount(ward: Ward) -> None:
    ward.store()

    told = ward.told(*AS_POD, **YOU, AWS_PROFILE="none")

    role = "arn:aws:sts::123456789012:assumed-role/app/jasm-doctor-web"
    assert told["cloud-identity"]["message"] == f"the pod is {role}"
    assert told["cloud-secret"]["message"] == "/prod/db has 1 key: password, read as the pod"


def test_of_a_list_each_secret_is_read_as_the_pod_by_one_identity(
    ward: Ward, aws: AwsServer
) -> None:
    entry = (
        "- {provider: aws-secretsmanager, path: /prod/db, secretName: db, keys: [password: K]}\n"
    )
    other = "- {provider: aws-secretsmanager, path: /none, secretName: other}\n"
    ward.annotations["jasm.codnod.io/secret-sync"] = f"secrets:\n{entry}{other}"
    ward.pod["spec"]["containers"][0]["envFrom"] += [{"secretRef": {"name": "other"}}]
    ward.store()
    before = aws.calls()

    code, lines = ward.lines(*AS_POD)
    told = [one for one in ward.examine(*AS_POD).stdout.splitlines() if "cloud-" in one]

    checks = [
        line[8:].partition(":")[0] for line in lines if line.startswith(("failed", "warning"))
    ]
    assert checks == ["secret", "rights", "secret", "cloud-secret"]
    assert code == 5
    assert told[1] == "ok      cloud-secret: /prod/db gives Secret db 1 key: K, read as the pod"
    assert told[2].startswith("failed  cloud-secret: aws-secretsmanager has no secret at path '/no")
    assert (aws.calls() - before)["AssumeRoleWithWebIdentity"] == 2  # one a run


@pytest.mark.parametrize(
    ("action", "check", "said"),
    [
        (
            "AssumeRoleWithWebIdentity",
            "cloud-identity",
            "AWS STS refused arn:aws:iam::123456789012:role/app (not you): grant it "
            "sts:AssumeRoleWithWebIdentity in the role's trust policy",
        ),
        (
            "GetSecretValue",
            "cloud-secret",
            "aws-secretsmanager refused arn:aws:iam::123456789012:role/app (not you): "
            "grant it secretsmanager:GetSecretValue on /prod/db in eu-central-1",
        ),
    ],
)
def test_what_aws_refuses_to_the_pod_is_a_failure(
    ward: Ward, aws: AwsServer, action: str, check: str, said: str
) -> None:
    ward.store()
    aws.refuse(action, "AccessDenied", "not you")

    code, (line,) = ward.bad(*AS_POD)

    assert line.startswith(f"failed  {check}: {said}")
    assert code == 4


def test_what_aws_refuses_to_you_says_nothing_of_the_pod(ward: Ward, aws: AwsServer) -> None:
    ward.store()
    aws.refuse("GetSecretValue", "AccessDeniedException", "not you")

    code, lines = ward.lines(**YOU)

    assert code == 0
    start = "skipped cloud-secret: you could not read it, which says nothing of the pod: "
    assert lines[-1].startswith(start), lines


def test_a_secret_that_is_not_there_is_a_failure_whoever_asks(ward: Ward) -> None:
    ward.annotations["jasm.codnod.io/secret-sync"] = (
        "provider: aws-secretsmanager\npath: /none\nsecretName: new\n"
    )
    ward.store()

    told = ward.told(**YOU)

    found = told["cloud-secret"]
    assert (found["status"], found["exitCode"]) == ("failed", 4)
    assert "aws-secretsmanager has no secret at path '/none'" in found["message"]


def test_a_role_of_another_aws_account_is_not_asked_about_with_yours(ward: Ward) -> None:
    ward.container["env"][0]["value"] = "arn:aws:iam::999999999999:role/app"
    ward.store()

    told = ward.told(**YOU)

    assert told["cloud-secret"]["status"] == "skipped"
    assert "of the AWS account 999999999999 and you are not" in told["cloud-secret"]["message"]


def test_without_an_aws_identity_it_goes_on_without(ward: Ward) -> None:
    ward.store()

    code, lines = ward.lines()

    assert code == 0
    nothing = "boto3 (profiles, SSO, processes, instance metadata): nothing found"
    assert f"skipped cloud-identity: you have no AWS identity that works: {nothing}" in lines
    assert "skipped cloud-secret: it needs your AWS identity, or --as-pod" in lines


def nobody(ward: Ward) -> str:
    ward.clinic.api.create_service_account(ward.namespace, "nobody")
    return ward.clinic.api.create_token(ward.namespace, "nobody")


def test_without_any_right_each_line_says_which_is_needed(ward: Ward) -> None:
    ward.store()
    token = nobody(ward)

    ended = ward.examine("--pod", "web", token=token)
    everything = ward.examine("-n", ward.namespace, token=token)

    admission = "admissionregistration.k8s.io in the whole cluster"
    here = f"in namespace {ward.namespace}"
    lines = ended.stdout.splitlines()
    assert (ended.returncode, everything.returncode) == (5, 0)
    assert lines[0].startswith("ok      api-server: it is v1.")
    assert lines[1:] == [
        f"failed  pod: it needs `get` on pods {here}",
        f"skipped registration: it needs `list` on mutatingwebhookconfigurations.{admission}",
        f"skipped guard: it needs `list` on validatingadmissionpolicies.{admission}",
        "skipped versions: it needs `list` on deployments.apps in the whole cluster",
    ]
    assert everything.stdout.splitlines()[1:] == [
        *lines[2:],
        f"skipped pods: it needs `list` on pods {here}",
        f"skipped workloads: it needs `list` on replicationcontrollers {here}",
    ]


def test_who_may_read_the_pod_alone_is_told_what_that_shows(ward: Ward) -> None:
    ward.store()
    token = nobody(ward)
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    ward.clinic.api.allow(ward.namespace, "nobody", rules)

    ended = ward.examine("--pod", "web", token=token)

    here = f"in namespace {ward.namespace}"
    lines = dict(line[8:].split(": ", 1) for line in ended.stdout.splitlines())
    assert ended.returncode == 0
    assert lines["annotation"] == "valid"
    assert lines["events"] == f"it needs `list` on events {here}"
    assert lines["secret"] == f"it needs `get` on secrets {here}"
    assert lines["rights"] == (
        "asking for the ServiceAccount needs `create` on localsubjectaccessreviews."
        f"authorization.k8s.io {here}; of the rights on Secret {ward.namespace}/db you "
        "yourself lack get, create, patch, jasm-sync, create events"
    )


def test_a_pod_that_is_not_there(ward: Ward) -> None:
    code, lines = ward.lines("--pod", "nope")

    expected = f"failed  pod: there is no pod {ward.namespace}/nope; see kubectl -n "
    assert lines[0].startswith(expected)
    assert code == 5


def test_a_context_that_is_not_there(ward: Ward, tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "config", ward.clinic.api, ward.namespace)

    ended = subcommand(config, "doctor", "--context=none", "-o", "json")

    assert ended.returncode == json.loads(ended.stdout)["exitCode"] == 2
    assert "set --kubeconfig, --context or KUBECONFIG" in ended.stderr


@pytest.mark.parametrize("token", ["bad", None])
def test_an_api_server_that_cannot_be_asked_ends_it(
    ward: Ward, tmp_path: Path, token: str | None
) -> None:
    place = {} if token else {"server": "https://127.0.0.1:1"}
    user = {"token": token} if token else None
    config = write_kubeconfig(tmp_path / "c", ward.clinic.api, ward.namespace, user, **place)

    ended = subcommand(config, "doctor", "--pod", "web")

    (line,) = ended.stdout.splitlines()
    why = "Unauthorized (401)" if token else "127.0.0.1:1: Connection refused"
    start = "failed  api-server: cannot ask the API server for its version: "
    assert line.startswith(start + why)
    assert (ended.returncode, ended.stderr) == (5, "0 ok, 0 warning, 1 failed, 0 skipped\n")


def test_as_pod_is_about_one_pod(ward: Ward) -> None:
    ended = ward.examine("--as-pod")

    assert ended.returncode == 2
    assert "--as-pod needs --pod NAME" in ended.stderr


def test_ctrl_c_ends_it_with_a_line(ward: Ward, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        config = write_kubeconfig(tmp_path / "c", ward.clinic.api, ward.namespace, server=url)
        command = [sys.executable, "-m", "initsync", "doctor", "--context=test"]
        process = subprocess.Popen(
            [*command, f"--kubeconfig={config}"], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr
        lines = [process.stderr.readline()]  # the progress, so it waits
        process.send_signal(signal.SIGINT)
        until(lambda: process.poll() is not None, "it ends")

    lines += process.stderr.readlines()
    process.stderr.close()
    assert lines[0] == "the next check …\n"
    assert lines[-1] == "error: interrupted before the answer was complete\n"
    assert process.returncode == 130
