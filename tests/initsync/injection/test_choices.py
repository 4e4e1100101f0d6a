"""What the injector takes of a pod's annotations, and what it ignores, wherever they are read."""

import pytest

from initsync.annotation import choices
from initsync.words import keys


@pytest.mark.parametrize(
    ("name", "good", "bad", "rule"),
    [
        (keys.INJECT, ["true", "false"], ["maybe", "True", ""], 'must be "true" or "false"'),
        (keys.MEMORY, ["64Mi", "1e3"], ["lots", "0", "-1", ""], "must be a quantity above zero"),
        (keys.CPU, ["100m", ".5"], ["0m", "1 "], "must be a quantity above zero"),
        (
            keys.RUN_AS_USER,
            ["1", "1337", "2147483647"],
            ["0", "root", "-1", "2147483648", "٣"],
            "UID",
        ),
        (keys.METRICS_PORT, ["1", "65535"], ["0", "65536", "000080", "http"], "must be a port"),
        (keys.PLACE, ["first", "last", "istio-proxy"], ["the end", "A", ""], "must be first, last"),
    ],
)
def test_each_annotation_of_the_injectors_has_a_rule(
    name: str, good: list[str], bad: list[str], rule: str
) -> None:
    assert [choices.problem(name, text) for text in good] == [None] * len(good)
    assert all(rule in str(choices.problem(name, text)) for text in bad)


@pytest.mark.parametrize("name", [keys.ANNOTATION, keys.INJECTED, keys.MODE, "example.com/a"])
def test_of_others_it_knows_no_rule(name: str) -> None:
    assert choices.problem(name, "anything") is None
