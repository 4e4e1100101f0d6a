"""The pages for platform teams: their examples are what AWS, Helm, Terraform and JASM take."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
import hcl2
import pytest
import yaml
from jsonschema import Draft7Validator
from moto import mock_aws

from initsync import providers
from initsync.kube import rbac
from initsync.manifests import check
from initsync.providers.aws import endpoints, paths
from initsync.words import keys
from tests.docs_blocks import DOCS, blocks, manifests, marked

ROOT = DOCS.parent


CHART = ROOT / "deploy/chart/jasm"
GUIDES = ("eks", "multi-tenancy", "private-clusters", "migration")
EVERY = sorted(page.stem for page in DOCS.glob("*.md"))


def policies(page: str) -> list[Any]:
    return [json.loads(text) for text in blocks(page, "json")]


def the_policies() -> tuple[Any, Any, Any]:
    """What the role may do; who may be it, by IRSA; and by Pod Identity."""
    permissions, irsa, pod_identity = policies("eks")
    return permissions, irsa, pod_identity


@mock_aws
def test_iam_takes_the_policies() -> None:
    permissions, *trusts = the_policies()
    iam: Any = boto3.client("iam", region_name="eu-central-1")

    for number, trust in enumerate(trusts):
        name = f"app-{number}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(
            RoleName=name, PolicyName="read-secret", PolicyDocument=json.dumps(permissions)
        )
        assert iam.get_role_policy(RoleName=name, PolicyName="read-secret")["PolicyDocument"]


def test_a_role_may_read_one_secret_and_only_one_service_account_may_be_it() -> None:
    permissions, irsa, pod_identity = the_policies()

    read, decrypt = permissions["Statement"]
    assert read["Resource"].endswith(":secret:/prod/shop/db-??????")
    assert paths.is_arn(read["Resource"].replace("?", "a"))
    assert {read["Action"], decrypt["Action"]} == {"secretsmanager:GetSecretValue", "kms:Decrypt"}
    said = irsa["Statement"][0]["Condition"]["StringEquals"].values()
    assert set(said) == {"sts.amazonaws.com", "system:serviceaccount:shop:app"}
    assert list(pod_identity["Statement"][0]["Condition"]["StringEquals"].values()) == [
        "shop",
        "app",
    ]


def test_eksctl_is_given_the_same_policy() -> None:
    (irsa,), (pod_identity,) = (marked("eks", mark) for mark in ("IRSA", "Pod Identity"))
    account = yaml.safe_load(irsa)["iam"]["serviceAccounts"][0]
    association = yaml.safe_load(pod_identity)["iam"]["podIdentityAssociations"][0]

    permissions, *_ = the_policies()
    assert account["attachPolicy"] == association["permissionPolicy"] == permissions
    assert account["metadata"] == {"name": "app", "namespace": "shop"}
    assert (association["namespace"], association["serviceAccountName"]) == ("shop", "app")
    assert account["roleName"] == association["roleName"] == "shop-app"


# What stands for what in the Terraform example.
REFERENCES = {
    "data.aws_secretsmanager_secret.db.arn": "ReadTheSecret",
    "data.aws_secretsmanager_secret.db.kms_key_id": "DecryptIt",
    "data.aws_iam_openid_connect_provider.main.arn": "Federated",
}


def terraform(mark: str) -> Any:
    (text,) = marked("eks", mark, "terraform")
    return hcl2.loads(text)


def documents(mark: str) -> Iterator[Any]:
    """The IAM statements of a Terraform example, as IAM has them."""
    for data in terraform(mark)["data"]:
        for document in data.get('"aws_iam_policy_document"', {}).values():
            yield from document["statement"]


def plain(texts: list[str]) -> Any:
    found = [text.strip('"') for text in texts]
    return found[0] if len(found) == 1 else found


@pytest.mark.parametrize(
    ("mark", "number"), [("permissions, for both", 0), ("IRSA", 1), ("Pod Identity", 2)]
)
def test_terraform_makes_the_same_policies(mark: str, number: int) -> None:
    wanted = the_policies()[number]["Statement"]
    made = list(documents(mark))

    assert [plain(one["actions"]) for one in made] == [one["Action"] for one in wanted]
    for one, other in zip(made, wanted, strict=True):
        values = [plain(condition["values"]) for condition in one.get("condition", [])]
        assert values == list(other.get("Condition", {}).get("StringEquals", {}).values())
        for reference in one.get("resources", []):
            assert REFERENCES[reference.strip("${}")] == other["Sid"]
        for principal in one.get("principals", []):
            (kind,) = other["Principal"]
            assert principal["type"].strip('"') == kind


def test_the_example_of_a_tenant_has_the_roles_that_a_sync_needs() -> None:
    for page in ("eks", "multi-tenancy"):
        (role,) = (one for one in manifests(page) if one["kind"] == "Role")
        names = role["rules"][0]["resourceNames"]

        assert role["rules"] == rbac.rules(*names)
        (binding,) = (one for one in manifests(page) if one["kind"] == "RoleBinding")
        assert binding["roleRef"]["name"] == role["metadata"]["name"]


@pytest.mark.parametrize("page", GUIDES)
def test_every_annotation_is_valid(page: str) -> None:
    texts = [text for text in blocks(page, "yaml") if keys.ANNOTATION in text]

    found = [finding for text in texts for finding in check.findings(text, providers)]

    assert set(found) <= {None}
    assert len(found) == len(texts)


def chart_values() -> Iterator[Any]:
    for page in EVERY:
        for number, text in enumerate(marked(page, "values of the chart")):
            yield pytest.param(text, id=f"{page}-{number}")


@pytest.mark.parametrize("text", list(chart_values()))
def test_the_chart_takes_the_values(text: str) -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())

    assert [it.message for it in Draft7Validator(schema).iter_errors(yaml.safe_load(text))] == []
    assert yaml.safe_load(text).keys() <= defaults.keys()


def test_the_hosts_are_those_that_are_asked() -> None:
    page = (DOCS / "private-clusters.md").read_text()
    rows = re.findall(
        r"^\| `([\w-]+)`(?:, `(\w+)=true`)? \| `(\S+)` \| `(\S+)` \|$", page, re.MULTILINE
    )

    assert len(rows) == 5
    for region, variable, *hosts in rows:
        env = {variable: "true"} if variable else {}
        asked = [endpoints.base_url(name, region, env) for name in ("secretsmanager", "sts")]
        assert asked == [f"https://{host}" for host in hosts]


def test_the_endpoints_policy_allows_what_a_sync_calls() -> None:
    (policy,) = policies("private-clusters")

    assert policy["Statement"][0]["Action"] == "secretsmanager:GetSecretValue"


def test_the_page_of_releases_names_the_jobs_that_there_are() -> None:
    page = (DOCS / "releasing.md").read_text()
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())

    table = re.findall(r"^   \| (\w+) \| ", page, re.MULTILINE)[1:]
    assert table == list(workflow["jobs"])
    text = (ROOT / ".github/workflows/release.yml").read_text()
    used = set(re.findall(r"(?:vars|secrets)\.(\w+)", text))
    assert {name for name in used if f"`{name}`" not in page} == set()
    assert "/.github/workflows/release.yml@refs/tags/v" in page


@pytest.mark.parametrize("page", [page for page in EVERY if blocks(page, "sh")])
def test_every_command_is_shell(page: str) -> None:
    for text in blocks(page, "sh"):
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_each_guide_can_be_reached_from_another_page() -> None:
    linked = {
        (page.stem, link)
        for page in DOCS.glob("*.md")
        for link in re.findall(r"\]\((?:[\w./-]*/)?([\w-]+)\.md", page.read_text())
    }

    found = {link for page, link in linked if page != link}
    assert {*GUIDES, "comparison", "releasing", "licences"} <= found
