"""`initsync policy` as a security team meets it: what it prints, refuses and warns of."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from initsync import checking, keys, rbac
from initsync.cli import main

ACCOUNT = "123456789012"
ARN = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:"
FOREIGN = "arn:aws:secretsmanager:us-east-1:999999999999:secret:shared"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
PLACE = (f"--account={ACCOUNT}", "--region=eu-west-1")
ISSUER = "--oidc-issuer=https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pod(path: str = "/prod/db", name: str = "db", namespace: str = "shop", **spec: str) -> Any:
    text = f"provider: aws-secretsmanager\npath: {path}\nsecretName: {name}\n"
    return {
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": "p", "annotations": {keys.ANNOTATION: text}},
        "spec": {"containers": [], **spec},
    }


def workload(kind: str, template: Any, namespace: str = "shop") -> Any:
    spec = {"template": {name: template[name] for name in ("metadata", "spec")}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {"kind": kind, "metadata": {"namespace": namespace, "name": "w"}, "spec": spec}


def run(*arguments: str, stdin: Sequence[object] = ()) -> tuple[int, str, str]:
    text = yaml.safe_dump_all(stdin)
    result = CliRunner().invoke(main, ["policy", *arguments], input=text)
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def accounts(*documents: object, options: tuple[str, ...] = PLACE) -> list[Any]:
    code, out, _ = run(*options, "-o", "json", "-", stdin=documents)
    assert code == 0
    found: list[Any] = json.loads(out)["serviceAccounts"]
    return found


def test_every_kind_of_workload_counts_for_its_service_account() -> None:
    kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Rollout"]
    documents = [workload(kind, pod(name=kind.lower(), serviceAccountName="web")) for kind in kinds]

    (found,) = accounts(*documents, pod(name="own", serviceAccount="web"))

    assert (found["namespace"], found["serviceAccount"]) == ("shop", "web")
    names = [secret["secretName"] for secret in found["secrets"]]
    assert names == sorted([*(kind.lower() for kind in kinds), "own"])
    assert found["kubernetes"]["role"]["rules"] == rbac.rules(*names)


def test_a_pod_that_names_none_has_its_namespaces_default() -> None:
    first, second = accounts(pod(), pod(namespace="other"))

    assert [it["serviceAccount"] for it in (first, second)] == ["default", "default"]
    assert [it["namespace"] for it in (first, second)] == ["other", "shop"]


def test_all_of_it_for_one_service_account() -> None:
    (found,) = accounts(
        pod(serviceAccountName="web"), options=(*PLACE, ISSUER, f"--kms-key=/prod/db={KEY}")
    )

    role = f"arn:aws:iam::{ACCOUNT}:role/jasm_shop_web"
    aws = found["aws"]
    assert found["secrets"] == [
        {"secretName": "db", "provider": "aws-secretsmanager", "path": "/prod/db"}
    ]
    assert (aws["roleName"], aws["roleArn"]) == ("jasm_shop_web", role)
    assert aws["serviceAccountAnnotations"] == {"eks.amazonaws.com/role-arn": role}
    (trust,) = aws["trustPolicy"]["Statement"]
    assert "system:serviceaccount:shop:web" in trust["Condition"]["StringEquals"].values()
    (document,) = aws["permissionsPolicies"]
    read, decrypt = document["Statement"]
    assert (read["Resource"], decrypt["Resource"]) == ([f"{ARN}/prod/db-??????"], [KEY])
    binding = found["kubernetes"]["roleBinding"]
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    assert binding["subjects"] == [subject]
    assert binding["roleRef"]["name"] == found["kubernetes"]["role"]["metadata"]["name"]


def test_yaml_and_json_say_the_same_and_the_order_of_the_input_does_not_count() -> None:
    documents = [pod(serviceAccountName="b"), pod("/a", "a"), pod("/b", "b", "other")]

    forward, backward = (
        run(*PLACE, "-", stdin=found) for found in (documents, [*reversed(documents)])
    )

    assert forward == backward
    assert yaml.safe_load(forward[1])["serviceAccounts"] == accounts(*documents)
    for output in ("terraform", "kubernetes", "helm"):
        one, other = (
            run(*PLACE, "-o", output, "-", stdin=found)
            for found in (documents, [*reversed(documents)])
        )
        assert one == other


def test_kubernetes_objects_and_the_charts_values_need_no_aws() -> None:
    documents = [pod(serviceAccountName="web"), pod("/x", "x", serviceAccountName="web")]

    code, objects, said = run("-o", "kubernetes", "-", stdin=documents)
    _, values, _ = run("-o", "helm", "-", stdin=documents)

    assert (code, said) == (0, "")
    (found,) = accounts(*documents)
    assert list(yaml.safe_load_all(objects)) == list(found["kubernetes"].values())
    item = {"namespace": "shop", "serviceAccounts": ["web"], "secretNames": ["db", "x"]}
    assert yaml.safe_load(values) == {"rbac": {"namespaces": [item]}}


def test_the_trust_policy_is_what_was_chosen() -> None:
    def trust(*options: str) -> Any:
        (found,) = accounts(pod(serviceAccountName="web"), options=(*PLACE, *options))
        return found["aws"].get("trustPolicy", {}).get("Statement", [{}])[0].get("Principal")

    assert trust() == {"Service": "pods.eks.amazonaws.com"}
    assert trust("--cluster=prod") == {"Service": "pods.eks.amazonaws.com"}
    assert "Federated" in trust(ISSUER)
    assert trust("--trust=none") is None


def test_a_namespace_is_taken_from_the_object_then_from_the_option() -> None:
    without = pod()
    del without["metadata"]["namespace"]

    code, out, said = run("-o", "kubernetes", "-", stdin=[without])
    (found,) = accounts(without, options=(*PLACE, "-n", "shop"))

    assert (code, out) == (2, "")
    sentence = "error: <stdin>: Pod 'p' has no namespace: write it into the manifest, or give -n"
    assert said.startswith(sentence)
    assert found["namespace"] == "shop"


def test_secrets_of_other_accounts_are_told_with_what_their_owners_must_do() -> None:
    code, out, said = run(*PLACE, "-o", "json", "-", stdin=[pod(FOREIGN, serviceAccountName="web")])

    (found,) = json.loads(out)["serviceAccounts"]
    assert code == 0
    assert found["aws"]["permissionsPolicies"][0]["Statement"][0]["Resource"] == [
        f"{FOREIGN}-??????"
    ]
    (policy,) = found["aws"]["resourcePolicies"].values()
    assert policy["Statement"][0]["Principal"] == {"AWS": found["aws"]["roleArn"]}
    assert said == (
        f"warning: ServiceAccount shop/web: {FOREIGN}-?????? is in another account, which must "
        "share it (resourcePolicies); its KMS key, too: name that by --kms-key\n"
    )


def test_more_policies_than_a_role_takes_are_warned_of() -> None:
    documents = [pod(f"/{number}/{'x' * 480}", f"s{number}") for number in range(120)]

    code, out, said = run(*PLACE, "-o", "json", "-", stdin=documents)

    (found,) = json.loads(out)["serviceAccounts"]
    assert code == 0
    assert len(found["aws"]["permissionsPolicies"]) == 12
    assert said == (
        "warning: ServiceAccount shop/default needs 12 policies of 6144 characters, and a role "
        "takes 10 by default\n"
    )


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
        ((*PLACE, "--prefix=a b", "-"), "must be 1 to 32 letters"),
        ((*PLACE, "--context=x", "-"), "--context and --kubeconfig are for a namespace without"),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_code_2(options: tuple[str, ...], sentence: str) -> None:
    code, out, said = run(*options, stdin=[pod()])

    assert (code, out) == (2, "")
    assert sentence in said


def test_full_arns_need_no_region_and_have_their_own_partition() -> None:
    path = f"arn:aws-cn:secretsmanager:cn-north-1:{ACCOUNT}:secret:x"

    (found,) = accounts(pod(path), options=(f"--account={ACCOUNT}",))

    assert found["aws"]["roleArn"] == f"arn:aws-cn:iam::{ACCOUNT}:role/jasm_shop_default"


def test_a_long_name_is_cut_so_that_iam_takes_it_and_stays_its_own() -> None:
    first, second = accounts(
        *(pod(serviceAccountName=f"{'a' * 100}-{end}") for end in ("one", "two"))
    )

    names = {first["aws"]["roleName"], second["aws"]["roleName"]}
    assert {len(name) for name in names} == {64}
    assert len(names) == 2


def test_ctrl_c_ends_it_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "_bounded", interrupted)

    code, out, said = run(*PLACE, "-")

    assert (code, out, said) == (130, "", "error: interrupted before the answer was complete\n")
