"""What IAM is asked for is what reading parameters needs, and one action a path."""

import pytest

from initsync.permissions import iam, parameters
from initsync.permissions.iam import AwsScope
from initsync.words.errors import InvalidSetup

ACCOUNT = "123456789012"
PLACE = AwsScope(ACCOUNT, "eu-west-1")
ROOT = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/"
FAR = "arn:aws-cn:ssm:cn-north-1:999999999999:parameter/"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


@pytest.mark.parametrize(
    ("path", "arn"),
    [
        ("/prod/db", f"{ROOT}prod/db"),
        ("plain", f"{ROOT}plain"),
        ("/prod/db:3", f"{ROOT}prod/db"),
        ("/prod/app/", f"{ROOT}prod/app"),
        ("/", ROOT),
        (f"{FAR}prod/db", f"{FAR}prod/db"),
        (f"{FAR}prod/db:stable", f"{FAR}prod/db"),
        (f"{FAR}prod/app/", f"{FAR}prod/app"),
        ("/a*?$", f"{ROOT}a${{*}}${{?}}${{$}}"),
    ],
)
def test_a_path_is_one_resource_that_means_itself(path: str, arn: str) -> None:
    assert parameters.arn(path, PLACE) == arn


def test_one_is_read_by_name_and_a_path_by_one_action_on_itself() -> None:
    found = parameters.statements(["/prod/app/", "/prod/db", "plain"], PLACE)

    assert found == [
        {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": [f"{ROOT}plain", f"{ROOT}prod/db"],
        },
        {
            "Sid": "ReadParametersBelow",
            "Effect": "Allow",
            "Action": "ssm:GetParametersByPath",
            "Resource": [f"{ROOT}prod/app"],
        },
    ]


def test_a_named_key_may_decrypt_through_systems_manager_only() -> None:
    read, decrypt = parameters.statements(["/prod/app/"], PLACE._replace(keys={"": KEY}))

    assert read["Sid"] == "ReadParametersBelow"
    assert decrypt == {
        "Sid": "DecryptParametersInEuWest1",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": [KEY],
        "Condition": {"StringEquals": {"kms:ViaService": ["ssm.eu-west-1.amazonaws.com"]}},
    }


def test_a_key_of_one_path_is_for_that_only() -> None:
    place = PLACE._replace(keys={"/prod/app/": KEY})

    assert len(parameters.statements(["/prod/db"], place)) == 1
    assert len(parameters.statements(["/prod/app/"], place)) == 2


def test_what_no_policy_can_hold_is_told() -> None:
    with pytest.raises(InvalidSetup, match="no policy of IAM can name"):
        parameters.arn("/prod/\U0001f511", PLACE)


def test_statements_of_both_services_fit_into_one_policy() -> None:
    place = PLACE._replace(keys={"": KEY})
    both = [*iam.statements(["/prod/db"], place), *parameters.statements(["/prod/db"], place)]

    (document,) = iam.policies(both)

    names = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(names)) == len(names) == 4
