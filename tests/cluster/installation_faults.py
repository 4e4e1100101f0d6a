"""What can be broken of JASM's installation, and the doctor's lines for it."""

from collections.abc import Callable

from initsync.words.model import JsonObject
from tests.cluster.clinic import SYSTEM, TLS, Clinic, documents

(HOOKS,) = documents("mutatingwebhookconfiguration.yaml")
GUARD = {found["kind"]: found for found in documents("guard.yaml")}
POLICY = GUARD["ValidatingAdmissionPolicy"]
BINDING = GUARD["ValidatingAdmissionPolicyBinding"]
(DEPLOYMENT,) = documents("deployment.yaml")
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": TLS, "namespace": SYSTEM}}


def hooks(clinic: Clinic) -> list[JsonObject]:
    """The entries of the registration, as they are now."""
    found: list[JsonObject] = clinic.api.get(HOOKS)["webhooks"]
    return found


def not_registered(clinic: Clinic) -> None:
    clinic.delete(HOOKS)


def no_bundle_in_one(clinic: Clinic) -> None:
    entries = hooks(clinic)
    del entries[1]["clientConfig"]["caBundle"]
    clinic.patch(HOOKS, {"webhooks": entries})


def another_ca_in_one(clinic: Clinic) -> None:
    before = hooks(clinic)
    clinic.certificate(days=365)
    entries = hooks(clinic)
    entries[0]["clientConfig"] = before[0]["clientConfig"]
    clinic.patch(HOOKS, {"webhooks": entries})


def another_ca(clinic: Clinic) -> None:
    before = hooks(clinic)
    clinic.certificate(days=365)
    clinic.patch(HOOKS, {"webhooks": before})


def not_ready(clinic: Clinic) -> None:
    clinic.endpoints(ready=False)


def ended(clinic: Clinic) -> None:
    clinic.certificate(days=10, age=20)


def ends_soon(clinic: Clinic) -> None:
    clinic.certificate(days=100, age=90)


def of_another_name(clinic: Clinic) -> None:
    clinic.certificate(days=365, host="jasm-injector.elsewhere.svc")


def no_certificate(clinic: Clinic) -> None:
    clinic.delete(SECRET)


def garbage_for_a_certificate(clinic: Clinic) -> None:
    clinic.patch(SECRET, {"data": {"tls.crt": "cGw0bnRlZA=="}})


def no_guard(clinic: Clinic) -> None:
    clinic.delete(BINDING)
    clinic.delete(POLICY)


def guard_that_only_logs(clinic: Clinic) -> None:
    clinic.patch(BINDING, {"spec": {"validationActions": ["Audit"]}})


def another_version(clinic: Clinic) -> None:
    spec = clinic.api.get(DEPLOYMENT)["spec"]["template"]["spec"]
    spec["containers"][0]["image"] = "jasm/injector:0.0.1"
    clinic.patch(DEPLOYMENT, {"spec": {"template": {"spec": spec}}})


FAULTS: dict[Callable[[Clinic], None], tuple[int, list[str]]] = {
    not_registered: (
        5,
        ["failed  registration: neither a webhook nor a MutatingAdmissionPolicy of JASM injects"],
    ),
    no_bundle_in_one: (
        5,
        [
            "failed  registration: MutatingWebhookConfiguration jasm-injector has no caBundle in "
            "second.injector.jasm.codnod.io; put the injector's CA there"
        ],
    ),
    another_ca_in_one: (
        5,
        [
            "warning registration: the entries of MutatingWebhookConfiguration jasm-injector have "
            "different caBundles",
            "failed  certificate: that in Secret jasm-system/jasm-injector-tls is signed by no "
            "valid CA of the webhook's caBundle",
        ],
    ),
    another_ca: (
        5,
        [
            "failed  certificate: that in Secret jasm-system/jasm-injector-tls is signed by no "
            "valid CA of the webhook's caBundle"
        ],
    ),
    not_ready: (
        5,
        [
            "failed  injector: 0 of 2 endpoints of Service jasm-system/jasm-injector are ready: "
            "annotated pods cannot be made; look at its pods: kubectl -n jasm-system get pods"
        ],
    ),
    ended: (5, ["failed  certificate: that in Secret jasm-system/jasm-injector-tls ended at 20"]),
    ends_soon: (
        0,
        ["warning certificate: that in Secret jasm-system/jasm-injector-tls is valid for 9d"],
    ),
    of_another_name: (
        5,
        [
            "failed  certificate: that in Secret jasm-system/jasm-injector-tls is not for "
            "jasm-injector.jasm-system.svc"
        ],
    ),
    no_certificate: (5, ["failed  certificate: the Secret of the injector's certificate is not"]),
    garbage_for_a_certificate: (
        5,
        ["failed  certificate: tls.crt of Secret jasm-system/jasm-injector-tls, or a caBundle,"],
    ),
    no_guard: (0, ["warning guard: no ValidatingAdmissionPolicy of JASM is there"]),
    guard_that_only_logs: (0, ["warning guard: ValidatingAdmissionPolicy jasm-guard denies noth"]),
    another_version: (0, ["warning versions: this is initsync 0."]),
}
