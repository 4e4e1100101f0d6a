"""What pods that are there say of the managed-by label of their Secrets."""

from typing import Any

import pytest

from initsync.permissions import requested
from initsync.words import keys


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
    found, problems, *_ = requested.of_pods([pod])
    assert problems == []
    return [secret.managed_by for secret in found]


def test_only_the_container_by_hand_chooses_it() -> None:
    assert labels(live(app="Helm")) == [""]
    assert labels(live(app="Helm", ours="team-x")) == ["team-x"]
    assert labels(live(ours="platform", **{keys.INJECTED: "0.1.0"})) == [""]


def test_a_value_from_elsewhere_is_not_known() -> None:
    pod = live()
    entry = {"name": "JASM_MANAGED_BY", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}
    pod["spec"]["initContainers"][0]["env"].append(entry)

    assert labels(pod) == [""]


def test_another_programs_is_refused_by_the_pods_name_and_stops_no_neighbour() -> None:
    neighbour = live()

    found, problems, *_ = requested.of_pods([live(ours="Helm"), neighbour, live(ours="Helm")])

    assert [secret.managed_by for secret in found] == [""]
    assert len(problems) == 1
    assert problems[0].startswith("Pod shop/web-1: JASM_MANAGED_BY is 'Helm': other programs mark")


@pytest.mark.parametrize("value", [" Helm", "Helm\n", "\u202ecaronte"])
def test_what_no_label_can_have_is_refused(value: str) -> None:
    found, problems, *_ = requested.of_pods([live(ours=value)])

    assert found == []
    assert "which no label can be: set it to letters, digits and '-_.'" in problems[0]


def test_an_invalid_annotation_stops_no_neighbour_either() -> None:
    invalid = live()
    invalid["metadata"]["annotations"][keys.ANNOTATION] = "provider: vault"

    found, problems, *_ = requested.of_pods([invalid, live(), invalid])

    assert [secret.secret_name for secret in found] == ["db"]
    (problem,) = problems
    assert problem.startswith(
        f"Pod shop/web-1: annotation {keys.ANNOTATION}: field 'path' is missing"
    )


def test_pods_that_make_one_secret_from_different_sources_are_told_once_each() -> None:
    first, other, again = live(), live(), live()
    text = first["metadata"]["annotations"][keys.ANNOTATION]
    listed = "secrets:\n- {provider: aws-secretsmanager, path: /prod/api, secretName: db}\n"
    other["metadata"] |= {"name": "api-1", "annotations": {keys.ANNOTATION: listed}}
    again["metadata"] |= {"name": "web-2", "annotations": {keys.ANNOTATION: text}}

    replica = {**other, "metadata": other["metadata"] | {"name": "api-2"}}

    found = requested.of_pods([first, again, other, replica])

    assert found.conflicts == [
        "Pod shop/api-1: Secret db is made from aws-secretsmanager /prod/api here, and from "
        "aws-secretsmanager /prod/db by Pod shop/web-1: their pods write it in turn. "
        "Give one of the two another secretName"
    ]
    assert len(found.secrets) == 4


def test_pods_in_mode_wait_ask_for_nothing_and_each_service_account_is_told_once() -> None:
    waiting, maker = live(), live()
    waiting["metadata"]["annotations"][keys.MODE] = keys.WAIT
    other = "provider: vault\npath: kv/x\nsecretName: db\n"
    waiting["metadata"]["annotations"][keys.ANNOTATION] = other

    found = requested.of_pods([waiting, maker, waiting])

    assert [secret.provider for secret in found.secrets] == ["aws-secretsmanager"]
    assert found.conflicts == []
    (sentence,) = found.waiting
    assert sentence.endswith(
        "its pods in mode wait need no rights, neither on Secrets nor in a cloud"
    )
