"""Which pods are for Windows alone: by node affinity as the scheduler reads it."""

from typing import Any

import pytest

from initsync.injection import nodesystem

WINDOWS = {"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}
ZONE = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]}


def by_terms(*terms: Any) -> bool:
    required = {"nodeSelectorTerms": list(terms)}
    node = {"requiredDuringSchedulingIgnoredDuringExecution": required}
    return nodesystem.is_windows({"affinity": {"nodeAffinity": node}})


def term(*expressions: Any) -> Any:
    return {"matchExpressions": list(expressions)}


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([term(WINDOWS)], True),
        ([term(ZONE, WINDOWS)], True),
        ([term(WINDOWS | {"key": "beta.kubernetes.io/os"})], True),
        ([term(WINDOWS | {"operator": "NotIn", "values": ["linux"]})], True),
        ([term(WINDOWS), {}], True),
        ([term(WINDOWS), term(ZONE)], False),
        ([term(WINDOWS), {"matchFields": [ZONE]}], False),
        ([term(WINDOWS | {"values": ["windows", "linux"]})], False),
        ([term(WINDOWS | {"operator": "NotIn"})], False),
        ([term(WINDOWS | {"operator": "Exists", "values": None})], False),
        ([term(ZONE | {"values": ["windows"]})], False),
        ([{}], False),
        ([], False),
    ],
)
def test_a_pod_is_for_windows_where_each_term_that_a_node_can_meet_is(
    terms: list[Any], expected: bool
) -> None:
    assert by_terms(*terms) == expected


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize("most", [nodesystem.MOST, nodesystem.MOST + 1])
def test_what_no_pod_is_made_with_is_not_looked_at(most: int) -> None:
    assert by_terms(*[term(WINDOWS)] * most) == (most == nodesystem.MOST)
    assert by_terms(term(*[WINDOWS] * most)) == (most == nodesystem.MOST)
