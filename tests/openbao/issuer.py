"""ServiceAccount tokens of a cluster that is not there: signed by a key of the test's own."""

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER = "https://kubernetes.default.svc.cluster.local"


class Issuer:
    """Signs with ES256; `public` is for who verifies."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        raw = self._key.public_key().public_bytes(serialization.Encoding.PEM, form)
        self.public = raw.decode()

    def token(
        self,
        account: str = "app",
        namespace: str = "team",
        audience: str = "vault",
        **changed: Any,
    ) -> str:
        """The claims of Kubernetes' own, for ten minutes; `changed` goes before."""
        now = int(time.time())
        bound = {"namespace": namespace, "serviceaccount": {"name": account, "uid": "u-1"}}
        claims = {
            "iss": ISSUER,
            "aud": [audience],
            "sub": f"system:serviceaccount:{namespace}:{account}",
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "kubernetes.io": bound,
        }
        return self.signed(claims | changed)

    def signed(self, claims: dict[str, Any]) -> str:
        """A token that says just that."""
        head = {"alg": "ES256", "typ": "JWT"}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        der = self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        numbers = decode_dss_signature(der)
        return f"{text}.{_encoded(b''.join(number.to_bytes(32) for number in numbers))}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
