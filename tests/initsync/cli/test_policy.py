"""`initsync policy` as a security team meets it: what it prints, and warns of."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from initsync.kube import rbac
from initsync.words import keys
from tests.initsync.cli.policy_command import (
    ACCOUNT,
    ARN,
    FOREIGN,
    ISSUER,
    KEY,
    PLACE,
    accounts,
    pod,
    run,
)
from tests.places import ROOT

CHART = ROOT / "deploy" / "chart" / "jasm"


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


def test_kubernetes_objects_and_the_charts_values_need_no_aws() -> None:
    documents = [pod(serviceAccountName="web"), pod("/x", "x", serviceAccountName="web")]

    code, objects, said = run("-o", "kubernetes", "-", stdin=documents)
    _, values, _ = run("-o", "helm", "-", stdin=documents)

    assert (code, said) == (0, "")
    (found,) = accounts(*documents)
    assert list(yaml.safe_load_all(objects)) == list(found["kubernetes"].values())
    item = {"namespace": "shop", "serviceAccounts": ["web"], "secretNames": ["db", "x"]}
    assert yaml.safe_load(values) == {"rbac": {"namespaces": [item]}}
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(values), schema)


def test_a_pod_that_evicts_itself_may_and_the_guard_is_needed_for_it() -> None:
    annotated = pod(serviceAccountName="web")
    annotated["metadata"]["annotations"] |= {keys.ON_CHANGE: "evict", keys.MODE: "sidecar"}
    template = {"metadata": annotated["metadata"], "spec": annotated["spec"]}
    found = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    }
    documents = [found, pod("/x", "x", serviceAccountName="other")]

    _, objects, said = run("-o", "kubernetes", "-", stdin=documents)
    _, values, _ = run("-o", "helm", "-", stdin=documents)

    roles = [it for it in yaml.safe_load_all(objects) if it["kind"] == "Role"]
    assert [rbac.eviction() in it["rules"] for it in roles] == [False, True]
    assert "ServiceAccount shop/web may evict pods, and RBAC cannot say which" in said
    items = yaml.safe_load(values)["rbac"]["namespaces"]
    assert [it.get("evict") for it in items] == [None, True]
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(values), schema)


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
    documents = [
        pod(f"/{number}/{'x' * 480}", f"s{number}", serviceAccountName="web")
        for number in range(120)
    ]

    code, out, said = run(*PLACE, "-o", "json", "-", stdin=documents)

    (found,) = json.loads(out)["serviceAccounts"]
    assert code == 0
    assert len(found["aws"]["permissionsPolicies"]) == 12
    assert said == (
        "warning: ServiceAccount shop/web needs 12 policies of 6144 characters, and a role "
        "takes 10 by default\n"
    )


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


def labelled(value: str, part: str = "initContainers", **container: Any) -> Any:
    """A pod with a container that sets the managed-by label."""
    env = [{"name": "JASM_MANAGED_BY", "value": value}]
    found = pod(serviceAccountName="web")
    found["spec"][part] = [{"name": "app", "image": "app:1", "env": env, **container}]
    return found


@pytest.mark.parametrize("output", ["yaml", "json", "kubernetes", "helm", "terraform"])
def test_labels_of_entries_are_told_to_the_guard_and_warned_of(output: str) -> None:
    marked = pod("/x", "x", serviceAccountName="web")
    text = marked["metadata"]["annotations"][keys.ANNOTATION]
    more = "labels: {team: shop, cost-centre: '7'}\nannotations: {example.com/owner: me}\n"
    marked["metadata"]["annotations"][keys.ANNOTATION] = f"{text.rstrip()}\n{more}"

    code, out, warned = run(*PLACE, "-o", output, "-", stdin=[marked])

    guard = {
        "allowedLabels": ["cost-centre", "team"],
        "allowedAnnotations": ["example.com/owner"],
    }
    (found,) = accounts(marked)
    assert (code, found["kubernetes"]["guard"]) == (0, guard)
    assert "the chart's guard must allow cost-centre, team (guard.allowedLabels), which" in warned
    if output == "helm":
        assert yaml.safe_load(out)["guard"] == guard
        schema = json.loads((CHART / "values.schema.json").read_text())
        jsonschema.validate(yaml.safe_load(out), schema)


BY_HAND: list[dict[str, Any]] = [
    {"name": "jasm-init"},
    {"command": ["/usr/local/bin/jasm-init", "-v"]},
    {"volumeMounts": [{"name": "podinfo", "mountPath": f"{keys.PODINFO_DIR}/"}]},
]


@pytest.mark.parametrize("container", BY_HAND, ids=["name", "command", "mount"])
@pytest.mark.parametrize("output", ["yaml", "json", "kubernetes", "helm", "terraform"])
def test_a_label_that_a_container_by_hand_sets_is_told_to_the_guard_and_warned_of(
    container: dict[str, Any], output: str
) -> None:
    documents = [labelled("team-x", **container), pod("/x", "x", serviceAccountName="web")]

    code, out, warned = run(*PLACE, "-o", output, "-", stdin=documents)

    (found,) = accounts(*documents)
    assert code == 0
    assert found["kubernetes"]["guard"] == {"managedBy": ["team-x"]}
    assert [secret.get("managedBy") for secret in found["secrets"]] == ["team-x", None]
    assert "must know JASM_MANAGED_BY team-x (guard.managedBy), and then takes Secrets" in warned
    if output == "helm":
        assert yaml.safe_load(out)["guard"] == {"managedBy": ["team-x"]}
        schema = json.loads((CHART / "values.schema.json").read_text())
        jsonschema.validate(yaml.safe_load(out), schema)


@pytest.mark.parametrize(
    ("part", "container"),
    [
        *(("containers", container) for container in [{}, *BY_HAND]),
        ("initContainers", {}),
        ("initContainers", {"command": ["sh", "jasm-init"]}),
        ("initContainers", {"args": ["jasm-init"], "command": [["jasm-init"]]}),
    ],
)
def test_a_label_that_any_other_container_sets_is_nobodys(
    part: str, container: dict[str, Any]
) -> None:
    code, out, said = run("-o", "helm", "-", stdin=[labelled("team-x", part, **container)])

    assert (code, said) == (0, "")
    assert "guard" not in yaml.safe_load(out)


def test_a_label_that_the_injector_set_is_the_platforms() -> None:
    found = labelled("team-x", name="jasm-init")
    found["metadata"]["annotations"][keys.INJECTED] = "0.1.0"

    _, out, _ = run("-o", "helm", "-", stdin=[found])

    assert "guard" not in yaml.safe_load(out)


def test_of_a_label_that_is_set_twice_the_last_counts() -> None:
    found = labelled("team-x", name="jasm-init")
    found["spec"]["initContainers"][0]["env"].append({"name": "JASM_MANAGED_BY", "value": "y"})

    _, out, _ = run("-o", "helm", "-", stdin=[found])

    assert yaml.safe_load(out)["guard"] == {"managedBy": ["y"]}


def test_tokens_of_another_audience_are_trusted_and_asked_for() -> None:
    (found,) = accounts(pod(), options=(*PLACE, ISSUER, "--audience=sts.example"))

    trusted = found["aws"]["trustPolicy"]["Statement"][0]["Condition"]["StringEquals"]
    assert "sts.example" in trusted.values()
    annotations = found["aws"]["serviceAccountAnnotations"]
    assert annotations["eks.amazonaws.com/audience"] == "sts.example"


@pytest.mark.parametrize(
    ("name", "doubted"),
    [("app-secret", True), ("app-202401", True), ("app-aB3dEf", False), ("app", False)],
)
def test_an_arn_whose_tail_looks_like_a_part_of_its_name_is_warned_of(
    name: str, doubted: bool
) -> None:
    _, _, said = run(*PLACE, "-", stdin=[pod(ARN + name, serviceAccountName="web")])

    expected = f"warning: ServiceAccount shop/web: {ARN}{name} is taken for complete: if its last"
    assert said.startswith(expected) == doubted


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


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("rds!cluster-36d996b5", f"{ARN}rds!cluster-36d996b5-??????"),
        (f"{ARN}events!connection/x/y-AbCdEf", f"{ARN}events!connection/x/y-AbCdEf"),
        ("prod/*", f"{ARN}prod/${{*}}-??????"),
    ],
)
def test_any_name_that_aws_may_give_is_in_the_policy_and_means_itself(
    path: str, resource: str
) -> None:
    (found,) = accounts(pod(path))

    (document,) = found["aws"]["permissionsPolicies"]
    assert document["Statement"][0]["Resource"] == [resource]
    _, terraform, _ = run(*PLACE, "-o", "terraform", "-", stdin=[pod(path)])
    assert resource.replace("${", "$${") in terraform  # Terraform then leaves it to IAM


@pytest.mark.parametrize(
    "options",
    [("--prefix=team_a",), ("--region=fips-eu-west-1",), (f"{ISSUER}/~tenant:a",)],
    ids=["an underscore in a role's name", "an alias of a region", "an issuer's path"],
)
def test_what_iam_takes_is_taken(options: tuple[str, ...]) -> None:
    (found,) = accounts(pod(), options=(*PLACE, *options))

    (document,) = found["aws"]["permissionsPolicies"]
    assert document["Statement"][0]["Resource"] == [f"{ARN}/prod/db-??????"]


def test_parameters_are_read_beside_secrets_by_actions_of_their_own() -> None:
    below = pod("/prod/app/", "app")
    annotations = below["metadata"]["annotations"]
    (name,) = annotations
    annotations[name] = annotations[name].replace("aws-secretsmanager", "aws-parameter-store")

    (found,) = accounts(pod(), below)

    (document,) = found["aws"]["permissionsPolicies"]
    assert [(it["Action"], it["Resource"]) for it in document["Statement"]] == [
        ("ssm:GetParametersByPath", [f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/prod/app"]),
        ("secretsmanager:GetSecretValue", [f"{ARN}/prod/db-??????"]),
    ]


def test_a_parameter_of_another_account_is_told_how_it_is_shared() -> None:
    shared = "arn:aws:ssm:eu-west-1:999999999999:parameter/shared"
    text = f"provider: aws-parameter-store\npath: {shared}\nsecretName: db\n"
    document = pod()
    document["metadata"]["annotations"] = {keys.ANNOTATION: text}

    code, out, err = run(*PLACE, "-o", "json", "-", stdin=[document])

    assert code == 0
    assert f"{shared} is in another account, which must share it by AWS RAM" in err
    assert "resourcePolicies" not in out


def test_pods_in_mode_wait_get_nothing_and_that_is_said() -> None:
    waiting = pod(serviceAccountName="web")
    waiting["metadata"]["annotations"][keys.MODE] = keys.WAIT

    code, out, said = run("-o", "kubernetes", "-", stdin=[waiting])

    assert (code, out) == (0, "")
    assert said == (
        "note: ServiceAccount shop/web: its pods in mode wait need no rights, neither on Secrets "
        "nor in a cloud\n"
    )
