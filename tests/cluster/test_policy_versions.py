"""The policy on API servers that stand for older ones: with the CEL that they know, and v1beta1.

By kube-apiserver's own emulation. It cannot go without v1 of the API, which its informers want; so
a real 1.34 was not tried.
https://kubernetes.io/docs/concepts/cluster-administration/compatibility-version/
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.testing.webhook import Webhook
from tests.chart.helm import CHART, Helm, HelmFailed
from tests.cluster.injector_side import annotated, create, is_injected
from tests.cluster.policy_side import injects, installed, serves_policies
from tests.cluster.release import Release, release_cluster
from tests.full import only_in_full
from tests.golden.settings import DEFAULT
from tests.polling import until

KIND = "MutatingAdmissionPolicy"
BETA = [
    "--emulation-forward-compatible",
    f"--feature-gates={KIND}=true",
    "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
]

OLD = ["--emulated-version=1.35", "--min-compatibility-version=1.34"]
"""It serves no such kind."""
OLDER = [
    pytest.param(version, api, marks=only_in_full)
    for version, api in (("1.34", "v1beta1"), ("1.36", "v1"))
]
"""The suite's own API server has v1, and injects by it in every other test of the policy."""
MODE = "injection.mode=policy"


@pytest.mark.parametrize(("version", "api_version"), OLDER)
@pytest.mark.usefixtures("policy_api")
def test_older_api_servers_take_it_and_inject(
    binaries: Binaries, helm: Helm, version: str, api_version: str
) -> None:
    flags = [f"--emulated-version={version}", *(BETA if api_version == "v1beta1" else [])]
    oldest = [f"--min-compatibility-version={max('1.34', f'1.{int(version[2:]) - 1}')}"]
    kind = f"admissionregistration.k8s.io/{api_version}/{KIND}"
    cluster = [f"--kube-version={version}", "--api-versions=v1/Secret", f"--api-versions={kind}"]

    with (
        ControlPlane(binaries, flags=[*flags, *oldest]) as api,
        installed(api, helm, DEFAULT, *cluster) as objects,
    ):
        answer = create(api, annotated("default"))

    assert objects[0]["apiVersion"].endswith(f"/{api_version}")
    assert is_injected(answer)


@pytest.fixture(scope="module")
def old_api(binaries: Binaries, real_api: ControlPlane) -> Iterator[ControlPlane]:
    """An older one than policies; ours, where it is that old itself."""
    with (
        ControlPlane(binaries, flags=OLD if serves_policies(real_api) else []) as api,
        release_cluster(api),
    ):
        yield api


@pytest.fixture
def old_release(
    old_api: ControlPlane, helm: Helm, webhook: Webhook, tmp_path: Path
) -> Iterator[Release]:
    with Release(old_api, helm, webhook, tmp_path) as release:
        yield release


def test_where_no_such_kind_is_served_the_webhook_injects_and_helm_says_so(
    old_api: ControlPlane, old_release: Release
) -> None:
    said = old_release.apply("install", CHART, MODE)

    assert "does not serve MutatingAdmissionPolicy: the webhook injects in its place" in said
    until(lambda: injects(old_api), "the webhook is in force")
    assert "No injector runs" not in old_release.apply("upgrade", CHART, MODE)


def test_a_platform_team_may_have_it_fail_there_instead(old_release: Release) -> None:
    with pytest.raises(HelmFailed, match="needs an API server that serves Mutating"):
        old_release.apply("install", CHART, MODE, "injection.policy.fallback=false")
