"""injection.mode policy in the chart: which clusters get which API, and what its CEL reads.

What it does to pods is in tests/cluster/test_policy_*.py.
"""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync import annotation, keys, plainfields, providers
from initsync.errors import JasmError
from initsync.model import PodRef
from tests.chart.examples import of_kind, one
from tests.chart.helm import Helm, HelmFailed

MODE = "--set=injection.mode=policy"
GROUP = "admissionregistration.k8s.io"
KIND = "MutatingAdmissionPolicy"
CORE = "--api-versions=v1/Secret"  # Helm knows a cluster's kinds
SERVER = {
    "Deployment",
    "Service",
    "MutatingWebhookConfiguration",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "ServiceAccount",
    "CronJob",
    "Job",
    "Certificate",
    "Issuer",
}


def serving(*versions: str) -> list[str]:
    return [CORE, *(f"--api-versions={GROUP}/{version}/{KIND}" for version in versions)]


@pytest.mark.parametrize(
    ("cluster", "version"),
    [
        ([*serving("v1", "v1beta1"), "--kube-version=1.37"], "v1"),
        ([*serving("v1beta1"), "--kube-version=1.34"], "v1beta1"),
        (["--kube-version=1.36"], "v1"),
        (["--kube-version=1.36.2-gke.100"], "v1"),
        (["--kube-version=1.30", "--set=injection.policy.apiVersion=v1"], "v1"),
        (["--kube-version=1.35", "--set=injection.policy.apiVersion=v1beta1"], "v1beta1"),
    ],
)
def test_it_takes_the_newest_version_that_the_cluster_serves(
    helm: Helm, cluster: list[str], version: str
) -> None:
    objects = helm.objects(MODE, *cluster)

    for kind in (KIND, f"{KIND}Binding"):
        assert one(objects, kind)["apiVersion"] == f"{GROUP}/{version}"


@pytest.mark.parametrize(
    "cluster",
    [
        ["--kube-version=1.35"],
        [CORE, "--kube-version=1.35"],
        [CORE, "--kube-version=1.37"],  # switched off there
    ],
)
def test_where_it_is_not_served_it_says_what_to_do(helm: Helm, cluster: list[str]) -> None:
    with pytest.raises(HelmFailed) as failed:
        helm.objects(MODE, *cluster)

    said = str(failed.value)
    assert "Kubernetes 1.36 or newer" in said
    assert cluster[-1].removeprefix("--kube-version=") in said
    assert "Set injection.mode to webhook" in said
    assert "injection.policy.apiVersion" in said


def test_denying_invalid_annotations_needs_the_webhook(helm: Helm) -> None:
    with pytest.raises(HelmFailed, match=r"onInvalid deny needs the webhook.*Set"):
        helm.objects(MODE, "--set=injection.onInvalid=deny")


@pytest.mark.parametrize("certificates", ["job", "certManager", "secret"])
def test_no_server_no_certificate_and_no_webhook_come_with_it(
    helm: Helm, certificates: str
) -> None:
    objects = helm.objects(MODE, f"--set=certificates.mode={certificates}")

    assert not SERVER & {found["kind"] for found in objects}


def test_both_are_there_on_the_way_from_one_to_the_other(helm: Helm) -> None:
    objects = helm.objects("--set=injection.policy.besideWebhook=true")

    assert {"Deployment", "MutatingWebhookConfiguration", KIND} <= {it["kind"] for it in objects}
    assert not of_kind(helm.objects(), KIND)


def test_both_go_by_the_same_pods(helm: Helm) -> None:
    own = '{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"c","operator":"Exists"}]}'
    objects = helm.objects(
        "--set=injection.policy.besideWebhook=true",
        f"--set-json=webhook.namespaceSelector={own}",
        f"--set-json=webhook.objectSelector={own}",
        '--set-json=webhook.matchConditions=[{"name":"own","expression":"true"}]',
        '--set-json=webhook.excludedNamespaces=["kube-system","other"]',
    )
    policy = one(objects, KIND)["spec"]

    for webhook in one(objects, "MutatingWebhookConfiguration")["webhooks"]:
        for selector in ("namespaceSelector", "objectSelector"):
            assert policy["matchConstraints"][selector] == webhook[selector]
        assert policy["matchConstraints"]["resourceRules"] == webhook["rules"]
        asked = webhook["matchConditions"]
        assert policy["matchConditions"][: len(asked)] == asked


