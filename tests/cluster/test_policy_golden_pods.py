"""Every golden pod by the webhook and by the policy, on the real API server: equal, or the docs'
table has it, with the reason."""

import datetime
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from initsync.injection.settings import InjectionSettings
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from injector.certs import issue
from tests.chart.helm import REGISTRY, Helm
from tests.cluster.injector_side import create, register
from tests.cluster.policy_side import installed, serve_options
from tests.full import FULL
from tests.golden.settings import DEFAULT, settings_of
from tests.injector.running import Injector
from tests.places import GOLDEN

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/injection-without-a-webhook.md"
CASES = sorted(file.name.removesuffix(".pod.yaml") for file in GOLDEN.glob("*.pod.yaml"))
TABLE = PAGE.read_text().partition("## What differs")[2].partition("\n## ")[0]
# With other settings each second pod, for half the time; in full all.
WITH_OTHER = CASES if FULL else CASES[::2]
DIFFERENT = re.findall(r"`([a-z0-9-]+)\.pod\.yaml`", TABLE)
# A value of each kind that is not the default; texts that CEL and YAML would read as theirs.
OTHER = InjectionSettings(
    image=f"registry.example:5000/jasm/init@sha256:{'0' * 64}",
    pull_policy="Always",
    run_as_user=None,
    seccomp_profile="none",
    ca_configmap="corp",
    ca_key="CA.pem",
    secret_labels=(("owner", "x.y"), ("example.org/cost-centre", "42")),
    tokens=(("vault-token", "vault"), ("gcp.token", "//iam.googleapis.com/it's/x")),
    credentials_configmap="gcp",
    credentials_key="Config.json",
    image_pull_secrets=("registry", "own"),
    cpu="20m",
    memory="64Mi",
    max_cpu="0.4",
    max_memory="200M",
    sidecar_cpu="0.3",
    sidecar_memory="100M",
    env=(
        ("AWS_REGION", "us-east-1"),
        ("JASM_NODE_NAME", "n"),
        ("JASM_TIMEOUT", "90.5"),
        ("QUOTES", "it's \"quoted\" \\ {{ }} ' + 'é\n"),
    ),
    mesh_proxies=("agent", "linkerd-proxy"),
    token_seconds=600,
    container_restart_policy=True,
)


class Made(NamedTuple):
    """What the API server answers to a pod's creation."""

    status: int
    body: dict[str, Any]

    @property
    def injected(self) -> bool:
        return keys.INJECTED in (self.body["metadata"].get("annotations") or {})


def made(api: ControlPlane, case: str, namespace: str) -> Made:
    """With what is another each time made the same."""
    text = (GOLDEN / f"{case}.pod.yaml").read_text()
    pod = yaml.safe_load(text.replace(DEFAULT.image, f"{REGISTRY}/{DEFAULT.image}"))
    pod["metadata"]["namespace"] = namespace
    answer = create(api, pod)
    text = re.sub(r"kube-api-access-[a-z0-9]{5}", "kube-api-access", json.dumps(answer.body))
    body = json.loads(text)
    for field in ("uid", "creationTimestamp", "managedFields"):
        body["metadata"].pop(field, None)
    if "generateName" in body["metadata"]:
        del body["metadata"]["name"]
    return Made(answer.status, body)


@contextmanager
def served(
    api: ControlPlane, helm: Helm, settings: InjectionSettings, directory: Path
) -> Iterator[None]:
    """The webhook, as the chart starts it with the same values."""
    directory.mkdir()
    issue.self_signed(directory, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    running = Injector(directory, *serve_options(helm, settings))
    ca = (directory / "ca.crt").read_text(encoding="ascii")
    register(api, f"https://127.0.0.1:{running.port}/mutate", ca)
    try:
        api.await_webhooks()
        yield
    finally:
        api.unregister_webhook()
        running.stop()


Both = dict[tuple[str, InjectionSettings], tuple[Made, Made]]


@pytest.fixture(scope="module")
def both(policy_api: ControlPlane, helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Each pod by the webhook, and by the policy."""
    namespace = f"t-{uuid.uuid4().hex[:10]}"
    policy_api.create_namespace(namespace)
    policy_api.create_service_account(namespace, "app")
    place = tmp_path_factory.mktemp("golden")
    results: Both = {}
    for number, settings in enumerate({OTHER, *map(settings_of, CASES)}):
        of_other = WITH_OTHER if settings == OTHER else []
        cases = [case for case in CASES if case in of_other or settings == settings_of(case)]
        with served(policy_api, helm, settings, place / str(number)):
            by_webhook = {case: made(policy_api, case, namespace) for case in cases}
        with installed(policy_api, helm, settings):
            for case in cases:
                results[case, settings] = by_webhook[case], made(policy_api, case, namespace)
    return results


@pytest.mark.parametrize("case", CASES)
def test_the_policy_makes_the_pod_that_the_webhook_makes_or_the_docs_say_why(
    both: Both, case: str
) -> None:
    by_webhook, by_policy = both[case, settings_of(case)]

    if case in DIFFERENT:
        assert by_policy != by_webhook, "it is the same: take it out of the docs' table"
    else:
        assert by_policy == by_webhook


@pytest.mark.parametrize("case", [case for case in WITH_OTHER if case not in DIFFERENT])
def test_other_settings_reach_it_as_they_reach_the_webhook(both: Both, case: str) -> None:
    by_webhook, by_policy = both[case, OTHER]

    assert by_policy == by_webhook


@pytest.mark.parametrize("case", CASES)
def test_it_injects_the_golden_pods_that_are_to_be_injected(both: Both, case: str) -> None:
    expected = yaml.safe_load((GOLDEN / f"{case}.expected.yaml").read_text())

    by_policy = both[case, settings_of(case)][1]

    if by_policy.status == 201:
        wanted = expected["pod"]["metadata"].get("annotations") or {}
        assert by_policy.injected == (keys.INJECTED in wanted)


def test_only_what_no_injection_makes_good_is_refused_whoever_injects(both: Both) -> None:
    refused = {case for (case, _), pair in both.items() for made in pair if made.status != 201}

    assert refused == {"mirror-pod", "volume-names-mounted-by-an-app"}


def test_every_row_of_the_docs_table_is_a_golden_pod() -> None:
    assert DIFFERENT
    assert set(DIFFERENT) <= set(CASES)
    assert len(set(DIFFERENT)) == len(DIFFERENT)
