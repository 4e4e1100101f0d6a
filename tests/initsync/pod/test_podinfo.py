"""The downward API's files."""

from pathlib import Path

import pytest

from initsync.pod import podinfo
from initsync.words.errors import InvalidSetup
from initsync.words.model import PodRef


def test_the_pod_is_read_from_three_files(tmp_path: Path) -> None:
    for name, text in {"namespace": "shop", "name": "web-1", "uid": "0b2a"}.items():
        (tmp_path / name).write_text(text)

    assert podinfo.read_pod(str(tmp_path)) == PodRef("shop", "web-1", "0b2a")


def test_the_annotation_is_raw_text(tmp_path: Path) -> None:
    (tmp_path / "secret-sync").write_bytes("path: 'é \"x\"'\n".encode())

    found = podinfo.read_annotations(str(tmp_path))

    assert found == {"jasm.codnod.io/secret-sync": "path: 'é \"x\"'\n"}


def test_the_policy_is_read_where_its_files_are_mounted(tmp_path: Path) -> None:
    files = {"secret-sync": "a", "on-failure": "strict", "max-stale": "", "max-age": "5m"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert podinfo.read_annotations(str(tmp_path)) == {
        "jasm.codnod.io/secret-sync": "a",
        "jasm.codnod.io/on-failure": "strict",
        "jasm.codnod.io/max-age": "5m",
    }


def test_a_missing_annotation_is_an_empty_file(tmp_path: Path) -> None:
    for name in ("secret-sync", "max-age"):
        (tmp_path / name).touch()

    assert podinfo.read_annotations(str(tmp_path)) == {"jasm.codnod.io/secret-sync": ""}


def test_a_missing_volume_says_what_to_mount(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetup) as caught:
        podinfo.read_annotations(str(tmp_path))

    assert str(caught.value) == (
        f"cannot read {tmp_path}/secret-sync (No such file or directory): "
        "mount the pod's downward API at /var/run/jasm/podinfo, as deploy/examples/ shows"
    )


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "secret-sync").write_bytes(b"\xff")

    with pytest.raises(InvalidSetup, match="it is not UTF-8"):
        podinfo.read_annotations(str(tmp_path))


def test_a_swap_of_the_kubelets_link_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "..data").symlink_to("..1")
    before = podinfo.version(str(tmp_path))
    same = podinfo.version(str(tmp_path))

    (tmp_path / "..data").unlink()
    (tmp_path / "..data").symlink_to("..2")

    assert before == same != podinfo.version(str(tmp_path))


def test_without_that_link_the_files_themselves_are_looked_at(tmp_path: Path) -> None:
    empty = podinfo.version(str(tmp_path))
    (tmp_path / "max-age").write_text("5m")
    one = podinfo.version(str(tmp_path))
    (tmp_path / "max-age").write_text("15m")

    assert len({str(found) for found in (empty, one, podinfo.version(str(tmp_path)))}) == 3
