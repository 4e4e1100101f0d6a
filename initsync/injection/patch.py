"""A pod in, JSON Patch operations out: pure, idempotent, and never a list replaced as a whole.

The pod stays the raw dict that the API server sent: typed objects would lose fields newer than
they are. https://www.rfc-editor.org/rfc/rfc6902
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from initsync import providers
from initsync.annotation import policy
from initsync.annotation.request import parse
from initsync.injection import choices, container, eligible, identity, volumes, waiter
from initsync.injection.choices import Choices
from initsync.injection.container import Volumes
from initsync.injection.settings import InjectionSettings
from initsync.injection.waiter import Alone, Waited
from initsync.kube import place, podfields, reach, secretuse
from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.model import PodRef, types

Operation = dict[str, Any]


class Injection(NamedTuple):
    """What to do to one pod, and what to tell whoever made it."""

    operations: list[Operation]
    warnings: list[str]
    skipped: str = ""
    """Why there is nothing to do."""
    invalid: str = ""
    """What is wrong with the pod's annotations; it is injected all the same, for the container
    says it too, on the pod."""
    refused: str = ""
    """Why such a pod may not be made: what it asks for could never be done in it."""


def inject(pod: Mapping[str, Any], namespace: str, settings: InjectionSettings) -> Injection:
    """The patch that puts `jasm-init` into `pod`."""
    annotations = pod["metadata"].get("annotations") or {}
    if reason := eligible.skip_reason(pod, settings.image):
        warning = f"{keys.CONTAINER} was not injected: {TOLD[reason]}" if reason in TOLD else ""
        return Injection([], [warning] if warning else [], reason)
    chosen, at = choices.of(pod), _place(pod, settings)
    warnings = list(choices.ignored(pod, chosen))
    try:
        policy.parse(annotations)
        owner = PodRef(namespace, pod["metadata"].get("name", ""), "")
        text = annotations[keys.ANNOTATION]
        wanted = types(parse(text, owner, providers))
    except JasmError as error:
        operations = [
            *_not_waited_for(pod, annotations),
            *_operations(pod, chosen, Waited([]), at, settings),
        ]
        return Injection(operations, [*warnings, str(error)], "", str(error))
    if problem := reach.problem(pod, container.user(pod, chosen, settings)):
        return Injection([], [], refused=str(problem))
    warnings += reach.warnings(pod, wanted)
    shown = list(volumes.showing(pod, wanted))
    before = (pod["spec"].get("initContainers") or [])[:at]
    warnings += secretuse.problems(pod["spec"], wanted, before, waits=chosen.waits)
    waited = Waited(shown, len(wanted) > 1, tuple(wanted))
    operations = [*_optional(shown), *_operations(pod, chosen, waited, at, settings)]
    return Injection(operations, warnings)


def _not_waited_for(pod: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[Operation]:
    """The patch by which `jasm-init` starts to say on the pod that the annotation is invalid.

    No app follows it, so no Secret is missed; which one was meant is not always known.
    """
    if not policy.starts_anyway(annotations):
        yield from _optional(list(volumes.showing(pod, None)))


TOLD = {
    "windows": "it does not run on Windows",
    "name taken": f"a container of the pod has its name, {keys.CONTAINER}: rename that one",
}
"""The reasons that whoever made the pod should hear of."""


def _operations(
    pod: Mapping[str, Any], chosen: Choices, waited: Waited, at: int, settings: InjectionSettings
) -> Iterator[Operation]:
    """`at`: the index of ours among the init containers."""
    added = _waiting if chosen.waits else _syncing
    created, containers = added(pod, chosen, waited, settings)
    if containers[-1]["name"] == keys.WAITER:
        for name, skipped in identity.skipping(keys.WAITER, pod["metadata"]):
            yield _add(annotation_path(name), skipped)
    yield from _pulled(pod, settings)
    yield from _inserted("/spec/volumes", pod["spec"].get("volumes"), created)
    before = pod["spec"].get("initContainers")
    yield from _inserted("/spec/initContainers", before, containers, at)
    yield _add(annotation_path(keys.INJECTED), settings.version)


class _Added(NamedTuple):
    volumes: list[dict[str, Any]]
    containers: list[dict[str, Any]]


def _syncing(
    pod: Mapping[str, Any], chosen: Choices, waited: Waited, settings: InjectionSettings
) -> _Added:
    names = _free_names(pod)
    created = [
        container.podinfo_volume(names.podinfo),
        container.token_volume(names.token, settings),
    ]
    containers = [_first(pod, chosen, waited, names, settings)]
    if waited.shown or chosen.sidecar:
        created.append(waiter.handover_volume(names.handover))
    if waited.shown:
        containers.append(waiter.wait_container(pod, chosen, waited, names.handover, settings))
    return _Added(created, containers)


def _first(
    pod: Mapping[str, Any],
    chosen: Choices,
    waited: Waited,
    names: Volumes,
    settings: InjectionSettings,
) -> dict[str, Any]:
    """`jasm-init`; it sees the Secret's volumes itself where it tells the app of another value."""
    made = container.init_container(pod, chosen, names, settings, waited=bool(waited.shown))
    if not chosen.tells:
        return made
    watched = waiter.watched(waited)
    return made | {
        "env": made["env"] + watched.env,
        "volumeMounts": made["volumeMounts"] + watched.mounts,
    }


