"""JASM's own parts of the cluster: the injection, its server, its guard, their versions. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from initsync.doctor.result import Result, Unread, failed, ok, skipped, warning
from initsync.inventory import registrations, why
from initsync.kube import podfields
from initsync.words.model import JsonObject

_VERSION = "app.kubernetes.io/version"
OLDEST = (1, 30)
_TAG = re.compile(r"[^@]*:(?P<tag>[^:/@]+)(@.+)?")

Objects = list[JsonObject] | Unread


class Registered(NamedTuple):
    """Everything in a cluster that injects into pods."""

    hooks: Objects
    policies: Objects
    bindings: Objects
    others: tuple[str, ...] = ()
    """The names of other webhook configurations for pods."""

    @property
    def injecting(self) -> list[why.Injecting] | None:
        """The same with its selectors; None where not all was read."""
        if isinstance(self.hooks, Unread) or isinstance(self.policies, Unread):
            return None
        return why.injecting(self.hooks, self.policies, self.others)


class ServiceRef(NamedTuple):
    """The Service that a webhook's entries name."""

    namespace: str
    name: str


def api_version(found: str) -> Result:
    """Judge the API server's version."""
    numbers = re.match(r"v?(\d+)\.(\d+)", found)
    version = tuple(map(int, numbers.groups())) if numbers else OLDEST
    if version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        return failed("api-server", f"it is {found}", f"JASM needs Kubernetes {needed} or newer")
    return ok("api-server", f"it is {found}")


def entries(found: Objects) -> list[Mapping[str, Any]]:
    """All that send pods to an injector."""
    return [] if isinstance(found, Unread) else [hook for one in found for hook in one["webhooks"]]


def service(found: Objects) -> ServiceRef | None:
    """Where the entries lead; None where they name a URL, or where there are none."""
    for hook in entries(found):
        if named := hook["clientConfig"].get("service"):
            return ServiceRef(named["namespace"], named["name"])
    return None


def certificate_secret(deployments: Objects, to: ServiceRef) -> str:
    """The name of the Secret with the injector's certificate."""
    for deployment in [] if isinstance(deployments, Unread) else deployments:
        for volume in deployment["spec"]["template"]["spec"].get("volumes") or []:
            if named := (volume.get("secret") or {}).get("secretName"):
                return str(named)
    return f"{to.name}-tls"  # as deploy/ and the chart have it


def registration(found: Registered, *, needed: bool) -> Result:
    """Whether new pods are injected. `needed`: nobody has said that these are made by hand."""
    hooks, policies, bindings, _ = found
    if isinstance(hooks, Unread):
        return hooks.result("registration")
    if hooks and not isinstance(policies, Unread) and policies:
        names = ", ".join(one["metadata"]["name"] for one in [*hooks, *policies])
        advice = "run the same helm upgrade again: only what injection.mode names then stays"
        return warning("registration", f"a webhook and a policy both inject: {names}", advice)
    if hooks:
        return _webhook(hooks)
    if isinstance(policies, Unread):
        return skipped("registration", f"there is no webhook; of policies: {policies.why}")
    if policies:
        return _policy(policies, bindings)
    told = failed if needed else warning
    said = "neither a webhook nor a MutatingAdmissionPolicy of JASM injects pods"
    return told("registration", said, "install JASM, or write the container into your pods")


def _webhook(hooks: list[JsonObject]) -> Result:
    names = ", ".join(one["metadata"]["name"] for one in hooks)
    every = entries(hooks)
    lacking = [
        hook["name"]
        for hook in every
        if "service" in hook["clientConfig"] and not hook["clientConfig"].get("caBundle")
    ]
    if lacking:
        said = f"MutatingWebhookConfiguration {names} has no caBundle in {', '.join(lacking)}"
        advice = "put the injector's CA there: no API server trusts it otherwise"
        return failed("registration", said, advice)
    if len({hook["clientConfig"].get("caBundle") for hook in every}) > 1:
        said = f"the entries of MutatingWebhookConfiguration {names} have different caBundles"
        return warning("registration", said, "give them all the newest")
    number = len(every)
    plural = "y" if number == 1 else "ies"
    return ok("registration", f"MutatingWebhookConfiguration {names}, {number} entr{plural}")


