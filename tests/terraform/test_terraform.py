"""The Terraform of `initsync policy`, read by HCL's own parser, formatter and evaluation."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initsync.permissions import hcl, terraform
from initsync.permissions.cloudroles import CloudRole, Trust, cloud_role
from initsync.permissions.grants import grants
from initsync.permissions.hcl import Block, Call
from initsync.permissions.iam import AwsScope
from initsync.permissions.requested import RequestedSecret
from tests import programs

PLACE = AwsScope("123456789012", "eu-west-1", {"": "arn:aws:kms:eu-west-1:123456789012:key/1"})
POD_IDENTITY = Trust("pod-identity", cluster="prod")
IRSA = Trust("irsa", issuer="oidc.eks.eu-west-1.amazonaws.com/id/ABC")


@pytest.fixture(scope="session")
def program() -> Path:
    return programs.of(programs.HCL)


def read(program: Path, text: str) -> Any:
    """The blocks. Fails where the text is no HCL, or not as `terraform fmt` leaves it."""
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["formatted"], text
    return answer["blocks"]


FOREIGN = "arn:aws:secretsmanager:us-east-1:999999999999:secret:shared-abCdE1"


def roles(trust: Trust, *secrets: tuple[str, str, str]) -> list[CloudRole]:
    every = [
        RequestedSecret("shop", account, secret, "aws-secretsmanager", path)
        for account, secret, path in secrets
    ]
    return [cloud_role(grant, PLACE, trust, "jasm") for grant in grants(every)]


def resources(blocks: Any, kind: str) -> list[Any]:
    assert {block["kind"] for block in blocks} <= {"resource", "output"}
    return [block for block in blocks if block["labels"][0] == kind]


def outputs(blocks: Any) -> dict[str, Any]:
    return {block["labels"][0]: block["body"] for block in blocks if block["kind"] == "output"}


@pytest.mark.parametrize("trust", [POD_IDENTITY, IRSA, Trust("none")])
def test_it_makes_the_very_documents_that_the_other_formats_show(
    program: Path, trust: Trust
) -> None:
    every = roles(trust, ("web", "db", "/prod/db"), ("a.b", "x", "/prod/x"))

    blocks = read(program, terraform.text(every, trust))

    made = [json.loads(it["body"]["policy"]) for it in resources(blocks, "aws_iam_policy")]
    assert made == [policy for role in every for policy in role.policies]
    trusted = resources(blocks, "aws_iam_role")
    expected = [role.trust for role in every if role.trust]
    assert [json.loads(it["body"]["assume_role_policy"]) for it in trusted] == expected
    attached = resources(blocks, "aws_iam_role_policy_attachment")
    assert len(attached) == len(trusted)


def test_the_role_in_kubernetes_is_the_one_that_kubectl_would_apply(program: Path) -> None:
    every = roles(POD_IDENTITY, ("web", "db", "/prod/db"))
    role, binding = every[0].grant.objects()

    blocks = read(program, terraform.text(every, POD_IDENTITY))

    (made,) = resources(blocks, "kubernetes_role_v1")
    metadata, *rules = made["blocks"]
    assert metadata["body"] == role["metadata"]
    names = {"api_groups": "apiGroups", "resource_names": "resourceNames"}
    said = [{names.get(name, name): value for name, value in it["body"].items()} for it in rules]
    assert said == role["rules"]
    (bound,) = resources(blocks, "kubernetes_role_binding_v1")
    _, reference, subject = (it["body"] for it in bound["blocks"])
    assert reference["name"] == "${kubernetes_role_v1.jasm_shop_web.metadata[0].name}"
    assert subject == binding["subjects"][0]


def test_a_named_cluster_has_the_association(program: Path) -> None:
    every = roles(POD_IDENTITY, ("web", "db", "/prod/db"))

    blocks = read(program, terraform.text(every, POD_IDENTITY))

    (made,) = resources(blocks, "aws_eks_pod_identity_association")
    assert made["body"] == {
        "cluster_name": "prod",
        "namespace": "shop",
        "service_account": "web",
        "role_arn": "${aws_iam_role.jasm_shop_web.arn}",
    }


def test_irsa_has_the_annotations_of_the_service_account_as_an_output(program: Path) -> None:
    trust = IRSA._replace(audience="mine")

    blocks = read(program, terraform.text(roles(trust, ("web", "db", "/prod/db")), trust))

    (told,) = outputs(blocks).items()
    assert told == (
        "jasm_shop_web_annotations",
        {
            "description": "Annotations of ServiceAccount shop/web",
            "value": {
                "eks.amazonaws.com/role-arn": "${aws_iam_role.jasm_shop_web.arn}",
                "eks.amazonaws.com/audience": "mine",
            },
        },
    )


def test_without_a_cluster_the_role_of_the_association_is_an_output(program: Path) -> None:
    trust = Trust("pod-identity")

    blocks = read(program, terraform.text(roles(trust, ("web", "db", "/prod/db")), trust))

    assert outputs(blocks)["jasm_shop_web_role_arn"]["value"] == "${aws_iam_role.jasm_shop_web.arn}"
    assert resources(blocks, "aws_eks_pod_identity_association") == []


def test_what_owners_of_secrets_elsewhere_must_add_is_an_output(program: Path) -> None:
    every = roles(POD_IDENTITY, ("web", "db", FOREIGN))

    blocks = read(program, terraform.text(every, POD_IDENTITY))

    value = outputs(blocks)["jasm_shop_web_resource_policies"]["value"]
    assert {arn: json.loads(document) for arn, document in value.items()} == every[0].shared


def test_the_second_policy_of_one_is_not_the_first_of_another(program: Path) -> None:
    many = [("web", f"s{number}", f"/prod/{number}/{'x' * 480}") for number in range(20)]
    every = roles(POD_IDENTITY, *many, ("web-2", "x", "/x"), ("web.2", "x", "/x"))

    blocks = read(program, terraform.text(every, POD_IDENTITY))

    addresses = [".".join(block["labels"]) for block in blocks]
    named = [it["body"]["name"] for it in resources(blocks, "aws_iam_policy")]
    assert len(set(addresses)) == len(addresses)
    assert len(set(named)) == len(named) == 4


def test_no_two_resources_have_one_address_and_every_reference_has_its_resource(
    program: Path,
) -> None:
    many = [("web", f"s{number}", f"/prod/{number}/{'x' * 300}") for number in range(40)]
    every = roles(POD_IDENTITY, *many, ("a.b", "x", "/x"), ("a-b", "x", "/x"))

    text = terraform.text(every, POD_IDENTITY)
    blocks = read(program, text)

    addresses = [".".join(block["labels"]) for block in blocks]
    assert len(set(addresses)) == len(addresses)
    used = {
        ".".join(value.removeprefix("${").split(".")[:2])
        for block in blocks
        for value in block["body"].values()
        if isinstance(value, str) and value.startswith("${")
    }
    assert len(resources(blocks, "aws_iam_policy")) > len(every)
    assert used <= set(addresses)


ASCII = st.characters(max_codepoint=127)


@settings(deadline=None)
@given(
    st.recursive(
        st.text(ASCII, max_size=30) | st.sampled_from(["${x}", "%{if}", "$${", '"\\\n', "${", "$"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(ASCII, min_size=1, max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_text_comes_out_as_it_went_in(value: Any) -> None:
    program = programs.of(programs.HCL)  # hypothesis has no function-scoped fixtures
    text = hcl.block(Block("resource", ("a", "b"), {"it": Call("jsonencode", {"v": value})})) + "\n"

    (block,) = read(program, text)

    assert json.loads(block["body"]["it"]) == {"v": value}


def test_what_vault_must_allow_is_laid_out_as_terraform_does(program: Path) -> None:
    odd = 'secret/ö "+${a}/x'
    secrets = [RequestedSecret("shop", "web", "db", "vault", path) for path in ("secret/db", odd)]
    every = [cloud_role(grant, PLACE, POD_IDENTITY, "jasm") for grant in grants(secrets)]

    blocks = read(program, terraform.text(every, POD_IDENTITY))

    (policy,) = resources(blocks, "vault_policy")
    paths = json.loads(policy["body"]["policy"])["path"]
    assert list(paths) == ["secret/data/db", 'secret/data/ö "+${a}/x']
    (role,) = resources(blocks, "vault_kubernetes_auth_backend_role")
    assert role["body"]["token_ttl"] == 300


@pytest.mark.parametrize("trust", [POD_IDENTITY, IRSA, Trust("none")])
def test_the_other_side_of_a_role_is_an_output_of_the_very_documents(
    program: Path, trust: Trust
) -> None:
    reader = "arn:aws:iam::222222222222:role/reader"
    options = (("externalId", "shop-1"), ("role", reader))
    secret = RequestedSecret("shop", "web", "db", "aws-secretsmanager", "/prod/db", "", options)
    (role,) = (cloud_role(grant, PLACE, trust, "jasm") for grant in grants([secret]))

    told = outputs(read(program, terraform.text([role], trust)))["jasm_shop_web_assumed_roles"]

    (found,) = role.assumed
    (given,) = told["value"].values()
    assert list(told["value"]) == [reader]
    assert list(map(json.loads, given["policies"])) == list(found.policies)
    said = json.loads(given["trust_policy_statement"]) if trust.kind != "none" else None
    assert said == found.trust
