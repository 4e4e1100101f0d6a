"""The policy on API servers that stand for older ones: with the CEL that they know, and v1beta1.

By kube-apiserver's own emulation. It cannot go without v1 of the API, which its informers want; so
a real 1.34 was not tried.
https://kubernetes.io/docs/concepts/cluster-administration/compatibility-version/
"""

import pytest

from initsync.testing.controlplane import Binaries, ControlPlane
from tests.chart.helm import Helm
from tests.cluster.injector_side import annotated, create, is_injected
from tests.cluster.policy_side import installed
from tests.injector.golden_settings import DEFAULT

KIND = "MutatingAdmissionPolicy"
BETA = [
    "--emulation-forward-compatible",
    f"--feature-gates={KIND}=true",
    "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
]


@pytest.mark.parametrize(("version", "api_version"), [("1.34", "v1beta1"), ("1.36", "v1")])
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
