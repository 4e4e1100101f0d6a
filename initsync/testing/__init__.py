"""JASM's testing package: stand-ins for the cloud and the cluster, for JASM's tests and yours.

| module | what |
|---|---|
| `provider` | `MockProvider`, an in-memory secret provider |
| `server` | what both API servers below offer: the protocol `ApiServer` |
| `apiserver` | `EmbeddedApiServer`: an in-memory Kubernetes API over HTTPS, in this process |
| `controlplane` | `ControlPlane`: a real etcd and kube-apiserver on this machine |
| `aws` | `AwsServer`: moto's Secrets Manager and STS, in a process of their own |
| `podrun` | runs one container of a stored pod as a local process, as a kubelet would |
| `pki` | a throw-away CA and its certificates |

All but `MockProvider` need the extra `demo` (in a clone of JASM `pip install '.[demo]'`); each
module is imported by itself, so that importing this package costs next to nothing.
"""

from initsync.testing.provider import MockProvider

__all__ = ["MockProvider"]
