"""Paths of parameters: what AWS's model allows is sent; what says where, is read as AWS does."""

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.providers.aws import parameters, paths

ROOT = "arn:aws:ssm:ap-south-1:123456789012:parameter"
MODEL = botocore.session.get_session().get_service_model("ssm")
NAME = MODEL.operation_model("GetParameter").input_shape.members["Name"]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40))
def test_no_name_that_can_be_sent_is_refused(name: str) -> None:
    """But of spaces alone, which AWS takes away; and a path's one rule is AWS's own."""
    rule = parameters.problem(name)

    ok = bool(name.strip()) and (not name.endswith("/") or name.startswith(("/", "arn:")))
    assert (rule is None) == ok


def test_a_name_may_be_as_long_as_the_services_model_has_it() -> None:
    longest = "/" + "a" * (NAME.metadata["max"] - 1)

    assert parameters.problem(longest) is None
    assert str(parameters.problem(longest + "a")).startswith("must be the name, path or ARN")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("prod/app/", "must begin with '/' where it ends with one"),
        ("arn:aws:ssm:s3:123456789012:parameter/a", "must name a region in its ARN"),
        ("a\tb", "must be one line"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_a_rule(path: str, rule: str) -> None:
    assert str(parameters.problem(path)).startswith(rule)


@pytest.mark.threat("An annotation is malicious", "A cloud role is compromised")
@pytest.mark.parametrize("region", ["s3", "evil.example/", "eu-west-1.evil.example", ""])
def test_an_arn_leads_to_no_host_of_somebodys(region: str) -> None:
    path = f"arn:aws:ssm:{region}:123456789012:parameter/a"

    assert parameters.problem(path) is not None
    assert paths.region(path) is None


def test_an_arn_says_its_region_and_is_no_secrets_one() -> None:
    assert paths.region(f"{ROOT}/prod/db") == "ap-south-1"
    assert not paths.is_arn(f"{ROOT}/prod/db")
    assert parameters.arn("/prod/db") is None
    assert parameters.arn(f"{ROOT}/prod/db") == ("aws", "ap-south-1", "123456789012", "/prod/db")


@pytest.mark.parametrize(
    ("path", "asked"),
    [("/prod/", "/prod"), ("/", "/"), ("//", "/"), (f"{ROOT}/a/b/", "/a/b"), (f"{ROOT}/", "/")],
)
def test_a_path_is_asked_for_without_its_last_slash(path: str, asked: str) -> None:
    assert parameters.is_tree(path)
    assert parameters.hierarchy(path) == asked


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/b:3", "/a/b"), ("a:stable", "a"), ("/a/b", "/a/b"), (f"{ROOT}/a:3", f"{ROOT}/a")],
)
def test_a_version_behind_a_name_is_no_part_of_it(path: str, name: str) -> None:
    assert parameters.without_selector(path) == name


@pytest.mark.parametrize("version", ["3", "stable", "x" * 100])
def test_numbers_and_labels_are_versions(version: str) -> None:
    assert parameters.version_problem(version) is None


@pytest.mark.parametrize("version", [" ", "a\nb", "x" * 300])
def test_what_can_be_neither_is_refused_with_a_rule(version: str) -> None:
    assert str(parameters.version_problem(version)).startswith("must be a version's number, or a")
