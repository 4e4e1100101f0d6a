"""Pods, asked of the embedded API server and of the real one."""

from collections.abc import Iterator

import pytest

from initsync.testing import manifests
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject
from tests.cluster.contract import assert_refused, of_both

pytestmark = of_both


class TestPods:
    @pytest.fixture(autouse=True)
    def _here(self, api: ApiServer, namespace: str) -> Iterator[None]:
        self.path = f"/api/v1/namespaces/{namespace}/pods"
        return iter([None])

    def test_a_pod_runs_as_the_default_account(self, api: ApiServer, namespace: str) -> None:
        stored = api.create(manifests.pod(namespace, "p"))

        assert stored["spec"]["serviceAccountName"] == "default"
        assert stored["status"]["phase"] == "Pending"
        assert stored["metadata"]["uid"]

    def test_a_generated_name_starts_as_wished(self, api: ApiServer, namespace: str) -> None:
        pod = manifests.pod(namespace, "")
        pod["metadata"] |= {"generateName": "web-"}

        names = {api.create(pod)["metadata"]["name"] for _ in range(2)}

        assert len(names) == 2
        assert all(name.startswith("web-") and len(name) == 9 for name in names)

    def test_its_account_must_exist(self, api: ApiServer, namespace: str) -> None:
        pod = manifests.pod(namespace, "p")
        pod["spec"]["serviceAccountName"] = "nobody"

        answer = api.request("POST", self.path, pod)

        said = (
            f'pods "p" is forbidden: error looking up service account {namespace}/nobody: '
            'serviceaccount "nobody" not found'
        )
        assert_refused(answer, 403, "Forbidden", said)

    @pytest.mark.parametrize(
        ("spec", "error"),
        [
            ({"containers": []}, "spec.containers: Required value"),
            ({"containers": [{"name": "a"}]}, "spec.containers[0].image: Required value"),
            (
                {"initContainers": [{"name": "app", "image": "x"}]},
                'spec.initContainers[0].name: Duplicate value: "app"',
            ),
            (
                {
                    "initContainers": [
                        {
                            "name": "i",
                            "image": "x",
                            "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                        }
                    ]
                },
                'spec.initContainers[0].volumeMounts[0].name: Not found: "v"',
            ),
            (
                {
                    "initContainers": [
                        {"name": "i", "image": "x", "startupProbe": {"exec": {"command": ["x"]}}}
                    ]
                },
                "spec.initContainers[0].startupProbe: Forbidden: may not be set for init "
                "containers without restartPolicy=Always",
            ),
            (
                {
                    "volumes": [
                        {
                            "name": "t",
                            "projected": {
                                "sources": [
                                    {"serviceAccountToken": {"path": "t", "expirationSeconds": 10}}
                                ]
                            },
                        }
                    ]
                },
                "expirationSeconds: Invalid value: 10: may not specify a duration less than",
            ),
        ],
    )
    def test_a_broken_pod_is_refused(
        self, api: ApiServer, namespace: str, spec: JsonObject, error: str
    ) -> None:
        pod = manifests.pod(namespace, "p")
        pod["spec"] |= spec

        assert_refused(api.request("POST", self.path, pod), 422, "Invalid", error)
