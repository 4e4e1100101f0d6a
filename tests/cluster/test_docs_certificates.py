"""The commands of docs/certificates.md, run as they stand there: kubectl, helm and ours."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync.cli.progress import Progress
from initsync.testing.controlplane import ControlPlane
from tests import programs
from tests.chart.helm import CHART, REGISTRY, find_or_build
from tests.chart.inventory import cleared
from tests.cluster.by_hand import write_kubeconfig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/certificates.md").read_text()
SECRET = "/api/v1/namespaces/jasm-system/secrets/jasm-injector-tls"


def section(heading: str) -> str:
    """The text under it, to the next heading."""
    text = PAGE.partition(f"# {heading}\n")[2]
    return re.split(r"^#+ ", text, maxsplit=1, flags=re.M)[0]


def commands(heading: str) -> list[str]:
    """The shell blocks under it."""
    found = re.findall(r"```sh\n(.*?)```", section(heading), re.S)
    assert found
    return found


@pytest.fixture(scope="module")
def on_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with kubectl, helm and jasm-injector."""
    progress = Progress(sys.__stderr__ or sys.stderr)
    directory = tmp_path_factory.mktemp("programs")
    (directory / "kubectl").symlink_to(programs.of(programs.KUBECTL))
    (directory / "helm").symlink_to(find_or_build(os.environ, progress))
    ours = directory / "jasm-injector"
    ours.write_text(f'#!/bin/sh\nexec {sys.executable} -m injector "$@"\n')
    ours.chmod(0o755)
    return directory


class Shell:
    """A person's, with the cluster's administrator as the current context."""

    def __init__(self, api: ControlPlane, on_path: Path, home: Path) -> None:
        self.api = api
        self._home = home
        config = write_kubeconfig(home / "config", api, "default")
        config.write_text(config.read_text().replace("context: elsewhere", "context: test"))
        path = f"{on_path}:{os.environ['PATH']}"
        helm = {f"HELM_{it}_HOME": str(home / it) for it in ("CACHE", "CONFIG", "DATA")}
        self._env = {"KUBECONFIG": str(config), "PATH": path, "PYTHONPATH": str(ROOT), **helm}
        (home / "deploy").symlink_to(ROOT / "deploy")

    def run(self, text: str) -> str:
        """What it prints, standard error too; every command must end well."""
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", text],
            cwd=self._home,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}"
        return done.stdout

    def install(self, *settings: str) -> str:
        """The notes at its end."""
        options = " ".join((f"--set imageRegistry={REGISTRY}", *settings))
        return self.run(
            f"helm install jasm deploy/chart/jasm -n jasm-system --create-namespace {options}"
        )

    def bundle(self) -> str:
        """Of the first entry, in base64."""
        text = self.run("kubectl get mutatingwebhookconfiguration jasm-injector -o yaml")
        return str(yaml.safe_load(text)["webhooks"][0]["clientConfig"].get("caBundle", ""))

    def data(self) -> dict[str, str]:
        """Of the Secret."""
        return dict(self.api.request("GET", SECRET).body["data"])


@pytest.fixture
def shell(spare_api: ControlPlane, on_path: Path, tmp_path: Path) -> Iterator[Shell]:
    with cleared(spare_api):
        yield Shell(spare_api, on_path, tmp_path)


def shape(log: str) -> list[str]:
    """Its lines without their numbers."""
    return [re.sub(r"\d+", "N", line) for line in log.strip().splitlines()]


def test_looking_and_renewing_go_as_the_page_says(shell: Shell) -> None:
    shell.install()
    preview, run = commands("From your shell")[0].splitlines()

    assert "the next step is to write a certificate" in shell.run(preview)
    shell.run(run)
    look, renew = commands("Look, and renew now")
    logs, certificate = look.splitlines()
    assert logs.endswith(" logs deployment/jasm-certificates")
    assert "deployment.apps/jasm-certificates" in shell.run(logs.replace(" logs ", " get -o name "))
    assert "notAfter=" in shell.run(certificate)
    assert "secret/jasm-injector-tls annotated" in shell.run(renew)
    log = shell.run(f"{run} --trust-seconds=2 --skew-seconds=0")

    (shown,) = re.findall(r"\n\n```\n(.*?)```", section("From your shell"), re.S)
    assert shape(log) == shape(shown)
    assert shell.bundle().count("LS0tLS1CRUdJTi") == 1


def test_a_certificate_of_ones_own_is_replaced_in_the_safe_order(shell: Shell) -> None:
    shell.run("jasm-injector certs --self-signed old --dns jasm-injector.jasm-system.svc")
    shell.install("--set certificates.mode=secret --set-file certificates.caBundle=old/ca.crt")
    shell.run(commands("Your own")[1].replace("new/", "old/"))
    old_bundle, old = shell.bundle(), shell.data()
    both, certificate, alone = commands("Your own")

    shell.run(both)
    new_too = shell.bundle()
    shell.run(certificate)
    new = shell.data()
    shell.run(alone)

    assert new_too.startswith(old_bundle.rstrip("=")[:-2])
    assert set(old.values()).isdisjoint(new.values())
    assert shell.bundle() == new["ca.crt"]


def test_it_is_handed_over_to_the_job_without_a_new_certificate(shell: Shell) -> None:
    shell.run("jasm-injector certs --self-signed old --dns jasm-injector.jasm-system.svc")
    shell.install("--set certificates.mode=secret --set-file certificates.caBundle=old/ca.crt")
    shell.run(commands("Your own")[1].replace("new/", "old/"))
    before = shell.data()

    (handed,) = commands("Hand it over to the job")
    shell.run(handed)
    shell.run(commands("From your shell")[0])

    assert shell.data() == before
    assert shell.bundle() == before["ca.crt"]


def test_the_notes_tell_of_a_secret_that_the_job_will_leave_alone(shell: Shell) -> None:
    """The installation goes well, and the job ends with code 3 a moment later."""
    shell.run("jasm-injector certs --self-signed new --dns jasm-injector.jasm-system.svc")
    shell.api.create_namespace("jasm-system")
    shell.run(commands("Your own")[1])

    notes = shell.install()
    (advice,) = re.findall(r"kubectl .* label secret .*", notes)
    shell.run(advice)

    assert "Secret jasm-injector-tls is somebody else's" in notes
    assert "somebody else's" not in shell.run("helm -n jasm-system upgrade jasm deploy/chart/jasm")
    preview, _ = commands("From your shell")[0].splitlines()
    assert "the next step is to write a caBundle of 1 CA" in shell.run(preview)


def test_the_alert_of_the_page_is_the_charts() -> None:
    rules = (CHART / "templates/prometheusrule.yaml").read_text()

    assert "alert: JasmCertificateExpires" in rules
    assert "`JasmCertificateExpires`" in section("When the alert fires")


def test_upgrades_and_rollbacks_leave_the_bundle_of_the_job(shell: Shell) -> None:
    shell.install()
    shell.run(commands("From your shell")[0])
    bundle = shell.bundle()

    more = "--reset-then-reuse-values --set injector.replicas=3"
    for line in (f"upgrade jasm deploy/chart/jasm {more}", "rollback jasm 1"):
        shell.run(f"helm -n jasm-system {line}")

        assert shell.bundle() == bundle
    assert bundle
