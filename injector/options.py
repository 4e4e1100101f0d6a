"""What is checked of options about injected containers; the callbacks of click's options."""

import re

import click

from injector.quantity import value

# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
_NAME = re.compile(r"[!-<>-~]+")


def image(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """An image's name."""
    if not given or any(character.isspace() for character in given):
        raise click.BadParameter("must name an image, without white space")
    return given


def user(_: click.Context, _parameter: click.Parameter, given: int) -> int:
    """A UID that is not root's."""
    if given == 0:
        raise click.BadParameter("must not be root's: jasm-init runs as non-root")
    return given


def quantity(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """A quantity above zero."""
    if not value(given):
        raise click.BadParameter("must be a quantity above zero, such as 100m or 64Mi")
    return given


def pairs(
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
