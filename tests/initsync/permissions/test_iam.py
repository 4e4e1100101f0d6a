"""What IAM is asked for is what a sync needs: for every name, region and number of secrets."""

import json
import re
import string

import boto3
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from initsync.permissions import iam
from initsync.permissions.iam import AwsScope
from initsync.words.errors import InvalidSetup

ACCOUNT = "123456789012"
PLACE = AwsScope(ACCOUNT, "eu-west-1")
ROOT = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/mrk-0123"
FAR_KEY = "arn:aws:kms:us-east-1:999999999999:key/0123-4567"

# Of what a policy may hold; AWS gives no name its wildcards and variables, and might.
NAMES = st.text(
    string.ascii_letters + string.digits + "/_+=.@-!*?${} \xfc", min_size=1, max_size=20
)
TAILS = st.text(string.ascii_letters + string.digits, min_size=6, max_size=6)
# Names that could be taken for each other: one and the same start, with and without what may be
# a tail of Secrets Manager's.
ALIKE = st.builds("{}{}".format, st.sampled_from(["prod/db", "db"]), st.sampled_from(
    ["", "-abcdef", "-abcdef-abcdef", "-abcdeF", "-abcde", "-", "-prod/x", "/abcdef", "x-abcdef"]
))  # fmt: skip


def fits(pattern: str, arn: str) -> bool:
    """As IAM compares a Resource.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
    reference_policies_variables.html#policy-vars-specialchars there: `${*}` is an asterisk.
    """
    wild = {"*": ".*", "?": "."}
    signs = re.findall(r"\$\{[*?$]\}|.", pattern, re.DOTALL)
    parts = (wild.get(sign) or re.escape(sign[2] if len(sign) > 1 else sign) for sign in signs)
    return re.fullmatch("".join(parts), arn, re.DOTALL) is not None


@given(NAMES | ALIKE, NAMES | ALIKE, TAILS)
def test_a_name_allows_the_secret_of_that_name_and_no_other(
    name: str, other: str, tail: str
) -> None:
    pattern = iam.secret(name, PLACE)

    assert fits(pattern, f"{ROOT}{name}-{tail}")
    assert fits(pattern, f"{ROOT}{other}-{tail}") == (name == other)


@given(NAMES | ALIKE, TAILS, st.sampled_from(["us-east-1", "eu-west-2"]))
def test_it_allows_the_name_in_no_other_region_or_account(
    name: str, tail: str, region: str
) -> None:
    pattern = iam.secret(name, PLACE)

    assert not fits(pattern, f"{ROOT}{name}-{tail}".replace("eu-west-1", region))
    assert not fits(pattern, f"{ROOT}{name}-{tail}".replace(ACCOUNT, "999999999999"))


@given(NAMES | ALIKE, NAMES | ALIKE, TAILS, TAILS)
def test_a_complete_arn_allows_that_secret_only(
    name: str, other: str, tail: str, other_tail: str
) -> None:
    arn = f"{ROOT}{name}-{tail}"
    assume((name, tail) != (other, other_tail))

    assert fits(iam.secret(arn, PLACE), arn)
    assert not fits(iam.secret(arn, PLACE), f"{ROOT}{other}-{other_tail}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/prod/db", f"{ROOT}/prod/db-??????"),
        ("prod/db-abcdef", f"{ROOT}prod/db-abcdef-??????"),
        (f"{ROOT}prod/db", f"{ROOT}prod/db-??????"),
        (f"{ROOT}prod/db-abcdef", f"{ROOT}prod/db-abcdef"),
        (
            "arn:aws-cn:secretsmanager:cn-north-1:999999999999:secret:x",
            "arn:aws-cn:secretsmanager:cn-north-1:999999999999:secret:x-??????",
        ),
    ],
)
def test_the_six_characters_of_an_arn_are_there_once(path: str, expected: str) -> None:
    assert iam.secret(path, PLACE) == expected


@pytest.mark.parametrize("sign", "*?$")
def test_wildcards_and_variables_of_iam_mean_themselves(sign: str) -> None:
    for path in (f"prod/{sign}{{aws:username}}", f"{ROOT}prod/{sign}x-AbCdEf"):
        pattern = iam.secret(path, PLACE)

        assert f"${{{sign}}}" in pattern
        assert sign not in pattern.replace(f"${{{sign}}}", "").removesuffix("-??????")


def test_a_secret_that_a_service_of_aws_made_is_named_as_it_is() -> None:
    name = "rds!cluster-36d996b5-5fe6-4775-889e-c2ef1fedb072"

    assert iam.secret(name, PLACE) == f"{ROOT}{name}-??????"
    assert iam.secret(f"{ROOT}{name}", PLACE) == f"{ROOT}{name}-??????"
    assert iam.secret(f"{ROOT}{name}-AbCdEf", PLACE) == f"{ROOT}{name}-AbCdEf"


