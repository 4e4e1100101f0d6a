"""A registry that asks for a password and serves one image under any name: read-only, plain HTTP.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import base64
import hashlib
import json
import re
import shutil
import tarfile
import threading
from collections import defaultdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO, Literal

from initsync.testing.closing import Closing
from initsync.words.model import JsonObject

USER = "robot"
TAG = "1"
Shown = Literal["none", "wrong", "right"]
"""The credentials of a request."""
_OCI = "application/vnd.oci.image"
_ASKED = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs)/(?P<reference>[^/]+)")


class Image:
    """What `docker save` writes, as a registry serves it: its layers are not compressed.

    Its configuration has a label more, which makes it another image: a kubelet remembers of an
    image, whatever its names, that it was pulled with a Secret, and gives it to no pod without.
    https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        with tarfile.open(archive) as tar:
            (described,) = json.loads(_read(tar, "manifest.json"))
            whole = json.loads(_read(tar, described["Config"]))
            self._layers = dict(zip(whole["rootfs"]["diff_ids"], described["Layers"], strict=True))
            sizes = [(digest, tar.getmember(name).size) for digest, name in self._layers.items()]
        whole["config"] = {**whole.get("config", {}), "Labels": {"served-by": __name__}}
        config = json.dumps(whole).encode()
        written: JsonObject = {"schemaVersion": 2, "mediaType": f"{_OCI}.manifest.v1+json"}
        written["config"] = _described("config.v1+json", _digest(config), len(config))
        written["layers"] = [_described("layer.v1.tar", *it) for it in sizes]
        self.manifest = json.dumps(written).encode()
        self._small = {_digest(self.manifest): self.manifest, _digest(config): config}

    def small(self, reference: str) -> bytes | None:
        """The manifest or the configuration."""
        return self.manifest if reference == TAG else self._small.get(reference)

    def copy(self, layer: str, target: BinaryIO) -> None:
        """Write the layer of that digest."""
        with tarfile.open(self._archive) as tar:
            if content := tar.extractfile(self._layers[layer]):
                shutil.copyfileobj(content, target)

    def size(self, layer: str) -> int | None:
        """Of a layer; None where there is none of that digest."""
        layers = json.loads(self.manifest)["layers"]
        return next((it["size"] for it in layers if it["digest"] == layer), None)


class Registry(Closing):
    """Serves at a port of `address` that the OS picks, until it is closed."""

    def __init__(self, address: str, archive: Path, password: str) -> None:
        self.password = password
        """May be changed, as one that is rotated."""
        self.shown: dict[str, list[Shown]] = defaultdict(list)
        """By repository, with what its requests came, in their order."""
        self._image = Image(archive)
        outer = self

        class Handler(_Handler):
            registry, image = outer, self._image

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def judged(self, header: str) -> Shown:
        """The credentials in an Authorization header."""
        if not header:
            return "none"
        return "right" if header == f"Basic {auth(self.password)}" else "wrong"


class _Handler(BaseHTTPRequestHandler):
    registry: Registry
    image: Image

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]  # containerd adds the name that the image has: ?ns=
        asked = _ASKED.fullmatch(path)
        shown = self.registry.judged(self.headers.get("Authorization", ""))
        if asked:
            self.registry.shown[asked["repository"]].append(shown)
        if shown != "right":
            self._refuse()
        elif asked:
            self._serve(asked["kind"], asked["reference"])
        else:
            found = path == "/v2/"
            self._send(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND, "application/json", b"{}")

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing: requests carry a password."""

    def _refuse(self) -> None:
        self.send_response(HTTPStatus.UNAUTHORIZED)
        self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, kind: str, reference: str) -> None:
        media = f"{_OCI}.manifest.v1+json" if kind == "manifests" else "application/octet-stream"
        if (content := self.image.small(reference)) is not None:
            self._send(HTTPStatus.OK, media, content)
        elif (size := self.image.size(reference)) is not None:
            self._head(HTTPStatus.OK, media, size)
            if self.command == "GET":
                self.image.copy(reference, self.wfile)  # type: ignore[arg-type]
        else:
            self._send(HTTPStatus.NOT_FOUND, "application/json", b'{"errors": []}')

    def _send(self, status: HTTPStatus, media: str, content: bytes) -> None:
        self._head(status, media, len(content))
        if self.command == "GET":
            self.wfile.write(content)

    def _head(self, status: HTTPStatus, media: str, size: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(size))
        self.end_headers()


def auth(password: str) -> str:
    """As a docker config has it."""
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    content = tar.extractfile(name)
    return content.read() if content else b""


def _described(kind: str, digest: str, size: int) -> JsonObject:
    return {"mediaType": f"{_OCI}.{kind}", "digest": digest, "size": size}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
