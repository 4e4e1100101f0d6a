"""Stored pods whose container shows what it was given."""

import sys
from pathlib import Path

from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words.model import JsonObject

# Prints its whole environment and every file below the directories named there.
SHOW = f"""#!{sys.executable} -IS
import json, os, sys
files = {{}}
for name, value in os.environ.items():
    for root, _, names in os.walk(value, followlinks=True) if os.path.isdir(value) else ():
        for found in names:
            if ".." not in root[len(value):]:
                path = os.path.join(root, found)
                with open(path) as file:
                    files[f"{{name}}{{path[len(value):]}}"] = file.read()
print(json.dumps({{"env": dict(os.environ), "files": files, "args": sys.argv[1:]}}))
"""


def with_namespace(api: EmbeddedApiServer) -> EmbeddedApiServer:
    """The cluster with namespace shop and its ServiceAccount app."""
    api.create_namespace("shop")
    api.create_service_account("shop", "app")
    return api


def with_program(directory: Path) -> Path:
    """The directory with the program `show` in it."""
    show = directory / "show"
    show.write_text(SHOW)
    show.chmod(0o755)
    return directory


def created(
    api: EmbeddedApiServer,
    container: JsonObject,
    volumes: list[JsonObject] | None = None,
    annotations: dict[str, str] | None = None,
) -> JsonObject:
    """A pod of that container, which runs `show` unless it says otherwise."""
    pod = manifests.pod("shop", "", annotations)
    pod["metadata"] |= {"generateName": "web-", "labels": {"tier": "front"}}
    init = {"name": "init", "image": "registry.invalid/x:1", "command": ["show"], **container}
    pod["spec"] |= {
        "serviceAccountName": "app",
        "initContainers": [init],
        "volumes": volumes or [],
    }
    return api.create(pod)


def mounted(name: str, path: str, **more: str) -> JsonObject:
    """A container's part that mounts a volume."""
    return {"volumeMounts": [{"name": name, "mountPath": path, **more}]}
