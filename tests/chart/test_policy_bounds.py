"""What the policy has in common with the injector beside its pods: bounds, and clouds' names."""

import re

from initsync.injection import bounds, nodesystem, webhooks
from initsync.providers.aws import agents
from initsync.providers.azure import clouds
from tests.chart.examples import one
from tests.chart.helm import Helm

BOUND = re.compile(r"> (\d+) \? string\(.+\) \+ ' (.+), and (\d+) are the most'")


def test_it_counts_what_the_injector_counts_up_to_the_same_bounds(helm: Helm) -> None:
    policy = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")
    first = policy["spec"]["matchConditions"][0]

    counted = BOUND.findall(first["expression"])

    assert [(what, int(most)) for most, what, _ in counted] == [*bounds.MOST.items()]
    assert all(most == again for most, _, again in counted)


def strings(expression: str, of: str) -> list[str]:
    """Those of the first list that comes after `of`."""
    return re.findall(r"'([^']+)'", expression.partition(of)[2].partition("]")[0])


def test_it_knows_the_injectors_agents_authorities_paths_and_variables(helm: Helm) -> None:
    policy = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")
    said = {it["name"]: it["expression"] for it in policy["spec"]["variables"]}
    mutation = policy["spec"]["mutations"][0]["jsonPatch"]["expression"]

    assert strings(said["awsKinds"], "lowerAscii() in [") == list(agents.HOSTS)
    assert strings(said["azureKinds"], "e.value + '/') in [") == list(clouds.AUTHORITIES)
    for name, webhook in (("aws", webhooks.AWS), ("azure", webhooks.AZURE)):
        there = said[f"{name}Tokens"].partition("].map(k,")[0].partition("[")[2].split("{")[1:]
        assert len(there) == len(webhook.kinds)
        for text, kind in zip(there, webhook.kinds, strict=True):
            said_of = [kind.volume, kind.path, kind.file, *kind.beside]
            assert re.findall(r": dyn\(\[?'([^)]+)'", text) == [
                *said_of[:3],
                "', '".join(kind.beside),
            ]
        assert tuple(strings(said[f"{name}Env"], "e.name in [")) == webhook.alone
        assert f"'{webhook.skipped}'" in mutation
        assert f".join('{webhook.between}')" in mutation
        assert not webhook.label or f"'{webhook.label}'" in mutation


def test_it_looks_at_as_much_node_affinity_as_the_injector(helm: Helm) -> None:
    policy = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")
    (windows,) = (it for it in policy["spec"]["matchConditions"] if it["name"] == "not-windows")

    assert re.findall(r"<= (\d+)", windows["expression"]) == [str(nodesystem.MOST)] * 2
    assert str([*nodesystem.LABELS]) in windows["expression"]
