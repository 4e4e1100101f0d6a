"""What a pod's author chooses is read from the pod once, whatever of the patch depends on it."""

from collections.abc import Mapping
from typing import Any

import pytest

from initsync.injection import choices
from initsync.injection.patch import inject
from initsync.words import keys
from tests.golden.settings import DEFAULT

VALID = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
MORE = [{}, {keys.MODE: "sidecar"}, {keys.MODE: "wait"}, {keys.RUN_AS_USER: "no number"}]


@pytest.mark.parametrize("text", [VALID, "no annotation"], ids=["valid", "invalid"])
@pytest.mark.parametrize("more", MORE, ids=str)
def test_a_pods_choices_are_asked_for_once(
    monkeypatch: pytest.MonkeyPatch, text: str, more: dict[str, str]
) -> None:
    asked: list[Mapping[str, Any]] = []
    real = choices.of

    def counted(pod: Mapping[str, Any]) -> choices.Choices:
        asked.append(pod)
        return real(pod)

    monkeypatch.setattr(choices, "of", counted)
    pod = {
        "metadata": {"name": "web", "annotations": {keys.ANNOTATION: text, **more}},
        "spec": {"containers": [{"name": "app", "image": "app"}]},
    }

    assert inject(pod, "shop", DEFAULT).operations
    assert len(asked) == 1
