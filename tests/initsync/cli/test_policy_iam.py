"""What `initsync policy` prints for IAM: roles, whom they trust, and what they may read."""

import json
from typing import Any

import pytest

from initsync.words import keys
from tests.initsync.cli.policy_command import (
    ACCOUNT,
    ARN,
    FOREIGN,
    ISSUER,
    PLACE,
    accounts,
    pod,
    run,
)


def test_the_trust_policy_is_what_was_chosen() -> None:
    def trust(*options: str) -> Any:
        (found,) = accounts(pod(serviceAccountName="web"), options=(*PLACE, *options))
        return found["aws"].get("trustPolicy", {}).get("Statement", [{}])[0].get("Principal")

    assert trust() == {"Service": "pods.eks.amazonaws.com"}
    assert trust("--cluster=prod") == {"Service": "pods.eks.amazonaws.com"}
    assert "Federated" in trust(ISSUER)
    assert trust("--trust=none") is None


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
