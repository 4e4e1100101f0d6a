"""The command line of `jasm-injector certs`, as far as no cluster is needed for it."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from injector.cli.main import main
from tests.places import ROOT


def run(*arguments: str) -> Result:
    nobody = {"KUBERNETES_SERVICE_HOST": None, "KUBECONFIG": os.devnull}
    return CliRunner().invoke(main, ["certs", *arguments], env=nobody)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say where to: --self-signed DIR, or --secret NAME"),
        (["--self-signed=x", "--secret=y"], "say where to: --self-signed DIR, or --secret NAME"),
        (["--secret=y", "--dns=bücher"], "no certificate can be for 'bücher': must be a DNS-1123"),
        (["--self-signed=x", "--dns="], "no certificate can be for '': must be a DNS-1123"),
        (["--secret=y", "--dns=foo bar"], "for 'foo bar': must be a DNS-1123"),
        (["--secret=y", f"--dns={'a.' * 150}a"], "at most 253 characters"),
        (["--secret=y", f"--dns={'a' * 64}.svc"], "no part of more than 63 characters"),
        (["--secret=y", "--dns=10.0.0.1"], "for '10.0.0.1': must be a DNS name, and no address"),
        (["--secret=y", "--ip=300.1.1.1"], "for '300.1.1.1': must be an IP address"),
        (["--secret=y", "--ip="], "for '': must be an IP address"),
        (["--secret=y", "--ip=injector.svc"], "for 'injector.svc': must be an IP address"),
        (["--secret=y", "--ip=fe80::1%eth0"], "must be an IP address without a zone"),
        (["--secret=y", "--days=0"], "Invalid value for '--days'"),
    ],
)
def test_wrong_use_is_told_before_anybody_is_asked(arguments: list[str], said: str) -> None:
    done = run(*arguments)

    assert done.exit_code == 2
    assert said in done.output


def test_without_a_cluster_it_says_what_to_set() -> None:
    done = run("--secret=y", "-o", "json")

    said = json.loads(done.stdout)
    assert (done.exit_code, said["exitCode"], said["error"]) == (2, 2, "InvalidSetup")
    assert said["message"].endswith("set --kubeconfig, --context or KUBECONFIG")


def test_a_bug_is_told_by_its_place_and_shows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("pl4nted-key")

    monkeypatch.setattr("initsync.kube.access.from_kubeconfig", broken)

    done = run("--secret=y")

    assert done.exit_code == 1
    assert "internal error (RuntimeError in " in done.output
    assert "pl4nted" not in done.output


def test_into_a_directory_it_asks_no_cluster(tmp_path: Path) -> None:
    done = run("--self-signed", str(tmp_path / "certs"))

    assert done.exit_code == 0
    assert [Path(line).name for line in done.output.split()] == ["ca.crt", "tls.crt", "tls.key"]


def test_names_and_addresses_may_be_written_in_any_form(tmp_path: Path) -> None:
    run("--self-signed", str(tmp_path), "--dns=Injector.Example.ORG", "--ip=FD00:0::1")

    made = x509.load_pem_x509_certificate((tmp_path / "tls.crt").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["injector.example.org"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["fd00::1"]


def test_the_page_lists_every_option_and_exit_code() -> None:
    page = (ROOT / "docs/certificates.md").read_text()
    command = main.commands["certs"]

    names = {it.opts[-1] for it in command.params} - {"--dns", "--ip", "--dry-run", "--output"}
    assert [name for name in names if f"`{name}`" not in page and f"{name} " not in page] == []
    assert "| 130, 143 | ended by Ctrl-C, by SIGTERM;" in page
