"""What the policy has in common with the injector beside its pods: bounds, and names of AWS's."""

import re

from initsync.injection import bounds, identity, nodesystem
from initsync.providers.aws import agents
from tests.chart.examples import one
from tests.chart.helm import Helm

BOUND = re.compile(r"> (\d+) \? string\(.+\) \+ ' (.+), and (\d+) are the most'")


def test_it_counts_what_the_injector_counts_up_to_the_same_bounds(helm: Helm) -> None:
    policy = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")
    first = policy["spec"]["matchConditions"][0]

    counted = BOUND.findall(first["expression"])

    assert [(what, int(most)) for most, what, _ in counted] == [*bounds.MOST.items()]
    assert all(most == again for most, _, again in counted)


def test_it_knows_the_injectors_agents_paths_and_variables(helm: Helm) -> None:
    policy = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")
    said = {it["name"]: it["expression"] for it in policy["spec"]["variables"]}

    strings = re.findall(r"'([^']+)'", said["awsTokens"])
    hosts = re.search(r"lowerAscii\(\) in \[(.+?)\]", said["awsKinds"])

    assert hosts
    assert re.findall(r"'([^']+)'", hosts.group(1)) == list(agents.HOSTS)
    for kind in identity.KINDS:
        assert {kind.volume, kind.path, kind.file, kind.beside} <= set(strings)


def test_it_looks_at_as_much_node_affinity_as_the_injector(helm: Helm) -> None:
    policy = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")
    (windows,) = (it for it in policy["spec"]["matchConditions"] if it["name"] == "not-windows")

    assert re.findall(r"<= (\d+)", windows["expression"]) == [str(nodesystem.MOST)] * 2
    assert str([*nodesystem.LABELS]) in windows["expression"]
