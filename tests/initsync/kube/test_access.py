"""Who we are in the pod: files of the ServiceAccount, read when they are needed."""

from pathlib import Path

import pytest

from initsync.kube.access import in_cluster
from initsync.words.errors import InvalidSetup


@pytest.mark.parametrize(
    ("host", "url"),
    [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")],
)
def test_the_cluster_is_where_the_environment_says(tmp_path: Path, host: str, url: str) -> None:
    access = in_cluster({"KUBERNETES_SERVICE_HOST": host}, str(tmp_path))

    assert access.url == url


def test_a_rotated_token_is_used_from_the_next_request_on(tmp_path: Path) -> None:
    access = in_cluster({"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, str(tmp_path))

    (tmp_path / "token").write_text("first\n")
    first = access.authorization()
    (tmp_path / "token").write_text("second\n")

    assert (first, access.authorization()) == ("Bearer first", "Bearer second")


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_token_that_cannot_be_read_says_what_to_mount(
    tmp_path: Path, content: bytes | None
) -> None:
    if content:
        (tmp_path / "token").write_bytes(content)
    access = in_cluster({"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, str(tmp_path))

    with pytest.raises(InvalidSetup, match="mount a ServiceAccount token at"):
        access.authorization()
