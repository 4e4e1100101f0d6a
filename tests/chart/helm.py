"""Helm 3: the one on PATH where it is new enough, else built by Go from the module proxy, once; and
Helm 4, always built so."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from initsync.testing.controlplane.gobuild import Part, found
from initsync.testing.controlplane.progress import Progress

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/chart/jasm"
PREVIOUS = Path(__file__).with_name("previous") / "jasm"
"""Frozen: its README.md says why."""
NAMESPACE = "jasm-system"
RELEASE = "jasm"
REGISTRY = "registry.invalid"
"""Of every image where a test chooses none, and of deploy/manifests: a name that resolves nowhere
(https://www.rfc-editor.org/rfc/rfc2606#section-2)."""
_REGISTERED = f"--values={Path(__file__).with_name('registry.yaml')}"
VERSION, VERSION_4 = "3.22.0", "4.3.2"
"""The same as in go/go.mod; a test compares them."""
_SAY_ALL = {"--set", "--set-json", "--kube-version", "--api-versions", "--show-only"}
_GO = Path(__file__).with_name("go")
_PACKAGE, _PACKAGE_4 = "helm.sh/helm/v3", "helm.sh/helm/v4"
# What Helm's own Makefile stamps; without it `helm template` takes the cluster for 1.20.
_STAMPS = {
    "internal/version.version": f"v{VERSION}",
    **{f"{package}.k8sVersionMajor": "1" for package in ("pkg/chartutil", "pkg/lint/rules")},
    **{f"{package}.k8sVersionMinor": "37" for package in ("pkg/chartutil", "pkg/lint/rules")},
}
HELM = Part(
    "helm",
    f"{_PACKAGE}/cmd/helm",
    _GO,
    f"helm-{VERSION}",
    ("-ldflags", " ".join(["-s -w", *(f"-X {_PACKAGE}/{it}={to}" for it, to in _STAMPS.items())])),
)
HELM_4 = Part(
    "helm",
    f"{_PACKAGE_4}/cmd/helm",
    _GO,
    f"helm-{VERSION_4}",
    ("-ldflags", f"-s -w -X {_PACKAGE_4}/internal/version.version=v{VERSION_4}"),
)


class HelmFailed(Exception):
    """Helm ended with another code than 0; the text is what it said."""


class Helm:
    """One `helm` program, with its files in a directory of its own; it asks no cluster."""

    def __init__(self, program: Path, home: Path, kubeconfig: Path | None = None) -> None:
        self._program, self._home = program, home
        self._rendered: dict[tuple[str, ...], str] = {}
        names = ("CACHE", "CONFIG", "DATA")
        self._env = {f"HELM_{name}_HOME": str(home / name.lower()) for name in names}
        # HOME: what it learns of a cluster goes to .kube there, or else to where it runs.
        self._env |= {"KUBECONFIG": str(kubeconfig or home / "none"), "HOME": str(home)}

    def of(self, kubeconfig: Path) -> "Helm":
        """The same for a cluster."""
        return Helm(self._program, self._home, kubeconfig)

    def post_renderer(self, script: Path) -> str:
        """The option that has all manifests go through an executable file. Helm 4 asks a plugin."""
        if _version_of(str(self._program))[:1] == (3,):
            return f"--post-renderer={script}"
        plugin = self._home / "data/plugins" / script.name
        plugin.mkdir(parents=True, exist_ok=True)
        about = {"name": script.name, "version": "1.0.0", "apiVersion": "v1"}
        about |= {"type": "postrenderer/v1", "runtime": "subprocess"}
        command = {"platformCommand": [{"command": str(script)}]}
        (plugin / "plugin.yaml").write_text(yaml.safe_dump({**about, "runtimeConfig": command}))
        return f"--post-renderer={script.name}"

    def run(self, *arguments: str) -> str:
        """What it prints. Raises HelmFailed."""
        command = [str(self._program), *arguments]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HelmFailed(f"helm {' '.join(arguments)}: {done.stderr}{done.stdout}")
        return done.stdout

    def release(self, verb: str, *arguments: str) -> str:
        """What `helm VERB` says of our release: install, upgrade and so on. Raises HelmFailed."""
        values = [_REGISTERED] if {str(CHART), str(PREVIOUS)} & {*arguments} else []
        return self.run(verb, RELEASE, f"--namespace={NAMESPACE}", *values, *arguments)

    def template(self, *arguments: str, chart: Path = CHART, name: str = RELEASE) -> str:
        """The chart's manifests, as `helm template` writes them. Raises HelmFailed.

        Once for the same arguments, unless they name files that a test may change.
        """
        if chart != CHART or not all(map(_is_fixed, arguments)):
            return self.rendered(*arguments, chart=chart, name=name)
        asked = (name, *arguments)
        if asked not in self._rendered:
            self._rendered[asked] = self.rendered(*arguments, name=name)
        return self._rendered[asked]

    def rendered(self, *arguments: str, chart: Path = CHART, name: str = RELEASE) -> str:
        """Likewise, rendered anew. Raises HelmFailed."""
        place = ("template", name, str(chart), f"--namespace={NAMESPACE}")
        values = [_REGISTERED] if chart == CHART else []
        return self.run(*place, *values, *arguments)

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """The same, parsed. Raises HelmFailed."""
        text = self.template(*arguments)
        return [it for it in yaml.load_all(text, Loader=yaml.CSafeLoader) if it]


def _is_fixed(argument: str) -> bool:
    """Whether it says the same each time: it is no file, or one of the chart's."""
    named, _, value = argument.partition("=")
    ours = Path(value).is_relative_to(CHART)
    return named in _SAY_ALL or (named == "--values" and ours)


def find_or_build(env: Mapping[str, str], progress: Progress) -> Path:
    """The program. Raises MissingToolchain and progress.Failed."""
    on_path = shutil.which("helm", path=env.get("PATH"))
    if on_path and _fits(_version_of(on_path)):
        return Path(on_path)
    return found(HELM, env, progress)


def build_4(env: Mapping[str, str], progress: Progress) -> Path:
    """Helm 4, built if need be. Raises MissingToolchain and progress.Failed."""
    return found(HELM_4, env, progress)


def _fits(version: tuple[int, ...]) -> bool:
    """Of the same major version, and not older than ours: older ones check schemas otherwise."""
    needed = tuple(map(int, VERSION.split(".")))
    return version[:1] == needed[:1] and version >= needed


def _version_of(program: str) -> tuple[int, ...]:
    command = [program, "version", "--template={{.Version}}"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)\.(\d+)", said)
    return tuple(map(int, numbers.groups())) if numbers else ()
