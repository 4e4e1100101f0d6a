"""Of which cloud what is told: each once, however many of its stores a pod asks."""

import pytest

from initsync import providers
from initsync.annotation.request import parse
from initsync.doctor import diagnoses
from initsync.doctor.diagnoses import Patient
from initsync.providers import PROVIDERS
from initsync.words import keys
from initsync.words.model import PodRef

CONTAINER = {"name": keys.CONTAINER, "env": [{"name": "AWS_ACCESS_KEY_ID", "value": "AKIA1"}]}
POD = {"metadata": {"annotations": {}}, "spec": {"initContainers": [CONTAINER]}}
ENTRY = "- {{provider: {}, path: {}, secretName: {}}}\n"
FAR = "arn:aws:ssm:eu-west-1:123456789012:parameter/a"


def told(*entries: str) -> list[str]:
    requests = parse("secrets:\n" + "".join(entries), PodRef("shop", "web", "1"), providers)
    account = {"metadata": {"name": "default"}}
    return [str(it) for it in diagnoses.identity(requests, Patient(POD, account))]


def test_the_identity_of_both_of_awss_stores_is_told_once() -> None:
    first = ENTRY.format("aws-secretsmanager", "/prod/db", "a")
    second = ENTRY.format("aws-parameter-store", "/prod/app/", "b")

    lines = told(first, second)

    assert lines[0] == "ok      identity: static keys in the environment of jasm-init"
    assert lines[1].startswith("failed  region: neither 2 of the paths nor the environment")
    assert len(lines) == 2


def test_the_region_of_a_parameters_arn_is_one() -> None:
    assert len(told(ENTRY.format("aws-parameter-store", FAR, "a"))) == 1


@pytest.mark.parametrize("name", ["aws-parameter-store", "aws-secretsmanager"])
def test_both_are_diagnosed_as_awss(name: str) -> None:
    assert name in PROVIDERS
    assert diagnoses._MODULES[name] == "initsync.doctor.aws.diagnosis"
