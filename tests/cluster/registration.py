"""The registration of a release, as it is stored."""

from initsync.testing.controlplane import ControlPlane

PATH = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/jasm-injector"


def bundles(api: ControlPlane) -> set[str]:
    """The caBundles of its entries, base64; of one that has none empty."""
    entries = api.request("GET", PATH).body["webhooks"]
    return {it["clientConfig"].get("caBundle", "") for it in entries}


def certified(api: ControlPlane) -> bool:
    """Whether each has the same."""
    found = bundles(api)
    return len(found) == 1 and found != {""}
