"""`initsync policy`: what the pods' ServiceAccounts must be allowed, for AWS and for Kubernetes."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from initsync import (
    check,
    checking,
    cloudroles,
    keys,
    permits,
    providers,
    terraform,
    wishes,
    yamltext,
)
from initsync.aws import endpoints, iam
from initsync.aws.iam import Place
from initsync.cli_cluster import Asked, ending, opened, options
from initsync.cloudroles import CloudRole, Trust
from initsync.clusterreads import PODS
from initsync.errors import InvalidSetup
from initsync.model import JsonObject
from initsync.permits import Permit
from initsync.progress import Progress
from initsync.terminal import say
from initsync.wishes import Wish

_EXIT_CODES = """\b
Exit codes:
  0  everything is printed
  1  a bug in JASM
  2  wrong use, a file that cannot be read, or no usable kubeconfig
  3  an annotation is invalid; nothing is printed
  5  the Kubernetes API cannot be reached, or refuses
"""
_OUTPUTS = ("yaml", "json", "kubernetes", "helm", "terraform")
_NAMESPACE = "Of objects that have none; without FILE: read the pods that are there."


def _account(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    if given is not None and not re.fullmatch("[0-9]{12}", given):
        raise click.BadParameter("must be an AWS account's twelve digits")
    return given or ""


def _region(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    if given is not None and not endpoints.valid_region(given):
        raise click.BadParameter("must be an AWS region, such as eu-west-1")
    return given or ""


def _keys(_: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in given:
        path, _sign, key = entry.rpartition("=")  # a path may have the sign, an ARN of a key not
        if rule := iam.key_problem(key):
            raise click.BadParameter(rule)
        if path in found:
            raise click.BadParameter(f"names two keys for {path or 'every secret'}")
        found[path] = key
    return found


def _issuer(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    issuer = (given or "").removeprefix("https://").rstrip("/")
    if given is not None and not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._/-]+)?", issuer):
        raise click.BadParameter("must be a URL, https://HOST/PATH")
    return issuer


def _name(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9+=,.@-]{1,32}", given):
        raise click.BadParameter("must be 1 to 32 letters, digits and +=,.@-")
    return given


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", metavar="[FILE...]", nargs=-1)
@click.option(
    "--account", callback=_account, help="The AWS account of the pods' roles; needed for them."
)
@click.option("--region", callback=_region, help="Of secrets that are named without an ARN.")
@click.option(
    "--kms-key",
    "kms_keys",
    multiple=True,
    callback=_keys,
    metavar="[PATH=]ARN",
    help="The customer-managed key of the secret at PATH, or of every other of its region.",
)
@click.option(
    "--trust",
    type=click.Choice(cloudroles.TRUSTS),
    help="How pods become their role; default: irsa with --oidc-issuer, else pod-identity.",
)
@click.option("--oidc-issuer", callback=_issuer, metavar="URL", help="Of the cluster, for IRSA.")
@click.option("--cluster", default="", help="The EKS cluster's name, for Pod Identity.")
@click.option(
    "--prefix", default="jasm", callback=_name, help="What names in IAM begin with; default: jasm."
)
@options(_NAMESPACE, 300, _OUTPUTS)
def policy(
    paths: tuple[str, ...],
    account: str,
    region: str,
    kms_keys: dict[str, str],
    trust: str | None,
    oidc_issuer: str,
    cluster: str,
    prefix: str,
    **asked: Any,
) -> None:
    """Print what the ServiceAccounts of annotated pods must be allowed, and no more.

    FILE is as for `initsync check`; without any, the pods of the namespace -n are read.
    Per ServiceAccount: the role's permissions and trust policy, the Kubernetes Role and
    RoleBinding. -o kubernetes is for kubectl apply, -o helm for the chart's values.
    """
    chosen = Asked(**asked)
    _refuse(paths, account, chosen)
    trusted = _trust(trust, oidc_issuer, cluster)
    with ending(chosen):
        found = permits.permits(_of_files(paths, chosen) if paths else _of_pods(chosen))
        if not found:
            say("warning: no pod asks for a secret", err=True)
        if chosen.output in _KUBERNETES:
            click.echo(yamltext.dump(_KUBERNETES[chosen.output](found)), nl=False)
            return
        place = _place(found, account, region, kms_keys)
        roles = [cloudroles.cloud_role(permit, place, trusted, prefix) for permit in found]
        click.echo(_CLOUD[chosen.output](roles, trusted), nl=False)
        for role in roles:
            for line in _warnings(role, place):
                say(f"warning: {line}", err=True)


def _refuse(paths: tuple[str, ...], account: str, asked: Asked) -> None:
    """Raise UsageError for what does not go together."""
    if not paths and not asked.namespace:
        raise click.UsageError("name files of manifests, or a namespace: -n NAMESPACE")
    if paths and (asked.kube_context or asked.kubeconfig):
        raise click.UsageError("--context and --kubeconfig are for a namespace without FILE")
    if not account and asked.output not in _KUBERNETES:
        raise click.UsageError("policies of AWS need --account; -o kubernetes and helm do not")


def _trust(kind: str | None, issuer: str, cluster: str) -> Trust:
    kind = kind or ("irsa" if issuer else "pod-identity")
    if (kind == "irsa") != bool(issuer):
        raise click.UsageError("--trust irsa and --oidc-issuer belong together")
    if cluster and kind != "pod-identity":
        raise click.UsageError("--cluster is for --trust pod-identity")
    return Trust(kind, issuer, cluster)


def _of_files(paths: tuple[str, ...], asked: Asked) -> list[Wish]:
    found: list[Wish] = []
    with Progress(sys.stderr).step("read the manifests"):
        for manifest in checking.all_valid(paths):
            try:
                found += wishes.of_manifest(manifest.text, asked.namespace or "")
            except InvalidSetup as error:
                raise InvalidSetup(manifest.file, str(error)) from None
    return found


def _of_pods(asked: Asked) -> list[Wish]:
    place = opened(asked)
    with place.progress.step("list pods"):
        pods = list(place.reads.pages(PODS, asked.namespace or ""))
    if problems := list(_problems(pods)):
        for problem in problems:
            say(problem, err=True)
        sys.exit(3)
    return list(wishes.of_pods(pods))


def _problems(pods: Iterable[JsonObject]) -> Iterator[str]:
    """What is wrong in the pods' annotations, the same of many pods once."""
    told = set[str]()
    for pod in pods:
        metadata = pod["metadata"]
        said = metadata.get("annotations") or {}
        served = said if keys.ANNOTATION in said else {}
        for error in check.problems(served, providers.names(), providers.check_path):
            if str(error) not in told:
                told.add(str(error))
                yield f"Pod {metadata['namespace']}/{metadata['name']}: {error}"