def _waiting(
    pod: Mapping[str, Any], chosen: Choices, waited: Waited, settings: InjectionSettings
) -> _Added:
    """Nothing by which it could be anybody."""
    taken = _taken(pod)
    numbered = (f"{container.WAIT_VOLUME}-{number}" for number in count())
    free = (name for name in numbered if name not in taken)
    secrets = [name for name, _ in zip(free, waited.secrets, strict=False)]
    names = Alone(_free(container.PODINFO_VOLUME, taken), secrets)
    created = [
        container.podinfo_volume(names.podinfo),
        *map(waiter.secret_volume, secrets, waited.secrets),
    ]
    return _Added(created, [waiter.alone(pod, chosen, waited, names, settings)])


def _place(pod: Mapping[str, Any], settings: InjectionSettings) -> int:
    """The index of ours among the init containers."""
    annotations = pod["metadata"].get("annotations") or {}
    return place.index(pod["spec"].get("initContainers") or [], annotations, settings.mesh_proxies)


def annotation_path(name: str) -> str:
    """The path of a pod's annotation, as a JSON Pointer."""
    return f"/metadata/annotations/{name.replace('/', '~1')}"


def _inserted(
    path: str, before: list[Any] | None, items: list[Any], index: int | None = None
) -> Iterator[Operation]:
    """Into a list that is there, one by one; a list that is not is made."""
    if not before:
        yield _add(path, items)
        return
    for number, item in enumerate(items):
        yield _add(f"{path}/{'-' if index is None else index + number}", item)


def _pulled(pod: Mapping[str, Any], settings: InjectionSettings) -> Iterator[Operation]:
    """Add pull secrets; those of the ServiceAccount are there already."""
    before = pod["spec"].get("imagePullSecrets") or []
    there = {found.get("name") for found in before}
    missing = [{"name": name} for name in settings.image_pull_secrets if name not in there]
    if missing:
        yield from _inserted("/spec/imagePullSecrets", before, missing)


def _optional(shown: Sequence[volumes.Shown]) -> Iterator[Operation]:
    yield from (_add(f"{by.path}/optional", True) for by in shown if not by.optional)


def _free_names(pod: Mapping[str, Any]) -> Volumes:
    taken = _taken(pod)
    wanted = (container.PODINFO_VOLUME, container.TOKEN_VOLUME, container.HANDOVER_VOLUME)
    return Volumes(*(_free(name, taken) for name in wanted))


def _taken(pod: Mapping[str, Any]) -> set[str]:
    """Names of volumes, and of what a container mounts: it would get what is ours."""
    spec = pod["spec"]
    taken = {volume["name"] for volume in spec.get("volumes") or []}
    for one in podfields.containers(spec):
        taken.update(mount["name"] for mount in one.get("volumeMounts") or [])
    return taken


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}-{number}" for number in count(1))
    return next(found for found in chain([name], numbered) if found not in taken)


def _add(path: str, value: Any) -> Operation:
    return {"op": "add", "path": path, "value": value}
