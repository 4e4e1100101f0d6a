"""What a ServiceAccount is asked to be allowed; tests/cluster/test_doctor_pod.py has the rest."""

from typing import Any, cast

import pytest

from initsync.doctor import rights
from initsync.doctor.rights import Target
from initsync.kube.reads import Reads


class Authorizer:
    """Allows all but evictions."""

    def create(self, _: object, __: str, review: Any) -> Any:
        asked = review["spec"]["resourceAttributes"]
        return {"status": {"allowed": asked["subresource"] != "eviction"}}


@pytest.mark.parametrize(("evicts", "denied"), [(False, []), (True, ["create pods/eviction"])])
def test_evictions_are_asked_about_where_the_pod_evicts_itself(
    evicts: bool, denied: list[str]
) -> None:
    reads = cast("Reads", Authorizer())

    answers = rights.asked(reads, Target("shop", "app", "db", evicts))

    assert isinstance(answers, rights.Answers)
    assert answers.denied == denied
