"""`initsync policy` as a security team meets it: whose rights it prints, and in which forms."""

from typing import Any

import yaml

from initsync.kube import rbac
from initsync.words import keys
from tests.initsync.cli.policy_command import ACCOUNT, ARN, ISSUER, KEY, PLACE, accounts, pod, run


def workload(kind: str, template: Any, namespace: str = "shop") -> Any:
    spec = {"template": {name: template[name] for name in ("metadata", "spec")}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {"kind": kind, "metadata": {"namespace": namespace, "name": "w"}, "spec": spec}


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


def test_a_namespace_is_taken_from_the_object_then_from_the_option() -> None:
    without = pod()
    del without["metadata"]["namespace"]

    code, out, said = run("-o", "kubernetes", "-", stdin=[without])
    (found,) = accounts(without, options=(*PLACE, "-n", "shop"))

    assert (code, out) == (2, "")
    sentence = "error: <stdin>: Pod 'p' has no namespace: write it into the manifest, or give -n"
    assert said.startswith(sentence)
    assert found["namespace"] == "shop"


def test_a_role_of_the_default_account_can_have_another_name_lest_two_runs_replace_it() -> None:
    def names(*options: str) -> tuple[list[str], str]:
        code, out, said = run("-o", "kubernetes", *options, "-", stdin=[pod()])
        assert code == 0
        return [it["metadata"]["name"] for it in yaml.safe_load_all(out)], said

    own, warned = names()
    other, silent = names("--role-prefix=shop-chart")

    assert (own, other) == (["jasm-secrets-default"] * 2, ["shop-chart-default"] * 2)
    assert warned.startswith("warning: ServiceAccount shop/default is that of all pods which name")
    assert silent == ""


def test_pods_in_mode_wait_get_nothing_and_that_is_said() -> None:
    waiting = pod(serviceAccountName="web")
    waiting["metadata"]["annotations"][keys.MODE] = keys.WAIT

    code, out, said = run("-o", "kubernetes", "-", stdin=[waiting])

    assert (code, out) == (0, "")
    assert said == (
        "note: ServiceAccount shop/web: its pods in mode wait need no rights, neither on Secrets "
        "nor in a cloud\n"
    )
