"""How much of an app's CPU and memory is copied: what the platform allows, in the same shares."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.annotation.quantity import value
from initsync.injection import choices
from initsync.injection.resources import resources
from initsync.injection.settings import InjectionSettings
from initsync.words import keys

DEFAULT = InjectionSettings("i")
KINDS = {"cpu": ("m", Decimal(1000)), "memory": ("Mi", Decimal(2) ** -20)}


def copied(own: dict[str, Any], settings: InjectionSettings = DEFAULT) -> Any:
    app = {"name": "app", "image": "a", "resources": own}
    metadata = {"name": "p", "annotations": {keys.ANNOTATION: ""}}
    pod = {"metadata": metadata, "spec": {"containers": [app]}}
    return resources(pod, choices.of(pod), settings)


def amounts(cpu: str, memory: str) -> dict[str, str]:
    return {"cpu": cpu, "memory": memory}


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"limits": amounts("1", "256Mi")}, {"limits": amounts("1", "256Mi")}),
        ({"limits": amounts("4", "8Gi")}, {"limits": amounts("1", "256Mi")}),
        (
            {"limits": amounts("4", "8Gi"), "requests": amounts("1", "2Gi")},
            {"limits": amounts("1", "256Mi"), "requests": amounts("250m", "64Mi")},
        ),
        (
            {"limits": amounts("3", "1G"), "requests": amounts("1", "333M")},
            {"limits": amounts("1", "256Mi"), "requests": amounts("334m", "86Mi")},
        ),
        ({"requests": amounts("4", "8Gi")}, {"requests": amounts("1", "256Mi")}),
    ],
)
def test_it_is_at_most_what_the_platform_lets_it_be(own: Any, expected: Any) -> None:
    wanted = expected if "requests" in expected else expected | {"requests": expected["limits"]}

    assert copied(own) == wanted


def test_the_platform_says_how_much_that_is() -> None:
    settings = InjectionSettings("i", max_cpu="2", max_memory="1Gi")

    found = copied({"limits": amounts("4", "8Gi"), "requests": amounts("2", "4Gi")}, settings)

    assert found == {"limits": amounts("2", "1Gi"), "requests": amounts("1000m", "512Mi")}


COUNT = st.integers(1, 10**6)
MOST = st.sampled_from(["1", "0.3", "250m", "7"]), st.sampled_from(["256Mi", "200M", "1Gi", "33Mi"])


@given(st.lists(COUNT, min_size=2, max_size=2).map(sorted), st.tuples(*MOST))
def test_whatever_the_apps_are_the_share_of_the_request_is_kept(
    pair: list[int], most: tuple[str, str]
) -> None:
    """Up to one unit more, so that LimitRange's maxLimitRequestRatio holds as for the app."""
    request, limit = pair
    own = {
        part: {kind: f"{count}{unit}" for kind, (unit, _) in KINDS.items()}
        for part, count in (("requests", request), ("limits", limit))
    }

    found = copied(
        own, InjectionSettings("i", cpu="1m", memory="1Mi", max_cpu=most[0], max_memory=most[1])
    )

    for (kind, (_, per)), top in zip(KINDS.items(), most, strict=True):
        got = {part: (value(found[part][kind]) or Decimal(0)) * per for part in found}
        cap = (value(top) or Decimal(0)) * per
        assert 0 < got["requests"] <= got["limits"] == min(limit, cap)
        assert got["requests"] == got["limits"] or request != limit, "Guaranteed stays so"
        wished = got["limits"] * request / limit
        assert wished <= got["requests"] <= wished + 1 or got["requests"] == got["limits"]
