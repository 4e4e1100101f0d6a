"""`initsync doctor --pod`: each thing that can be wrong with a pod, provoked, and its line."""

from collections.abc import Callable

import pytest

from initsync import __version__
from initsync.testing import manifests
from initsync.words import keys
from tests.chart.helm import REGISTRY
from tests.cluster.by_hand import as_process
from tests.cluster.clinic import WEB_IDENTITY
from tests.cluster.ward import Ward

YOU = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}


def test_a_pod_of_which_all_is_right(ward: Ward) -> None:
    ward.store()
    ward.way = as_process

    ended = ward.examine(**YOU)

    told = dict(line[8:].split(": ", 1) for line in ended.stdout.splitlines())
    age = told.pop("pod")
    assert age.startswith(f"{ward.namespace}/web is Pending, made ")
    assert age.endswith(" ago, ServiceAccount app")
    assert told.pop("certificate").startswith(
        "that in Secret jasm-system/jasm-injector-tls is valid"
    )
    secret = told.pop("secret")
    assert secret.startswith(f"{ward.namespace}/db is Opaque, managed by caronte, written ")
    assert secret.endswith(" ago from aws-secretsmanager /prod/db; keys: password (13 bytes)")
    user = f"system:serviceaccount:{ward.namespace}:app"
    init = f"{REGISTRY}/jasm/init:{__version__}"
    images = [f"injector {REGISTRY}/jasm/injector:{__version__}", f"its init image {init}"]
    images.append(f"the pod's jasm-init {init}")
    assert told.pop("api-server").startswith("it is v1.")
    assert told == {
        "annotation": "valid",
        "injection": f"jasm-init is in the pod, by the injector {__version__}",
        "container": "jasm-init ended well",
        "events": "none of JASM on the pod (a cluster keeps them for an hour)",
        "identity": f"IRSA: role {ward.clinic.role}, token at {WEB_IDENTITY}/token",
        "rights": f"{user} may write Secret {ward.namespace}/db, and Events",
        "cloud-identity": "you are arn:aws:sts::123456789012:user/moto",
        "cloud-secret": "/prod/db has 1 key: password, read by you; "
        "whether the pod may is asked by --as-pod",
        "registration": "MutatingWebhookConfiguration jasm-injector, 3 entries",
        "injector": "2 of 2 endpoints of Service jasm-system/jasm-injector are ready",
        "guard": "ValidatingAdmissionPolicy jasm-guard",
        "versions": f"this is initsync {__version__}; {', '.join(images)}",
    }
    assert (ended.returncode, ended.stderr) == (0, "15 ok, 0 warning, 0 failed, 1 skipped\n")


def invalid_annotation(ward: Ward) -> None:
    ward.annotations[keys.ANNOTATION] = "provider: aws-secretsmanager\npath: /a\nsecretname: db\n"


def misspelt_annotation(ward: Ward) -> None:
    ward.annotations["jasm.codnod.io/on_failure"] = "continue"


def no_annotation(ward: Ward) -> None:
    del ward.annotations[keys.ANNOTATION]


def missed(ward: Ward) -> None:
    del ward.pod["spec"]["initContainers"]


def opted_out(ward: Ward) -> None:
    missed(ward)
    ward.annotations[keys.INJECT] = "false"


def namespace_opted_out(ward: Ward) -> None:
    missed(ward)
    ward.clinic.api.apply(manifests.namespace(ward.namespace, {keys.NAMESPACE_LABEL: "disabled"}))


def on_windows(ward: Ward) -> None:
    missed(ward)
    ward.pod["spec"]["nodeSelector"] = {"kubernetes.io/os": "windows"}


def name_taken(ward: Ward) -> None:
    missed(ward)
    ward.pod["spec"]["containers"][0]["name"] = keys.CONTAINER


SAID = "error: annotation jasm.codnod.io/secret-sync, line 3: unknown field"


def container_failed(ward: Ward) -> None:
    ward.state = {"waiting": {"reason": "CrashLoopBackOff"}}
    last = {"exitCode": 4, "reason": "Error", "message": f"a warning\n{SAID}\n"}
    ward.status = {"restartCount": 4, "lastState": {"terminated": last}}


def out_of_memory(ward: Ward) -> None:
    ward.state = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


def no_image(ward: Ward) -> None:
    ward.state = {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}}


def no_role(ward: Ward) -> None:
    role, binding = manifests.role(ward.namespace, "x", "app", [])
    path = manifests.collection(binding)
    ward.clinic.api.request("DELETE", path)
    ward.clinic.api.request("DELETE", manifests.collection(role))


def no_mark(ward: Ward) -> None:
    no_role(ward)
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "patch"]}
    events = {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}
    ward.clinic.api.allow(ward.namespace, "app", [secrets, events])


