"""An OpenBao with secrets, policies and auth methods of every kind that the tests ask for."""

from typing import Any

from tests.openbao.issuer import ISSUER, Issuer
from tests.openbao.server import Bao

TEAM = "team-a"
"""A namespace that has the same in it."""
BOUND = {
    "role_type": "jwt",
    "user_claim": "sub",
    "bound_audiences": ["vault"],
    "bound_subject": "system:serviceaccount:team:app",
    "token_policies": ["app"],
    "token_ttl": "2m",
}
ROLES: dict[str, dict[str, Any]] = {
    "app": {},
    "batch": {"token_type": "batch"},
    "once": {"token_num_uses": 1},
    "bare": {"token_no_default_policy": True},
    "poor": {"token_policies": ["nothing"]},
    "wide": {"token_policies": ["app", "wide"]},
}


class World:
    """A server, and who signs the tokens that it believes."""

    def __init__(self, bao: Bao) -> None:
        self.bao = bao
        self.issuer = Issuer()
        bao.admin("PUT", f"sys/namespaces/{TEAM}")
        for namespace in ("", TEAM):
            self._fill(namespace)
        self._states()
        unreachable = {"kubernetes_host": "https://127.0.0.1:1", "disable_local_ca_jwt": True}
        unreachable |= {"kubernetes_ca_cert": bao.authority.pem}
        bao.mount("auth/kubernetes", "kubernetes")
        bao.admin("POST", "auth/kubernetes/config", unreachable)
        bound: dict[str, Any] = {"audience": "vault", "token_policies": ["app"]}
        bound |= {"bound_service_account_names": ["app"]}
        bound |= {"bound_service_account_namespaces": ["team"]}
        bao.admin("POST", "auth/kubernetes/role/app", bound)
        self.jwt("limited")
        bao.admin("POST", "sys/quotas/config", {"enable_rate_limit_response_headers": True})
        quota = {"path": "auth/limited", "rate": 1, "interval": "1h"}
        bao.admin("POST", "sys/quotas/rate-limit/few", quota)

    def jwt(self, mount: str, namespace: str = "") -> None:
        """A JWT auth method with all roles."""
        self.bao.mount(f"auth/{mount}", "jwt", namespace)
        config = {"jwt_validation_pubkeys": [self.issuer.public], "bound_issuer": ISSUER}
        self.bao.admin("POST", f"auth/{mount}/config", config, namespace)
        for name, role in ROLES.items():
            self.bao.admin("POST", f"auth/{mount}/role/{name}", BOUND | role, namespace)

    def _fill(self, namespace: str) -> None:
        bao = self.bao
        bao.mount("secret", "kv", namespace, version="2")
        bao.mount("teams/kv", "kv", namespace, version="2")
        bao.mount("kv1", "kv", namespace, version="1")
        self.jwt("jwt", namespace)
        readable = ("secret/data/app/*", "teams/kv/data/app/*", "kv1/app/*")
        bao.policy("app", *readable, namespace=namespace)
        bao.policy("wide", "secret/*", "kv1/*", "missing/*", namespace=namespace)
        where = namespace or "root"
        for number in ("one", "two", "three"):
            bao.put("secret/app/db", {"user": where, "password": f"pl4nted {number}"}, namespace)

    def _states(self) -> None:
        bao = self.bao
        for name in ("gone", "wiped"):
            bao.put(f"secret/app/{name}", {"a": "b"})
        bao.admin("DELETE", "secret/data/app/gone")
        bao.admin("PUT", "secret/destroy/app/wiped", {"versions": [1]})
        bao.put("secret/app/empty", {})
        bao.put("secret/app/null", {"nothing": None})
        bao.put("secret/app/päth + %2e?#", {"a": "odd"})
        bao.put("secret/app/data/inner", {"a": "inner"})
        values = {"port": 5432, "rate": 1.10, "on": True, "nested": {"a": [1, "é<&>"]}}
        bao.put("secret/app/kinds", values)
        bao.put("secret/app/long", {"text": "é" * 400_000})
        bao.admin("POST", "teams/kv/data/app/db", {"data": {"a": "of teams"}})
        bao.admin("POST", "kv1/app/db", {"user": "first", "port": 5432})
