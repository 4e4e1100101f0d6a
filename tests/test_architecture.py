"""Imports point one way, and the pod path stays lean. CONTRIBUTING.md says why."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Lowest first: a module imports only from lines above its own (packages also from within).
LAYERS = [
    ["initsync.keys", "initsync"],
    ["initsync.wording", "initsync.times"],
    ["initsync.errors"],
    ["initsync.model"],
    ["initsync.policy", "initsync.rules", "initsync.http1", "initsync.urls", "initsync.quantity"],
    ["initsync.choicerules"],
    ["initsync.choices", "initsync.eligible", "initsync.kinds"],
    ["initsync.plainfields"],
    ["initsync.yamlfields"],
    ["initsync.rbac", "initsync.selectors", "initsync.jsonfaults"],
    ["initsync.injection", "initsync.edits"],
    ["initsync.listing"],
    ["initsync.annotation", "initsync.manifests", "initsync.secretdata", "initsync.apistatus"],
    ["initsync.yamlaliases", "initsync.owners"],
    ["initsync.yamldocs", "initsync.annotationcheck"],
    ["initsync.yamlpaths", "initsync.secretrefs", "initsync.progress", "initsync.terminal"],
    ["initsync.workloads"],
    ["initsync.check", "initsync.usage"],
    ["initsync.settings", "initsync.retry"],
    ["initsync.sockets", "initsync.trust", "initsync.podinfo", "initsync.logs"],
    ["initsync.transport"],
    ["initsync.providers.interface"],
    ["initsync.room", "initsync.crowd"],
    ["initsync.sync"],
    ["initsync.preview"],
    ["initsync.clusterauth", "initsync.cluster"],
    ["initsync.clusterreads"],
    ["initsync.registrations"],
    ["initsync.aws"],
    ["initsync.providers"],
    ["initsync.checking", "initsync.wishes", "initsync.names", "initsync.yamltext", "initsync.hcl"],
    ["initsync.yamlnodes"],
    ["initsync.yamledit"],
    ["initsync.podtemplates"],
    ["initsync.permits"],
    ["initsync.cloudroles"],
    ["initsync.terraform"],
    ["initsync.entry"],
    ["initsync.podhelp"],
    ["initsync.wait", "initsync.cycles"],
    ["initsync.podsync", "initsync.exposition", "initsync.statusport"],
    ["initsync.sidecarpages"],
    ["initsync.sidecar"],
    ["initsync.podjob"],
    ["initsync.podmain"],
    ["initsync.testing"],
    ["initsync.demo"],
    ["initsync.doctor"],
    ["initsync.cli_cluster", "initsync.cli_policy_options", "initsync.cli_lazy"],
    ["initsync.cli_podname"],
    ["initsync.cli_pod", "initsync.cli_demo"],
    ["initsync.cli_doctor"],
    ["initsync.cli_check", "initsync.cli_list", "initsync.cli_policy"],
    ["initsync.cli_manifest"],
    ["initsync.cli"],
    ["initsync.__main__"],
]
PURE = [
    *("keys", "wording", "times", "errors", "policy", "rules", "http1", "urls", "model"),
    *("plainfields", "yamlfields", "annotation", "manifests", "secretdata", "apistatus", "rbac"),
    *("quantity", "choicerules", "choices", "eligible", "jsonfaults"),
]
# The webhook's own layers; of initsync it may use what is pure, and no client of anything.
# Of the providers it asks for their rules of paths: its warning is then `initsync check`'s own.
INJECTOR_MAY_USE = {f"initsync.{name}" for name in PURE} | {"initsync", "initsync.providers"}
INJECTOR_MAY_USE |= {"initsync.aws.agents"}  # names of hosts, and pure
# The certificate job is another process, with rights of its own; the serving one never loads it.
CERTIFICATE_JOB = {
    "injector.certstore": {"initsync.cluster", "initsync.transport"},
    "injector.certjob": {"initsync.retry"},
    "injector.cli_certs": {
        f"initsync.{name}" for name in ("clusterauth", "entry", "logs", "retry", "transport")
    },
}
ONLY_IN = {
    "kubernetes": {"initsync.clusterauth"},
    "boto3": {"initsync.aws.credentials"},
    "botocore": {"initsync.aws.credentials"},
    "click": {
        *("initsync.cli", "initsync.cli_check", "initsync.cli_list", "injector.cli"),
        *("initsync.cli_lazy", "initsync.cli_demo", "initsync.cli_podname"),
        *("initsync.cli_cluster", "initsync.cli_doctor", "initsync.terminal"),
        "injector.cli_check",
        *("initsync.cli_policy", "initsync.cli_policy_options"),
        *("initsync.cli_manifest", "injector.options", "injector.cli_certs"),
    },
}


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            for alias in node.names:
                inner = ROOT / node.module.replace(".", "/") / alias.name
                is_module = inner.with_suffix(".py").exists() or inner.is_dir()
                yield f"{node.module}.{alias.name}" if is_module else node.module


def layer(module: str) -> int:
    known = [
        number
        for number, names in enumerate(LAYERS)
        if any(
            module == name or (name != "initsync" and module.startswith(name + "."))
            for name in names
        )
    ]
    assert known, f"{module} is in no layer of this test: decide where it belongs"
    return known[0]


INITSYNC = sorted((ROOT / "initsync").rglob("*.py"))
INJECTOR = sorted((ROOT / "injector").rglob("*.py"))


@pytest.mark.parametrize("file", INITSYNC, ids=module_name)
def test_imports_point_one_way(file: Path) -> None:
    own = module_name(file)
    package = ".".join(own.split(".")[:2])

    upward = [
        found
        for found in imports(file)
        if found.startswith("initsync")
        and layer(found) >= layer(own)
        and not (found + ".").startswith(package + ".")
    ]

    assert upward == []


@pytest.mark.parametrize("file", INJECTOR, ids=module_name)
def test_the_injector_uses_only_what_is_pure(file: Path) -> None:
    used = {found for found in imports(file) if found.startswith("initsync")}

    assert used - INJECTOR_MAY_USE - CERTIFICATE_JOB.get(module_name(file), set()) == set()


def test_the_serving_process_loads_no_client_of_a_cluster() -> None:
    code = "import sys, injector.__main__, injector.cli, injector.server; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    foreign = {"injector.certjob", "injector.certstore", "initsync.cluster", "initsync.transport"}
    assert "injector.server" in loaded
    assert foreign & set(loaded) == set()
    assert all((ROOT / f"{name.replace('.', '/')}.py").exists() for name in foreign)


@pytest.mark.parametrize("file", INITSYNC, ids=module_name)
def test_nothing_but_what_writes_its_container_by_hand_imports_the_injector(file: Path) -> None:
    used = {found for found in imports(file) if found.split(".")[0] == "injector"}

    # The same patch (`injector.patch`) makes both. One package has both, and these of the
    # injector need no more than the extra `cli` brings.
    by_hand = {"injector.byhand", "injector.options", "injector.settings", "injector"}
    assert used <= (by_hand if module_name(file) == "initsync.cli_manifest" else set())


def test_writing_the_container_by_hand_needs_nothing_of_the_injectors_server() -> None:
    code = "import sys, initsync.cli_manifest; print(*{name.split('.')[0] for name in sys.modules})"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    servers = {"orjson", "httptools", "cryptography", "prometheus_client"}
    assert servers & set(loaded) == set()


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_heavy_package_is_imported_in_its_own_module_only(package: str) -> None:
    testing = "initsync.testing"  # stands in for the cloud, never in a pod

    found = {
        module_name(file)
        for file in [*INITSYNC, *INJECTOR]
        if any(name.split(".")[0] == package for name in imports(file))
    }

    assert {name for name in found if not name.startswith(testing)} <= ONLY_IN[package]


@pytest.mark.parametrize(
    "module",
    [
        "initsync.podmain",
        "initsync.podjob",
        "initsync.providers.aws_secretsmanager",
        "initsync.entry",
        "initsync.sidecar",
        "initsync.sidecarpages",
    ],
)
def test_the_pod_path_imports_the_standard_library_and_pyyaml_only(module: str) -> None:
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"

    loaded = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    ours = {"initsync", "yaml", "_yaml", "__main__"}
    # PyYAML's, venvs', Debian's
    helpers = ("cython_runtime", "_cython", "__editable", "_distutils_hack", "sitecustomize")
    foreign = set(loaded) - ours - set(sys.stdlib_module_names)
    assert {name for name in foreign if not name.startswith(helpers)} == set()


@pytest.mark.parametrize(
    "costly",
    [
        *("http.client", "email", "dataclasses", "logging", "random", "urllib.request", "asyncio"),
        *("threading", "socketserver"),
    ],
)
def test_the_pod_path_leaves_costly_modules_of_the_standard_library_alone(costly: str) -> None:
    code = (
        "import sys, initsync.podmain, initsync.podjob, initsync.providers.aws_secretsmanager;"
        "import initsync.sidecar, initsync.sidecarpages;"
        f"print({costly!r} in sys.modules)"
    )

    answer = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True
    ).stdout

    assert answer == "False\n"


def test_the_pod_path_knows_nothing_of_checking_manifests() -> None:
    code = (
        "import sys, initsync.podmain, initsync.podjob, initsync.providers.aws_secretsmanager;"
        "print(*sys.modules)"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    checking = {
        f"initsync.{name}"
        for name in (
            "yamldocs",
            "workloads",
            "check",
            "cli_check",
            "clusterreads",
            "aws.caller",
            "aws.iam",
        )
    }
    assert checking & set(loaded) == set()
    assert all((ROOT / f"{name.replace('.', '/')}.py").exists() for name in checking)
