"""The Role of a pod's ServiceAccount, the same wherever it is shipped, given or told."""

import yaml

from initsync.kube import rbac
from tests.places import ROOT

DEPLOY = ROOT / "deploy"


def test_the_shipped_role_is_the_one_that_the_demo_and_the_tests_give() -> None:
    shipped = next(yaml.safe_load_all((DEPLOY / "manifests/app/role.yaml").read_text()))

    assert shipped["rules"] == rbac.rules("app-credentials")


def test_without_names_it_is_for_every_secret_of_the_namespace() -> None:
    secrets, events = rbac.rules()

    assert "resourceNames" not in secrets
    assert secrets["verbs"] == ["get", "create", "patch", "jasm-sync"]
    assert events == {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}


def test_no_role_of_jasms_lifts_the_guard() -> None:
    assert rbac.BYPASS_VERB not in {verb for rule in rbac.rules() for verb in rule["verbs"]}


def test_in_words_it_is_what_a_refused_pod_says() -> None:
    said = "get, create, patch, jasm-sync on that Secret, create on events"

    assert said == rbac.IN_WORDS
