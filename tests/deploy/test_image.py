"""How the images are put together, as far as no image is needed for it."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from deploy.image import launchers, podpath, same, size

ROOT = Path(__file__).parents[2]
LIBRARY = Path(yaml.__file__).parents[1]
BUILD = ROOT / "deploy/image/build"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build puts into an image whose Python has no bytecode, as the official ones."""
    made, nowhere = tmp_path_factory.mktemp("image"), tmp_path_factory.mktemp("none")
    arguments = [podpath.__file__, str(ROOT), str(LIBRARY), str(made)]
    command = [sys.executable, "-X", f"pycache_prefix={nowhere}", *arguments]
    subprocess.run(command, check=True)
    return made


def test_what_the_pod_path_imports_is_found_also_where_it_is_imported_late(root: Path) -> None:
    app = root / "opt/jasm"

    found = {str(file.relative_to(app)) for file in app.rglob("*.py")}

    ours = {file for file in found if file.startswith("initsync")}
    assert {"initsync/pod/main.py", "initsync/pod/wait.py", "initsync/pod/sidecar/loop.py"} <= ours
    assert "initsync/providers/aws/secretsmanager.py" in ours
    assert not {file for file in ours if file.startswith(("initsync/testing", "initsync/cli"))}
    assert not [file for file in found if file.startswith(("boto3/", "click/"))]


def test_the_standard_library_is_compiled_where_the_base_has_no_bytecode(root: Path) -> None:
    made = [file.name for file in root.rglob("*.pyc")]

    assert any(name.startswith("ssl.") for name in made)
    assert any(name.startswith("main.") for name in made)


