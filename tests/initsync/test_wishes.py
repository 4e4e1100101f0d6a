"""What pods that are there say of the managed-by label of their Secrets."""

from typing import Any

import pytest

from initsync import keys, wishes
from initsync.errors import InvalidSetup


def live(*, app: str = "", ours: str = "", **annotations: str) -> Any:
    def env(value: str) -> list[dict[str, str]]:
        return [{"name": "JASM_MANAGED_BY", "value": value}] if value else []

    text = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
    return {
        "metadata": {
            "namespace": "shop",
            "name": "web-1",
            "annotations": {keys.ANNOTATION: text, **annotations},
        },
        "spec": {
            "containers": [{"name": "app", "env": env(app)}],
            "initContainers": [{"name": keys.CONTAINER, "env": env(ours)}],
        },
    }


def labels(pod: Any) -> list[str]:
    return [wish.managed_by for wish in wishes.of_pods([pod])]


def test_only_the_container_by_hand_chooses_it() -> None:
    assert labels(live(app="Helm")) == [""]
    assert labels(live(app="Helm", ours="team-x")) == ["team-x"]
    assert labels(live(ours="platform", **{keys.INJECTED: "0.1.0"})) == [""]


def test_a_value_from_elsewhere_is_not_known() -> None:
    pod = live()
    entry = {"name": "JASM_MANAGED_BY", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}
    pod["spec"]["initContainers"][0]["env"].append(entry)

    assert labels(pod) == [""]


def test_another_programs_is_refused_by_the_pods_name() -> None:
    with pytest.raises(InvalidSetup, match="JASM_MANAGED_BY of Pod 'web-1' is 'Helm': other"):
        labels(live(ours="Helm"))