def test_what_no_policy_can_hold_is_told() -> None:
    model = boto3.client("iam", region_name="eu-west-1").meta.service_model
    document = model.shape_for("policyDocumentType").metadata["pattern"]
    assert document == r"[\u0009\u000A\u000D\u0020-\u00FF]+"

    with pytest.raises(InvalidSetup, match="no policy of IAM can name") as caught:
        iam.secret("prod/\U0001f511", PLACE)

    assert "give the secret another name" in str(caught.value)
    assert re.fullmatch(document.encode().decode("unicode_escape"), iam.secret("\xff", PLACE))


def test_the_partition_is_the_regions_as_boto3_has_it() -> None:
    session = boto3.Session()
    regions = [
        (region, partition)
        for partition in session.get_available_partitions()
        for service in ("secretsmanager", "ec2")
        for region in session.get_available_regions(service, partition)
    ]

    assert len(regions) > 60
    wrong = {region for region, name in regions if AwsScope(ACCOUNT, region).partition != name}
    assert wrong == set()


def test_one_statement_reads_the_secrets_and_nothing_else_is_allowed() -> None:
    (only,) = iam.statements(["/prod/b", "/prod/a", f"{ROOT}/prod/a"], PLACE)

    assert only == {
        "Sid": "ReadSecrets",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": [f"{ROOT}/prod/a-??????", f"{ROOT}/prod/b-??????"],
    }


def test_a_named_key_may_decrypt_through_secrets_manager_of_its_region_only() -> None:
    far = "arn:aws:secretsmanager:us-east-1:999999999999:secret:x"
    place = PLACE._replace(keys={"": KEY, far: FAR_KEY})

    _, near, there = iam.statements(["/prod/db", far], place)

    assert near == {
        "Sid": "DecryptSecretsInEuWest1",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": [KEY],
        "Condition": {
            "StringEquals": {"kms:ViaService": ["secretsmanager.eu-west-1.amazonaws.com"]}
        },
    }
    assert there["Resource"] == [FAR_KEY]
    assert list(there["Condition"]["StringEquals"].values()) == [
        ["secretsmanager.us-east-1.amazonaws.com"]
    ]


def test_a_key_without_a_path_is_for_the_secrets_of_its_region_that_have_none() -> None:
    far = "arn:aws:secretsmanager:us-east-1:999999999999:secret:x"
    place = PLACE._replace(keys={"": KEY, "/prod/own": KEY + "9"})

    found = {path: iam.key_of(path, place) for path in ("/prod/db", "/prod/own", far)}

    assert found == {"/prod/db": KEY, "/prod/own": KEY + "9", far: None}


def test_where_aws_has_a_domain_of_its_own_kms_may_know_secrets_manager_by_either() -> None:
    key = "arn:aws-cn:kms:cn-north-1:123456789012:key/1"

    _, decrypt = iam.statements(["x"], AwsScope(ACCOUNT, "cn-north-1", {"": key}))

    assert decrypt["Condition"]["StringEquals"]["kms:ViaService"] == [
        "secretsmanager.cn-north-1.amazonaws.com",
        "secretsmanager.cn-north-1.amazonaws.com.cn",
    ]


@pytest.mark.parametrize(
    "arn", ["", "0123", "alias/db", KEY.replace("key/", "alias/"), KEY + "*", KEY + " "]
)
def test_what_is_no_keys_arn_is_refused_with_a_rule(arn: str) -> None:
    assert str(iam.key_problem(arn)).startswith("must be a key's ARN")
    assert iam.key_problem(KEY) is None


@given(st.sets(NAMES, min_size=1, max_size=60), st.integers(0, 3))
def test_what_is_too_long_for_a_policy_becomes_several_that_allow_the_same(
    names: set[str], keys: int
) -> None:
    by_path = {name: f"{KEY}{number}" for number, name in enumerate(sorted(names)[:keys])}
    wanted = iam.statements(names, PLACE._replace(keys=by_path))

    documents = iam.policies(wanted, 1500)

    sizes = [len(json.dumps(found, separators=(",", ":"))) for found in documents]
    assert max(sizes) <= 1500
    assert sum(sizes[:2]) > 1500 or len(documents) == 1
    assert sorted(allowed(documents)) == sorted(allowed([{"Statement": wanted}]))


def allowed(documents: list[dict[str, list[dict[str, object]]]]) -> list[str]:
    """One text for each resource of each statement."""
    return [
        json.dumps({**statement, "Resource": resource})
        for document in documents
        for statement in document["Statement"]
        for resource in statement["Resource"]  # type: ignore[attr-defined]
    ]


def test_a_secret_with_the_longest_name_and_its_key_fit_into_one() -> None:
    (document,) = iam.policies(iam.statements(["x" * 512], PLACE._replace(keys={"": KEY})))

    assert len(document["Statement"]) == 2


def test_every_statement_allows_one_action_on_named_secrets() -> None:
    found = iam.statements(["/prod/codnod/config"], PLACE._replace(keys={"": KEY}))

    assert len({statement["Sid"] for statement in found}) == len(found) == 2
    for statement in found:
        assert statement["Effect"] == "Allow"
        assert "*" not in str(statement["Action"])
        assert isinstance(statement["Resource"], list)
        assert not any("*" in resource for resource in statement["Resource"])