def _place(found: list[Permit], account: str, region: str, kms_keys: dict[str, str]) -> Place:
    """Raises InvalidSetup where a region is missing, or a key is nobody's."""
    paths = sorted({path for permit in found for path in permit.paths})
    if not region:
        for path in paths:
            if not endpoints.is_arn(path):
                raise InvalidSetup(f"{path} is a name without a region", "give it by --region")
        region = next((endpoints.region_of(path, {}) or "" for path in paths), "")
    place = Place(account, region, kms_keys)
    used = {iam.key_of(path, place) for path in paths}
    for path, key in kms_keys.items():
        if key not in used or path not in ("", *paths):
            problem = f"--kms-key {path}{'=' if path else ''}{key} is no secret's"
            raise InvalidSetup(problem, "name a path as an annotation has it, or leave it out")
    return place


def _warnings(role: CloudRole, place: Place) -> Iterator[str]:
    whose = f"ServiceAccount {role.permit.namespace}/{role.permit.account}"
    if len(role.policies) > iam.POLICIES_LIMIT:
        have = f"{len(role.policies)} policies of {iam.POLICY_LIMIT} characters"
        yield f"{whose} needs {have}, and a role takes {iam.POLICIES_LIMIT} by default"
    keyed = {iam.secret(path, place) for path in role.permit.paths if iam.key_of(path, place)}
    for arn in cloudroles.foreign(role.permit, place):
        key = "" if arn in keyed else "; its KMS key, too: name that by --kms-key"
        yield f"{whose}: {arn} is in another account, which must share it (resourcePolicies){key}"


def _review(found: list[CloudRole], trust: Trust) -> JsonObject:
    return {"serviceAccounts": [cloudroles.as_object(role, trust) for role in found]}


_CLOUD = {
    "yaml": lambda found, trust: yamltext.dump([_review(found, trust)]),
    "json": lambda found, trust: json.dumps(_review(found, trust), indent=2) + "\n",
    "terraform": terraform.text,
}
_KUBERNETES: dict[str, Callable[[list[Permit]], Iterable[JsonObject]]] = {
    "kubernetes": lambda found: (one for permit in found for one in permit.objects()),
    "helm": lambda found: [permits.chart_values(found)],
}
