"""What `--pod` takes: a pod's name, also as kubectl prints it."""

import click

_KINDS = ("", "pod", "pods", "po")


def pod_name(_: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    """`web`, or `pod/web`. Raises BadParameter for what only has pods, such as `deploy/web`."""
    if given is None:
        return None
    kind, slash, name = given.rpartition("/")
    if kind.lower() not in _KINDS:
        raise click.BadParameter(f"{given} is no pod: name one of its pods, see kubectl get pods")
    if slash and not name:
        raise click.BadParameter("must be a pod's name")
    return name