def test_what_was_copied_runs_by_itself(root: Path) -> None:
    code = f"import sys; sys.path.insert(0, '{root}/opt/jasm')\n"
    code += "from initsync.pod.main import main; main()"

    done = subprocess.run(
        [sys.executable, "-IS", "-c", code],
        env={"JASM_PODINFO_DIR": "/none"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot read /none/secret-sync")


def test_a_launcher_is_a_python_program_without_a_shell(tmp_path: Path) -> None:
    launchers.write(tmp_path, "-IS", "jasm-init", "initsync.pod.main")

    file = tmp_path / "usr/local/bin/jasm-init"
    assert os.access(file, os.X_OK)
    assert file.read_text().splitlines()[0] == f"#!{sys.executable} -IS"


def archive(file: Path, *sizes: int, steps: list[str], **started_by: object) -> Path:
    """As `docker save` writes an image of these layers."""
    members = {f"{number}.tar": b"x" * size for number, size in enumerate(sizes)}
    config = {
        "history": [{"created_by": step} for step in steps] + [{"empty_layer": True}],
        "rootfs": {"diff_ids": [f"sha256:{size}" for size in sizes]},
        "config": {"Entrypoint": ["jasm-init"], **started_by},
    }
    members["config.json"] = json.dumps(config).encode()
    manifest = [{"Config": "config.json", "Layers": list(members)[: len(sizes)]}]
    members["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(file, "w") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return file


def test_the_layers_above_the_base_are_weighed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = ["base", f"/bin/sh -c {size.FIRST}", "COPY . /"]
    file = archive(tmp_path / "i.tar", 5_000_000, 0, 2_000_000, steps=steps)

    assert size.main([str(file), "--limit", "2"]) == 0
    assert size.main([str(file), "--limit", "1.9"]) == 1
    assert capsys.readouterr().out.splitlines()[:4] == [
        "    5.00 MB  base, 1 layers",
        f"    0.00 MB  {size.FIRST}",
        "    2.00 MB  COPY . /",
        "    2.00 MB  above its base; at most 2",
    ]


def test_one_image_in_two_files_is_told_as_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = archive(tmp_path / "1.tar", 5, 2, steps=["base", "COPY"], Labels={"version": "1"})
    second = archive(tmp_path / "2.tar", 5, 2, steps=["base", "COPY"], Labels={"version": "2"})

    assert same.main([str(first), str(second)]) == 0
    assert capsys.readouterr().out == "2 layers, the same in both\n"


@pytest.mark.parametrize(
    ("sizes", "started_by", "said"),
    [
        ((5, 3), {}, "layer 2 is sha256:2, and sha256:3: COPY"),
        ((5,), {}, "layer 2 is in one of them only"),
        ((5, 2), {"User": "0"}, "User is None, and 0"),
        ((5, 2), {"Entrypoint": ["sh"]}, "Entrypoint is ['jasm-init'], and ['sh']"),
    ],
)
def test_another_layer_or_start_is_another_image(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    sizes: tuple[int, ...],
    started_by: dict[str, object],
    said: str,
) -> None:
    steps = ["base", "COPY"]
    first = archive(tmp_path / "1.tar", 5, 2, steps=steps)
    second = archive(tmp_path / "2.tar", *sizes, steps=steps[: len(sizes)], **started_by)

    assert same.main([str(first), str(second)]) == 1
    assert capsys.readouterr().out == f"{said}\n"


def test_the_dockerfile_begins_upon_its_base_as_the_scale_expects() -> None:
    text = (ROOT / "Dockerfile").read_text()

    assert f"FROM ${{BASE}} AS base\nRUN {size.FIRST}" in text


def test_without_a_tool_the_build_names_them(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "TOOL": "none-such"}

    done = subprocess.run([BUILD], env=env, capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stderr == "error: none of none-such works here: install one of them\n"


def said(tmp_path: Path, tool: str, **more: str) -> list[str]:
    """What the build asks a stand-in of that tool, a line each; it is given --pull."""
    stand_in = tmp_path / tool
    stand_in.write_text('#!/bin/sh\necho "$@" >>"$0.log"\n')
    stand_in.chmod(0o755)
    asked = {"TOOL": tool, "TARGETS": "init", "TAG": "1.2", "SAVE": str(tmp_path), **more}
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SOURCE_DATE_EPOCH": "7", "PYTHON": "echo"}
    subprocess.run([BUILD, "--pull"], env=env | asked, check=True, capture_output=True)
    return (tmp_path / f"{tool}.log").read_text().splitlines()


@pytest.mark.parametrize("tool", ["docker", "podman", "buildah"])
def test_the_build_asks_each_tool_in_its_own_words(tmp_path: Path, tool: str) -> None:
    lines = said(tmp_path, tool, BASE="b", PLATFORM="linux/arm64")

    (build,) = [line for line in lines if line.startswith("build ")]
    assert "--build-arg VERSION=1.2 " in build
    assert "--build-arg BASE=b --platform linux/arm64" in build
    assert build.endswith("--target init --tag jasm/init:1.2 --pull .")
    assert ("--timestamp 7" in build) == (tool != "docker")
    file = f"{tmp_path}/init.tar"
    saved = f"push --quiet jasm/init:1.2 docker-archive:{file}:jasm/init:1.2"
    assert (saved if tool == "buildah" else f"save --output {file} jasm/init:1.2") in lines
    assert (tmp_path / "init.cdx.json").read_text() == f"deploy/image/bill.py {file}\n"


def test_a_builder_of_buildxs_writes_the_file_itself(tmp_path: Path) -> None:
    """For it has no images that docker could save, and rewrites times only as it writes."""
    (build,) = [it for it in said(tmp_path, "docker", BUILDX_BUILDER="b") if "info" not in it]

    assert f" --output type=docker,dest={tmp_path}/init.tar,rewrite-timestamp=true," in build
    assert (tmp_path / "init.cdx.json").exists()


def test_a_builder_of_buildxs_is_not_podmans(tmp_path: Path) -> None:
    assert not [it for it in said(tmp_path, "podman", BUILDX_BUILDER="b") if "--output type" in it]
