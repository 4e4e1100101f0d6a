"""What the API server refuses in a Pod, as far as an injector could get it wrong. Pure."""

from collections.abc import Iterator

from initsync.testing.apiserver.status import FieldError
from initsync.words.model import JsonObject

_SHORTEST_TOKEN = 600


def pod_errors(new: JsonObject, old: JsonObject | None) -> Iterator[FieldError]:
    """The rules that `new` breaks; of a stored pod only the metadata may change here."""
    spec = new.get("spec") or {}
    if old is not None:
        if spec != old["spec"]:
            detail = "pod updates may not change fields other than metadata"
            yield FieldError("spec", "Forbidden", detail)
        return
    if not spec.get("containers"):
        yield FieldError("spec.containers", "Required value")
    volumes = [volume["name"] for volume in spec.get("volumes") or []]
    for number, volume in enumerate(spec.get("volumes") or []):
        yield from _volume_errors(f"spec.volumes[{number}]", volume, volumes[:number])
    seen: set[str] = set()
    for kind in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(kind) or []):
            yield from _container_errors(f"spec.{kind}[{number}]", container, volumes, seen)
            seen.add(container.get("name", ""))
    for number, container in enumerate(spec.get("initContainers") or []):
        yield from _init_container_errors(f"spec.initContainers[{number}]", container)


def _init_container_errors(field: str, container: JsonObject) -> Iterator[FieldError]:
    """What only a native sidecar may have."""
    if container.get("restartPolicy") == "Always":
        return
    for probe in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            detail = "may not be set for init containers without restartPolicy=Always"
            yield FieldError(f"{field}.{probe}", "Forbidden", detail)


def _volume_errors(field: str, volume: JsonObject, others: list[str]) -> Iterator[FieldError]:
    if volume["name"] in others:
        yield FieldError(f"{field}.name", "Duplicate value", f'"{volume["name"]}"')
    for number, source in enumerate((volume.get("projected") or {}).get("sources") or []):
        token = source.get("serviceAccountToken") or {}
        if (seconds := token.get("expirationSeconds", _SHORTEST_TOKEN)) < _SHORTEST_TOKEN:
            here = f"{field}.projected.sources[{number}].serviceAccountToken.expirationSeconds"
            problem = f"{seconds}: may not specify a duration less than 10 minutes"
            yield FieldError(here, "Invalid value", problem)


def _container_errors(
    field: str, container: JsonObject, volumes: list[str], seen: set[str]
) -> Iterator[FieldError]:
    if not container.get("name"):
        yield FieldError(f"{field}.name", "Required value")
    elif container["name"] in seen:
        yield FieldError(f"{field}.name", "Duplicate value", f'"{container["name"]}"')
    if not container.get("image"):
        yield FieldError(f"{field}.image", "Required value")
    paths: list[str] = []
    for number, mount in enumerate(container.get("volumeMounts") or []):
        here = f"{field}.volumeMounts[{number}]"
        if mount["name"] not in volumes:
            yield FieldError(f"{here}.name", "Not found", f'"{mount["name"]}"')
        if mount["mountPath"] in paths:
            problem = f'"{mount["mountPath"]}": must be unique'
            yield FieldError(f"{here}.mountPath", "Invalid value", problem)
        paths.append(mount["mountPath"])