def foreign_secret(ward: Ward) -> None:
    assert ward.secret
    ward.secret["metadata"]["labels"][keys.MANAGED_BY] = "Helm"


def secret_of_another_path(ward: Ward) -> None:
    assert ward.secret
    ward.secret["metadata"]["annotations"][keys.SOURCE_PATH] = "/old"


def no_secret(ward: Ward) -> None:
    ward.secret = None


def not_seen_by_aws(ward: Ward) -> None:
    ward.container["env"] = [{"name": "AWS_REGION", "value": "eu-central-1"}]


def no_identity(ward: Ward) -> None:
    not_seen_by_aws(ward)
    ward.clinic.patch(ward.account, {"metadata": {"annotations": None}})


def another_role(ward: Ward) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/new"}
    ward.clinic.patch(ward.account, {"metadata": {"annotations": role}})


def no_token(ward: Ward) -> None:
    del ward.container["volumeMounts"]


def no_region(ward: Ward) -> None:
    ward.container["env"] = ward.container["env"][:2]


def old_image(ward: Ward) -> None:
    ward.container["image"] = "registry:5000/jasm/init:0.0.9@sha256:" + "0" * 64


FAULTS: dict[Callable[[Ward], None], tuple[int, str]] = {
    invalid_annotation: (
        3,
        "failed  annotation: annotation jasm.codnod.io/secret-sync, line 3: "
        "unknown field 'secretname', did you mean 'secretName'?",
    ),
    misspelt_annotation: (
        3,
        "failed  annotation: annotation jasm.codnod.io/on_failure: has no effect: "
        "JASM knows none of this name; did you mean jasm.codnod.io/on-failure?",
    ),
    no_annotation: (3, f"failed  annotation: the pod has none named {keys.ANNOTATION}; add it"),
    missed: (5, "failed  injection: jasm-init is not in the pod: the injector did not see it"),
    opted_out: (5, "failed  injection: jasm-init is not in the pod: it opts out"),
    namespace_opted_out: (5, "failed  injection: jasm-init is not in the pod: its namespace opts"),
    on_windows: (5, "failed  injection: jasm-init is not in the pod: it is a Windows pod, where"),
    name_taken: (
        5,
        "failed  injection: jasm-init is not in the pod: a container of it is called jasm-init or "
        "jasm-wait: rename that one",
    ),
    container_failed: (
        4,
        "failed  container: jasm-init failed, 4 restarts, now CrashLoopBackOff: "
        f"exit code 4, it said: {SAID}",
    ),
    out_of_memory: (
        5,
        "failed  container: jasm-init failed: exit code 137 (OOMKilled); "
        "give it more by the annotation jasm.codnod.io/memory",
    ),
    no_image: (5, "failed  container: jasm-init waits: ImagePullBackOff, no such host"),
    no_role: (
        5,
        "failed  rights: system:serviceaccount:NS:app may not do this with Secret NS/db: "
        "get, create, patch, jasm-sync, create events; apply what initsync policy -n NS -o kuber",
    ),
    no_mark: (
        0,
        "warning rights: system:serviceaccount:NS:app may write Secret NS/db, but its Role lacks "
        "the verb jasm-sync, so JASM's guard does not hold it",
    ),
    foreign_secret: (3, "failed  secret: Secret NS/db belongs to 'Helm' and was left as it is"),
    secret_of_another_path: (0, "warning secret: NS/db is Opaque, managed by caronte, written "),
    no_secret: (0, "warning secret: there is no Secret NS/db yet; jasm-init makes it when"),
    not_seen_by_aws: (
        4,
        "failed  identity: the ServiceAccount has the role arn:aws:iam::123456789012:role/app, "
        "but jasm-init does not; delete the pod so that admission runs again",
    ),
    no_identity: (4, "failed  identity: jasm-init has no AWS identity; give the pod's Service"),
    another_role: (
        0,
        "warning identity: IRSA: the pod has the role arn:aws:iam::123456789012:role/app, its "
        "ServiceAccount has arn:aws:iam::123456789012:role/new; if the latter is right, delete",
    ),
    no_token: (4, "failed  identity: IRSA: no volume with a token is mounted at /var/run/secrets"),
    no_region: (2, "failed  region: neither the path nor the environment of jasm-init names"),
    old_image: (
        0,
        f"warning versions: this is initsync {__version__}, the pod's jasm-init is 0.0.9; "
        "use one version of all",
    ),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_is_wrong_is_the_one_line_that_stands_out(
    ward: Ward, fault: Callable[[Ward], None]
) -> None:
    fault(ward)
    ward.store()

    code, lines = ward.bad()

    expected, line = FAULTS[fault]
    (found,) = lines
    assert found.startswith(line.replace("NS", ward.namespace)), found
    assert code == expected
