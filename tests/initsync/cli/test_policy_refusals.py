"""What `initsync policy` refuses: with a sentence, an exit code, and nothing printed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.manifests import files
from tests.initsync.cli.policy_command import ACCOUNT, ISSUER, KEY, PLACE, pod, run


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_invalid_annotation_is_told_as_check_does_and_nothing_is_printed() -> None:
    Path("good.yaml").write_text(yaml.safe_dump(pod()))
    Path("bad.yaml").write_text(yaml.safe_dump(pod(name="B")))

    code, out, said = run(*PLACE, "good.yaml", "bad.yaml")

    checked = CliRunner().invoke(main, ["check", "bad.yaml"])
    assert (code, out, said) == (3, "", checked.stdout)


def test_an_unreadable_file_is_told_and_nothing_is_printed() -> None:
    Path("good.yaml").write_text(yaml.safe_dump(pod()))

    code, out, said = run(*PLACE, "good.yaml", "none.yaml")

    assert (code, out) == (2, "")
    assert said.startswith("error: none.yaml: cannot be read (No such file or directory)")


def test_a_name_that_is_none_becomes_no_program() -> None:
    code, out, said = run(
        *PLACE, "-o", "terraform", "-", stdin=[pod(serviceAccountName='x" }\nevil')]
    )

    assert (code, out) == (2, "")
    assert "serviceAccountName of Pod 'p' is 'x\" }\\nevil': it must be a DNS-1123" in said


@pytest.mark.parametrize("output", ["yaml", "json", "kubernetes", "helm", "terraform"])
@pytest.mark.parametrize("owner", ["Helm", "argocd", "flux-operator", "kustomize-v5.2.1"])
def test_a_label_by_which_others_mark_what_they_make_is_refused(owner: str, output: str) -> None:
    """With it in the chart's guard a stolen pod token may overwrite whatever Helm installed."""
    env = [{"name": "JASM_MANAGED_BY", "value": owner}]
    by_hand = pod(initContainers=[{"name": "jasm-init", "env": env}])

    code, out, said = run(*PLACE, "-o", output, "-", stdin=[by_hand])

    assert code == 2
    assert "managedBy" not in out
    assert said.startswith(
        f"error: <stdin>: Pod 'p': JASM_MANAGED_BY is '{owner}': other programs mark what they"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"serviceAccountName": 1234}, "serviceAccountName of Pod 'p' is 1234, which is no string"),
        ({"serviceAccount": True}, "serviceAccount of Pod 'p' is true, which is no string"),
    ],
)
def test_a_service_account_that_is_no_string_is_nobodys(
    change: dict[str, Any], sentence: str
) -> None:
    code, out, said = run(*PLACE, "-", stdin=[pod(**change)])

    assert (code, out) == (2, "")
    assert f"error: <stdin>: {sentence} to YAML: put it in quotes" in said


@pytest.mark.parametrize(
    ("namespace", "sentence"),
    [
        (123, "namespace of Pod 'p' is 123, which is no string to YAML: put it in quotes"),
        ("a.b", "namespace of Pod 'p' is 'a.b': it must be a DNS-1123 label"),
    ],
)
def test_a_namespace_that_is_none_is_not_taken_from_the_option(
    namespace: Any, sentence: str
) -> None:
    code, out, said = run(*PLACE, "-n", "shop", "-", stdin=[pod(namespace=namespace)])

    assert (code, out) == (2, "")
    assert sentence in said


def test_secrets_of_another_partition_are_nobodys_to_share() -> None:
    path = f"arn:aws-cn:secretsmanager:cn-north-1:{ACCOUNT}:secret:x"

    code, out, said = run(*PLACE, "-", stdin=[pod(path)])

    assert (code, out) == (2, "")
    assert f"{path} is in AWS's partition aws-cn, the role in aws: no role crosses" in said


def test_as_json_what_is_invalid_is_json_too() -> None:
    code, out, said = run(*PLACE, "-o", "json", "-", stdin=[pod(name="B"), pod(name="C")])

    told = json.loads(out)
    assert (code, told["error"], told["exitCode"]) == (3, "InvalidAnnotation", 3)
    assert told["problems"] == said.splitlines()
    assert len(told["problems"]) == 2


def test_manifests_that_ask_for_nothing_need_nothing() -> None:
    code, out, said = run(*PLACE, "-", stdin=[{"kind": "ConfigMap", "metadata": {"name": "a"}}])

    assert (code, yaml.safe_load(out)) == (0, {"serviceAccounts": []})
    assert said == "warning: no pod asks for a secret\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "name files of manifests, or a namespace: -n NAMESPACE"),
        (("-",), "policies of AWS need --account; -o kubernetes and helm do not"),
        (("--account=1", "-"), "must be an AWS account's twelve digits"),
        (("--account=12345678901a", "-"), "must be an AWS account's twelve digits"),
        ((*PLACE, "--region=eu west", "-"), "must be an AWS region"),
        ((*PLACE, "--trust=irsa", "-"), "--trust irsa and --oidc-issuer belong together"),
        ((*PLACE, "--trust=none", ISSUER, "-"), "--trust irsa and --oidc-issuer belong together"),
        ((*PLACE, "--oidc-issuer=a b", "-"), "must be a URL"),
        ((*PLACE, ISSUER, "--cluster=x", "-"), "--cluster is for --trust pod-identity"),
        ((*PLACE, "--kms-key=alias/x", "-"), "must be a key's ARN"),
        ((*PLACE, f"--kms-key={KEY}", f"--kms-key={KEY}", "-"), "names two keys for every secret"),
        ((*PLACE, f"--kms-key=/other={KEY}", "-"), f"--kms-key /other={KEY} is no secret's"),
        ((*PLACE, f"--kms-key={KEY.replace('eu', 'us')}", "-"), "is no secret's"),
        ((f"--account={ACCOUNT}", "-"), "/prod/db is a name without a region"),
        ((*PLACE, f"--kms-key=/prod/db={KEY.replace('eu', 'us')}", "-"), "is not of eu-west-1"),
        ((*PLACE, "--audience=x", "-"), "--audience is for --trust irsa"),
        ((*PLACE, ISSUER, "--audience=a b", "-"), "must be 1 to 255 characters"),
        ((*PLACE, "--role-prefix=A", "-"), "must be a DNS-1123 subdomain"),
        ((*PLACE, "-n", "a.b", "-"), "must be a DNS-1123 label"),
        ((*PLACE, "--prefix=a b", "-"), "must be 1 to 32 letters"),
        ((*PLACE, "--context=x", "-"), "--context and --kubeconfig are for a namespace without"),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_code_2(options: tuple[str, ...], sentence: str) -> None:
    code, out, said = run(*options, stdin=[pod()])

    assert (code, out) == (2, "")
    assert sentence in said


def test_a_name_that_no_policy_can_hold_is_told() -> None:
    code, out, said = run(*PLACE, "-", stdin=[pod("prod/\U0001f511")])

    assert (code, out) == (2, "")
    assert r"no policy of IAM can name 'prod/\U0001f511'" in said


def test_ctrl_c_ends_it_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_bounded", interrupted)

    code, out, said = run(*PLACE, "-")

    assert (code, out, said) == (130, "", "error: interrupted before the answer was complete\n")
