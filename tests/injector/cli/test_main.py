"""`jasm-injector` as a platform team meets it."""

import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from initsync import __version__
from initsync.words import keys
from injector import __main__
from injector.cli.main import main


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    said = result.exception.args[0] if isinstance(result.exception, SystemExit) else ""
    return result.exit_code, f"{result.output}{said}"


def test_the_version() -> None:
    assert run("--version")[1].startswith(f"jasm-injector {__version__}\n")


def test_certs_prints_the_files_that_it_wrote(tmp_path: Path) -> None:
    code, said = run("certs", "--self-signed", str(tmp_path / "c"))

    assert code == 0
    assert [Path(line).name for line in said.split()[:3]] == ["ca.crt", "tls.crt", "tls.key"]


def test_certs_does_not_overwrite(tmp_path: Path) -> None:
    run("certs", "--self-signed", str(tmp_path))

    code, said = run("certs", "--self-signed", str(tmp_path))

    assert code == 1
    assert "is there already: name another directory" in said


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ([], 2, "Missing option '--image'"),
        (["--image=i"], 2, "Missing option '--certs'"),
        (["--image=i", "--certs=/none"], 1, "no usable tls.crt and tls.key in /none"),
        (["--image=i", "--certs=/none", "--cpu=lots"], 2, "must be a quantity above zero"),
        (["--image=i", "--certs=/none", "--memory=0"], 2, "must be a quantity above zero"),
        (["--image=i", "--certs=/none", "--sidecar-cpu=0"], 2, "must be a quantity above zero"),
        (["--image=i", "--certs=/none", "--sidecar-memory=x"], 2, "must be a quantity above zero"),
        (["--image=i", "--certs=/none", "--env=A"], 2, "must be NAME=VALUE"),
        (["--image=i", "--certs=/none", "--env=A B=c"], 2, "must be NAME=VALUE"),
        (["--image=i", "--certs=/none", "--token=token=x"], 2, "'token=x': FILE must be up to 63"),
        (["--image=i", "--certs=/none", "--token=../x=y"], 2, "'../x=y': FILE must be up to 63"),
        (["--image=i", "--certs=/none", "--token=a="], 2, "'a=': AUDIENCE must be there"),
        (["--image=i", "--certs=/none", "--token=a=b", "--token=a=c"], 2, "names a file twice"),
        (["--image=i", "--certs=/none", "--secret-label=a"], 2, "'a' must be NAME=VALUE"),
        (["--image=i", "--certs=/none", "--secret-label=a=b c"], 2, "'a=b c' must be up to 63"),
        (["--image=i", "--certs=/none", "--secret-label=/a=b"], 2, "must be a name"),
        (["--image=i", "--certs=/none", f"--secret-label={keys.ADOPT}=a"], 2, "JASM's own"),
        (["--image=i", "--certs=/none", "--token-seconds=5"], 2, "600"),
        (["--image=i", "--certs=/none", "--port=99999"], 2, "65535"),
    ],
)
def test_wrong_use_is_told(options: list[str], code: int, sentence: str) -> None:
    found = run("serve", *options)

    assert found[0] == code
    assert sentence in found[1]


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    run("certs", "--self-signed", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run(
            "serve", "--image=i", f"--certs={tmp_path}", "--host=127.0.0.1", f"--port={port}"
        )

    assert found[0] == 1
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use)" in found[1]


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "injector.cli.main")
    monkeypatch.setitem(sys.modules, "click", None)

    with pytest.raises(SystemExit, match=r"in a clone of JASM pip install '\.\[injector\]'"):
        __main__.main()
