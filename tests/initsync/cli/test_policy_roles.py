"""`initsync policy` of entries with a role of another account, or a second region: both sides."""

import json
from typing import Any

import hcl2
import pytest

from initsync.words import keys
from tests.initsync.cli.policy_command import ACCOUNT, ARN, ISSUER, KEY, PLACE, accounts, pod, run

READER = "arn:aws:iam::222222222222:role/reader"
OWN = f"arn:aws:iam::{ACCOUNT}:role/jasm_shop_web"
THERE = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:"
SECOND = ARN.replace("eu-west-1", "eu-central-1")


def entry(path: str, name: str, *more: str, provider: str = "aws-secretsmanager") -> str:
    fields = "".join(f"\n  {it}" for it in (f"path: {path}", f"secretName: {name}", *more))
    return f"- provider: {provider}{fields}\n"


def document(*entries: str) -> Any:
    found = pod(serviceAccountName="web")
    text = "secrets:\n" + "".join(entries)
    found["metadata"]["annotations"] = {keys.ANNOTATION: text}
    return found


def allowed(policies: list[Any]) -> list[tuple[Any, list[str]]]:
    return [(it["Action"], it["Resource"]) for one in policies for it in one["Statement"]]


BOTH = document(
    entry("/prod/own", "own"),
    entry("/prod/db", "db", f"role: {READER}", "externalId: shop-1"),
    entry(
        "/prod/app/", "app", f"role: {READER}", "externalId: shop-1", provider="aws-parameter-store"
    ),
)


def test_both_sides_of_a_role_are_printed() -> None:
    (found,) = accounts(BOTH, options=(*PLACE, ISSUER))

    aws = found["aws"]
    assert allowed(aws["permissionsPolicies"]) == [
        ("secretsmanager:GetSecretValue", [f"{ARN}/prod/own-??????"]),
        (["sts:AssumeRole"], [READER]),
    ]
    assert list(aws["assumedRoles"]) == [READER]
    assert allowed(aws["assumedRoles"][READER]["permissionsPolicies"]) == [
        ("ssm:GetParametersByPath", ["arn:aws:ssm:eu-west-1:222222222222:parameter/prod/app"]),
        ("secretsmanager:GetSecretValue", [f"{THERE}/prod/db-??????"]),
    ]
    assert aws["assumedRoles"][READER]["trustPolicyStatement"] == {
        "Effect": "Allow",
        "Principal": {"AWS": OWN},
        "Action": ["sts:AssumeRole"],
        "Condition": {"StringEquals": {"sts:ExternalId": ["shop-1"]}},
    }


def test_pod_identitys_session_tags_need_a_permission_of_their_own() -> None:
    (found,) = accounts(BOTH)

    both = ["sts:AssumeRole", "sts:TagSession"]
    assert allowed(found["aws"]["permissionsPolicies"])[-1] == (both, [READER])
    assert found["aws"]["assumedRoles"][READER]["trustPolicyStatement"]["Action"] == both


def test_where_the_pods_own_role_is_not_known_its_name_is_the_owners_to_add() -> None:
    code, out, err = run(*PLACE, "--trust=none", "-o", "json", "-", stdin=[BOTH])

    assert code == 0
    (found,) = json.loads(out)["serviceAccounts"]
    assert "trustPolicyStatement" not in found["aws"]["assumedRoles"][READER]
    assert (
        f"{READER} must be allowed what it reads (assumedRoles), and its trust policy must " in err
    )
    assert "name the pods' own role" in err


def test_an_entry_without_external_id_takes_the_condition_away() -> None:
    (found,) = accounts(
        document(
            entry("/a", "a", f"role: {READER}", "externalId: shop-1"),
            entry("/b", "b", f"role: {READER}"),
        )
    )

    assert "Condition" not in found["aws"]["assumedRoles"][READER]["trustPolicyStatement"]


def test_a_secret_of_the_roles_own_account_is_no_foreign_one() -> None:
    code, _, err = run(
        *PLACE, "-o", "json", "-", stdin=[document(entry(f"{THERE}x", "x", f"role: {READER}"))]
    )

    assert code == 0
    assert "which must share it" not in err


def test_a_role_of_vault_is_none_of_awss() -> None:
    text = entry("secret/db", "db", "role: app", provider="vault")

    code, out, _ = run("-o", "helm", "-", stdin=[document(text)])

    assert code == 0
    assert READER not in out


def test_terraform_has_the_other_side_as_an_output() -> None:
    code, out, _ = run(*PLACE, "-o", "terraform", "-", stdin=[BOTH])

    assert code == 0
    outputs = {name: it for one in hcl2.loads(out)["output"] for name, it in one.items()}
    (other,) = (it for name, it in outputs.items() if "assumed_roles" in name)
    assert READER in json.dumps(other["value"])
    assert "sts:ExternalId" in out


@pytest.mark.parametrize("given", ["entry", "platform"])
def test_a_second_region_is_read_in_too(given: str) -> None:
    far = f"{ARN}/prod/far-abCD12"
    more = ["failoverRegion: eu-central-1"] if given == "entry" else []
    options = PLACE if more else (*PLACE, "--env=JASM_AWS_FAILOVER_REGION=eu-central-1")

    (found,) = accounts(
        document(entry("/prod/db", "db", *more), entry(far, "far", *more)), options=options
    )

    (statement,) = found["aws"]["permissionsPolicies"][0]["Statement"]
    assert statement["Resource"] == sorted(
        [
            *(f"{ARN}/prod/db-??????", f"{SECOND}/prod/db-??????"),
            *(far, far.replace("eu-west-1", "eu-central-1")),
        ]
    )


def test_a_key_is_named_once_for_both_regions() -> None:
    found = document(entry("/prod/db", "db", "failoverRegion: eu-central-1"))

    (account,) = accounts(found, options=(*PLACE, f"--kms-key=/prod/db={KEY}"))

    names = [it["Sid"] for it in account["aws"]["permissionsPolicies"][0]["Statement"]]
    assert names == ["ReadSecrets", "DecryptSecretsInEuWest1"]
