"""An app whose own image is pulled with a Secret that `jasm-init` syncs, on a real kubelet.

The images of sandboxes and of jasm-init are on the node; the app's is pulled each time, from a
registry that asks for a password. STARTS is how many pods race, TIMED how many are measured.
"""

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from initsync.kube import rbac
from initsync.testing.aws import AwsServer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.full import only_in_full, times
from tests.node import files
from tests.node.conftest import FIGURES
from tests.node.images import BASE
from tests.node.node import Node
from tests.node.registry import TAG, Registry, auth
from tests.node.team import Team
from tests.node.timeline import Timeline
from tests.node.waiting import until

NAME = "registry.example"
OLD, NEW = "pl4nted-registry", "pl4nted-registry-rotated"
TYPE, KEY = "kubernetes.io/dockerconfigjson", ".dockerconfigjson"
ENTRY = f"format: text\ntype: {TYPE}\nkeys: [{KEY}]\n"
AT_ONCE = times("STARTS", full=40, usual=10)
TIMED = times("TIMED", full=10, usual=3)
REFUSED = "Failed to pull image"


@pytest.fixture(scope="module")
def served(node: Node) -> Iterator[Registry]:
    """containerd is told of it once: a host name has one address."""
    with Registry(files.GATEWAY, node.archives[0], OLD) as started:
        node.name_registry(NAME, started.url)
        yield started


@pytest.fixture
def registry(served: Registry) -> Registry:
    """With its first password, and nothing asked for yet."""
    served.password = OLD
    served.shown.clear()
    return served


@pytest.fixture
def team(injected: Node, aws: AwsServer) -> Team:
    """Its pods may name any Secret; what is in AWS is the registry's password."""
    created = Team(injected.api, aws)
    created.api.allow(created.namespace, "app", rbac.rules())
    aws.put_secret(created.path, config(OLD))
    return created


@pytest.fixture
def timeline(node: Node, tmp_path: Any) -> Iterator[Timeline]:
    started = Timeline(node.programs["ctr"], tmp_path / "events.log")
    yield started
    started.close()


def config(password: str) -> str:
    """What `docker login` writes."""
    return json.dumps({"auths": {NAME: {"auth": auth(password)}}})


def pulled(team: Team, name: str, secret: str, **annotations: str) -> JsonObject:
    """A pod whose app's image is of a repository of the pod's name."""
    image = {"image": f"{NAME}/{name}:{TAG}", "imagePullPolicy": "Always"}
    asks = {keys.ANNOTATION: team.annotation(secretName=secret) + ENTRY}
    names = [{"name": secret}]
    container = image | {"command": ["true"]}
    return team.pod(name, container, asks | annotations, imagePullSecrets=names)


def refused(team: Team, name: str) -> int:
    """How many pulls of the pod failed, as the kubelet tells it."""
    events = (it for it in team.events(name) if it["message"].startswith(REFUSED))
    return sum(it.get("count") or 1 for it in events)


def container(status: JsonObject) -> str:
    """Its ID."""
    return str(status["containerID"]).rpartition("/")[2]


def after_init(team: Team, timeline: Timeline, name: str) -> float:
    """The seconds from jasm-init's end to the app's start."""
    status = team.status(name)
    (init,), (app,) = status["initContainerStatuses"], status["containerStatuses"]
    return timeline.between(container(init), container(app))


@only_in_full
def test_without_the_secret_the_pull_is_refused_until_it_is_there(
    team: Team, registry: Registry
) -> None:
    """Not injected: what a kubelet does by itself."""
    pulled(team, "app", "late", **{keys.INJECT: "false"})
    told = "FailedToRetrieveImagePullSecret"
    until(lambda: {"Failed", "BackOff", told} <= set(team.reasons("app")), "its pull was refused")
    waiting = team.status("app")["containerStatuses"][0]["state"]["waiting"]["reason"]
    assert waiting in ("ErrImagePull", "ImagePullBackOff")
    assert set(registry.shown["app"]) == {"none"}

    team.create("Secret", "v1", "late", type=TYPE, stringData={KEY: config(OLD)})
    begun = time.monotonic()

    team.await_phase("app", "Succeeded")
    FIGURES.append(
        f"a pull secret made by hand after {refused(team, 'app')} refused pulls: the app ended "
        f"{time.monotonic() - begun:.1f} s later; Events: {team.reasons('app')}"
    )
    assert registry.shown["app"][-1] == "right"


@only_in_full
@pytest.mark.timeout(900)
def test_no_pull_of_an_app_is_too_early_for_its_secret(team: Team, registry: Registry) -> None:
    """Neither where there was none, nor where the one before has a password of yesterday."""
    pods = [f"app-{number}" for number in range(AT_ONCE)]
    for wave, password in (("first", OLD), ("second", NEW)):
        if password != registry.password:
            registry.password = password
            team.aws.rotate(team.path, config(password))
        names = {f"{wave}-{pod}": pod for pod in pods}
        for name, secret in names.items():
            pulled(team, name, secret)
        for name in names:
            team.await_phase(name, "Succeeded")

        shown = {name: set(registry.shown[name]) for name in names}
        late = {name: refused(team, name) for name in names if refused(team, name)}
        FIGURES.append(f"{wave} pull secrets of {AT_ONCE} pods at once: {len(late)} were late")
        assert late == {}
        assert [name for name in names if shown[name] != {"none", "right"}] == []


def test_a_sidecar_has_synced_it_before_the_app_is_pulled(team: Team, registry: Registry) -> None:
    pulled(team, "app", "registry", **{keys.MODE: "sidecar"})

    team.await_phase("app", "Succeeded")

    assert refused(team, "app") == 0
    assert set(registry.shown["app"]) == {"none", "right"}


def test_the_app_starts_as_soon_as_one_that_is_not_pulled(
    team: Team, registry: Registry, timeline: Timeline
) -> None:
    seconds: dict[str, list[float]] = {"pulled": [], "on the node": []}
    for number in range(TIMED):
        names = {kind: f"{kind.replace(' ', '-')}-{number}" for kind in seconds}
        pulled(team, names["pulled"], names["pulled"])
        team.await_phase(names["pulled"], "Succeeded")
        team.pod(names["on the node"], {"image": BASE, "command": ["true"]})
        team.await_phase(names["on the node"], "Succeeded")
        assert refused(team, names["pulled"]) == 0
        for kind, name in names.items():
            seconds[kind].append(after_init(team, timeline, name))
    for kind, found in seconds.items():
        FIGURES.append(
            f"from jasm-init's end to the app, image {kind}: median {statistics.median(found):.2f} "
            f"s, most {max(found):.2f} s; Events: {team.reasons(names[kind])}"
        )