def test_its_downward_api_files_are_those_that_the_container_reads(helm: Helm) -> None:
    (mutation,) = one(helm.objects(MODE), KIND)["spec"]["mutations"]

    shown = re.findall(r"\['(.+?)', \"metadata.annotations\['(.+?)'\]\"\]", _text(mutation))
    assert dict((name, file) for file, name in shown) == keys.PODINFO_FILES


def _text(mutation: Any) -> str:
    return str(mutation["jsonPatch"]["expression"])


class Reader:
    """What the policy reads from an annotation: its CEL's three regular expressions, run by
    Python's `re`, which knows the same syntax here."""

    def __init__(self, expression: str) -> None:
        (self._comment,) = re.findall(r"findAll\('(.+?)'\)", expression)
        (self._name,) = re.findall(r"find\(r'''(.+?)'''\)", expression)

    def name(self, text: str) -> str:
        if text.count("secretName") - 1 != len(re.findall(self._comment, text)):
            return ""
        found = re.search(self._name, text)
        rest = found.group().rpartition("secretName")[2] if found else ""
        name = re.search("[-.a-z0-9]+", rest.partition(":")[2])
        return name.group() if name else ""


@pytest.fixture(scope="module")
def reader(helm: Helm) -> Reader:
    variables = one(helm.objects(MODE), KIND)["spec"]["variables"]
    by_name = {variable["name"]: variable["expression"] for variable in variables}
    return Reader(by_name["secretName"])


def parsed(text: str) -> str:
    """The name by the injector's parser; empty where the annotation is invalid."""
    try:
        pod = PodRef("shop", "web", "")
        return annotation.parse(text, pod, providers.names(), providers.check_path).secret_name
    except JasmError:
        return ""


PIECE = st.sampled_from(
    ["provider", "path", "secretName", ": ", ":", " ", "  ", "\n", "\r\n", "\t", '"', "'", "{", "}"]
    + [
        ", ",
        "# ",
        "#",
        "db",
        "db-2.x",
        "/prod/db",
        "aws-secretsmanager",
        "|",
        ">-",
        "- ",
        "? ",
        "\\",
    ]
    + ["secretName: old", "\nsecretName: db", "\npath: /prod/db", "provider: aws-secretsmanager"]
)
FIELD = st.sampled_from(
    ["{0}: {1}", '"{0}": "{1}"', "'{0}':  '{1}'", "{0}: {1} # note", "{0} : {1}"]
)
COMMENT = st.sampled_from(
    ["", "# secretName: old\n", "# was {secretName: old}\n", "  # path, secretName: old\n", "\n"]
)


@st.composite
def forms(draw: st.DrawFn) -> str:
    """A valid annotation, in one of the forms that people give it."""
    values = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": "db-1.x"}
    order = draw(st.permutations(sorted(values)))
    fields = [draw(FIELD).format(name, values[name]) for name in order]
    if draw(st.booleans()):
        plain = [field.partition(" #")[0] for field in fields]
        return "{" + ", ".join(plain) + "}"
    return "".join(draw(COMMENT) + f"{field}\n" for field in fields)


@given(text=st.lists(PIECE, max_size=14).map("".join) | forms())
def test_the_name_that_it_reads_is_never_another_than_the_parsers(
    reader: Reader, text: str
) -> None:
    read, valid = reader.name(text), parsed(text)

    assert not (read and valid) or read == valid


@given(text=forms())
def test_it_reads_the_forms_that_people_give_an_annotation(reader: Reader, text: str) -> None:
    assert reader.name(text) == parsed(text) == "db-1.x"


@given(order=st.permutations(plainfields.FIELDS), name=st.from_regex(r"[a-z][-a-z0-9]*[a-z0-9]"))
def test_it_reads_every_plain_annotation(reader: Reader, order: list[str], name: str) -> None:
    values = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": name.strip()}
    text = "".join(f"{field}: {values[field]}\n" for field in order)

    if plainfields.read(text) and parsed(text):
        assert reader.name(text) == values["secretName"]
