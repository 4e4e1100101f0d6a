"""A pod's annotation that is younger than its container: as far as the API server tells."""

from typing import Any

import pytest

from initsync.inventory import edits
from initsync.words import keys

MADE, LATER, LAST = "2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z", "2026-06-01T10:00:00Z"


def field(time: str, manager: str = "kubectl-annotate", name: str = keys.ANNOTATION) -> Any:
    fields: Any = {"f:metadata": {"f:annotations": {".": {}, f"f:{name}": {}}}}
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


def pod(*fields: Any, name: str = keys.CONTAINER, **states: Any) -> Any:
    status = {"name": name, "state": {}, **states}
    return {
        "metadata": {"creationTimestamp": MADE, "managedFields": [*fields]},
        "spec": {"initContainers": [{"name": "other"}, {"name": keys.CONTAINER}]},
        "status": {"initContainerStatuses": [status]},
    }


def started(at: str, state: str = "running") -> Any:
    return {state: {"startedAt": at}}


def test_one_that_was_changed_after_the_start_says_when_and_by_which_program() -> None:
    found = edits.of(pod(field(LAST), state=started(LATER, "terminated")))

    assert found == edits.Edit(LAST, "kubectl-annotate", LATER)
    assert str(found) == (
        f"annotation {keys.ANNOTATION} was changed at {LAST} by 'kubectl-annotate', after the pod "
        f"had started with it at {LATER}: what it asks for now is fetched with your own cloud "
        "identity, not with the pod's"
    )


@pytest.mark.parametrize(
    "states",
    [
        {},
        {"state": {"waiting": {"reason": "PodInitializing"}}},
        {"state": started(MADE), "name": keys.CONTAINER},
        {"state": started(LAST), "name": "other"},
    ],
)
def test_where_the_container_has_not_started_since_the_pod_counts(states: Any) -> None:
    found = edits.of(pod(field(LATER), **states))

    assert found == edits.Edit(LATER, "kubectl-annotate", MADE)


@pytest.mark.parametrize(
    "states",
    [
        {"state": started(LATER)},
        {"state": started(LAST)},
        {"state": {"waiting": {}}, "lastState": started(LAST, "terminated")},
    ],
)
def test_what_the_container_has_started_with_is_no_change(states: Any) -> None:
    assert edits.of(pod(field(LATER), **states)) is None


def test_one_that_the_pod_was_made_with_is_no_change_whatever_a_nodes_clock_says() -> None:
    assert edits.of(pod(field(MADE), state=started("2026-06-01T07:00:00Z"))) is None


def test_of_several_who_own_it_the_first_has_set_it() -> None:
    assert edits.of(pod(field(MADE, "kubectl-create"), field(LAST, "argocd-controller"))) is None


def test_other_annotations_do_not_count() -> None:
    assert edits.of(pod(field(LAST, name=keys.ON_FAILURE))) is None
    status = {"manager": "kubelet", "time": LAST, "fieldsV1": {"f:status": {}}}
    assert edits.of(pod(status)) is None


@pytest.mark.parametrize("fields", [[], [{}], [{"manager": "x", "fieldsV1": None}]])
def test_without_the_record_nothing_is_known(fields: list[Any]) -> None:
    assert edits.of(pod(*fields)) is None
