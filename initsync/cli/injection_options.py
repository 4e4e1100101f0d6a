"""The options that say what an injected container is like: of the injector that makes it, and of
`initsync manifest` that writes it down.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from initsync.annotation.quantity import value
from initsync.injection.settings import InjectionSettings
from initsync.words import keys, rules
from initsync.words.wording import shown

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = InjectionSettings("")

# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
_NAME = re.compile(r"[!-<>-~]+")


def _image(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """Check that an option's value can be an image's name. Raises BadParameter."""
    if not given or any(character.isspace() for character in given):
        raise click.BadParameter("must name an image, without white space")
    return given


def _user(_: click.Context, _parameter: click.Parameter, given: int) -> int | None:
    """A UID that is not root's."""
    if given == 0:
        raise click.BadParameter("must not be root's: jasm-init runs as non-root")
    return None if given < 0 else given


def _quantity(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """Check that an option's value is a quantity above zero. Raises BadParameter."""
    if not value(given):
        raise click.BadParameter("must be a quantity above zero, such as 100m or 64Mi")
    return given


_FILE = re.compile("[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?")
_TAKEN = ("token", "ca.crt", "namespace", "platform-ca.crt", keys.CREDENTIALS_FILE)
_FILE_RULE = f"must be up to 63 of a-z, 0-9, '-' and '.', and not {', '.join(_TAKEN)}"
_AUDIENCE = re.compile("[!-~]{1,512}")
_AUDIENCE_RULE = "must be there, without white space: a token without one is the API server's own"


def _pairs(
    _: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """NAME=VALUE, any number of them."""
    pairs = tuple(entry.partition("=")[::2] for entry in given)
    if not all(
        "=" in entry and _NAME.fullmatch(name)
        for entry, (name, _) in zip(given, pairs, strict=True)
    ):
        raise click.BadParameter("must be NAME=VALUE, the name of printable ASCII characters")
    return tuple((name, value) for name, value in pairs)


def _labels(
    _: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """NAME=VALUE, as a label of a Secret may be."""
    pairs = tuple(entry.partition("=")[::2] for entry in given)
    for entry, pair in zip(given, pairs, strict=True):
        if rule := _label_problem(*pair) if "=" in entry else "must be NAME=VALUE":
            raise click.BadParameter(f"{shown(entry)} {rule}")
    return pairs


def _tokens(
    _: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """FILE=AUDIENCE, of each file one."""
    pairs = tuple(entry.partition("=")[::2] for entry in given)
    for entry, (file, audience) in zip(given, pairs, strict=True):
        if not _FILE.fullmatch(file) or file in _TAKEN:
            raise click.BadParameter(f"{shown(entry)}: FILE {_FILE_RULE}")
        if not _AUDIENCE.fullmatch(audience):
            raise click.BadParameter(f"{shown(entry)}: AUDIENCE {_AUDIENCE_RULE}")
    if len(dict(pairs)) < len(pairs):
        raise click.BadParameter("names a file twice")
    return pairs


def _label_problem(name: str, value: str) -> str | None:
    return rules.mark_problem(name) or rules.label_value_problem(value)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    # No default: without a registry its name would be docker.io's to give away.
    click.option(
        "--image",
        callback=_image,
        required=True,
        help="The image with jasm-init, in your registry; best by digest.",
    ),
    click.option(
        "--pull-policy",
        type=click.Choice(["Always", "IfNotPresent", "Never"]),
        default=_DEFAULT.pull_policy,
        show_default=True,
    ),
    click.option(
        "--run-as-user",
        callback=_user,
        type=click.IntRange(-1, 2**31 - 1),
        default=_DEFAULT.run_as_user,
        show_default=True,
        help="UID of jasm-init, not root's; -1 leaves it to the cluster.",
    ),
    click.option(
        "--seccomp-profile",
        type=click.Choice([_DEFAULT.seccomp_profile, "none"]),
        default=_DEFAULT.seccomp_profile,
        show_default=True,
        help="Of jasm-init; none leaves it out, as OpenShift's SCC anyuid wants it.",
    ),
    click.option(
        "--cpu",
        default=_DEFAULT.cpu,
        show_default=True,
        callback=_quantity,
        help="Least CPU in limited pods.",
    ),
    click.option(
        "--memory",
        default=_DEFAULT.memory,
        show_default=True,
        callback=_quantity,
        help="Likewise.",
    ),
    click.option(
        "--max-cpu",
        default=_DEFAULT.max_cpu,
        show_default=True,
        callback=_quantity,
        help="Most CPU that jasm-init copies from the app container that has most.",
    ),
    click.option(
        "--max-memory",
        default=_DEFAULT.max_memory,
        show_default=True,
        callback=_quantity,
        help="Likewise.",
    ),
    click.option(
        "--sidecar-cpu",
        default=_DEFAULT.sidecar_cpu,
        show_default=True,
        callback=_quantity,
        help="CPU of a sidecar in limited pods, in mode sidecar.",
    ),
    click.option(
        "--sidecar-memory",
        default=_DEFAULT.sidecar_memory,
        show_default=True,
        callback=_quantity,
        help="Likewise.",
    ),
    click.option(
        "--container-restart-policy",
        is_flag=True,
        help="Your cluster has 1.35 or newer: let the kubelet try again in pods that it would not.",
    ),
    click.option(
        "--env", multiple=True, callback=_pairs, metavar="NAME=VALUE", help="For jasm-init."
    ),
    click.option(
        "--secret-label",
        "secret_labels",
        multiple=True,
        callback=_labels,
        metavar="NAME=VALUE",
        help="A label for every Secret that jasm-init writes; repeatable.",
    ),
    click.option(
        "--ca-configmap",
        default="",
        metavar="NAME",
        help="ConfigMap of each pod's namespace with CA certificates that jasm-init trusts, too.",
    ),
    click.option(
        "--token",
        "tokens",
        multiple=True,
        callback=_tokens,
        metavar="FILE=AUDIENCE",
        help="A further token of jasm-init, for one store: its file's name; repeatable.",
    ),
    click.option(
        "--credentials-configmap",
        default="",
        metavar="NAME",
        help="ConfigMap of each pod's namespace with a cloud's credential configuration.",
    ),
    click.option(
        "--credentials-key", default=_DEFAULT.credentials_key, show_default=True, help="Its key."
    ),
    click.option("--ca-key", default=_DEFAULT.ca_key, show_default=True, help="Its key, of PEM."),
    click.option(
        "--mesh-proxy",
        "mesh_proxies",
        multiple=True,
        default=_DEFAULT.mesh_proxies,
        show_default=True,
        metavar="NAME",
        help="A native sidecar that must run before jasm-init can use the network; repeatable, and "
        "empty for none.",
    ),
    click.option(
        "--token-seconds",
        type=click.IntRange(600, 2**32),
        default=_DEFAULT.token_seconds,
        show_default=True,
        help="Life of jasm-init's ServiceAccount token.",
    ),
)


def container(command: Command) -> Command:
    """All of them, by the names of `InjectionSettings`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