def _policy(policies: list[JsonObject], bindings: Objects) -> Result:
    names = {one["metadata"]["name"] for one in policies}
    said = f"MutatingAdmissionPolicy {', '.join(sorted(names))}"
    if isinstance(bindings, Unread):
        return skipped("registration", f"{said} is there; of its binding: {bindings.why}")
    bound = {one["spec"]["policyName"] for one in bindings}
    if names - bound:
        advice = "a policy without binding does nothing: install JASM's chart anew"
        return failed("registration", f"{said} has no binding", advice)
    return ok("registration", said)


def endpoints(to: ServiceRef, slices: Objects) -> Result:
    """Whether anybody answers the API server's calls. `slices` are the Service's EndpointSlices."""
    if isinstance(slices, Unread):
        return slices.result("injector")
    every = [point for one in slices for point in one.get("endpoints") or []]
    ready = [point for point in every if (point.get("conditions") or {}).get("ready") is not False]
    said = f"{len(ready)} of {len(every)} endpoints of Service {to.namespace}/{to.name} are ready"
    if not ready:
        look = f"look at its pods: kubectl -n {to.namespace} get pods -l {registrations.LABELS}"
        return failed("injector", f"{said}: annotated pods cannot be made", look)
    return ok("injector", said)


def guard(policies: Objects, bindings: Objects) -> Result:
    """Whether pods are held to their own Secrets (D27)."""
    if isinstance(policies, Unread):
        return policies.result("guard")
    if not policies:
        said = "no ValidatingAdmissionPolicy of JASM is there: a stolen pod token can write more"
        return warning("guard", said, "install it: guard.enabled of the chart")
    names = {one["metadata"]["name"] for one in policies}
    said = f"ValidatingAdmissionPolicy {', '.join(sorted(names))}"
    if isinstance(bindings, Unread):
        return skipped("guard", f"{said} is there; of its binding: {bindings.why}")
    denying = {
        one["spec"]["policyName"]
        for one in bindings
        if "Deny" in (one["spec"].get("validationActions") or [])
    }
    if names - denying:
        return warning("guard", f"{said} denies nothing", "bind it with the validationAction Deny")
    return ok("guard", said)


def versions(deployments: Objects, policies: Objects, pod: JsonObject | None, own: str) -> Result:
    """Compare the versions of injector, policy and init image with this program's."""
    images = {} if isinstance(deployments, Unread) else _images(deployments)
    for policy in [] if isinstance(policies, Unread) else policies:
        if version := policy["metadata"]["labels"].get(_VERSION):
            images["the policy"] = f"{policy['metadata']['name']}:{version}"
    if container := podfields.ours(pod) if pod else None:
        images["the pod's jasm-init"] = container.get("image", "")
    if not images and isinstance(deployments, Unread):
        return deployments.result("versions")
    if not images:
        return skipped("versions", "neither injector nor policy is there")
    tags = {
        what: found["tag"] for what, image in images.items() if (found := _TAG.fullmatch(image))
    }
    others = {what: tag for what, tag in tags.items() if tag.removeprefix("v") != own}
    said = ", ".join(f"{what} {image}" for what, image in images.items())
    if others:
        wrong = ", ".join(f"{what} is {tag}" for what, tag in others.items())
        return warning("versions", f"this is initsync {own}, {wrong}", "use one version of all")
    return ok("versions", f"this is initsync {own}; {said}")


def _images(deployments: Iterable[JsonObject]) -> dict[str, str]:
    found = {}
    for deployment in deployments:
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            words = [*(container.get("command") or []), *(container.get("args") or [])]
            for word in words:
                if word.startswith("--image="):
                    found["injector"] = container["image"]
                    found["its init image"] = word.removeprefix("--image=")
    return found
