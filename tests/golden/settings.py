"""With which of the platform team's choices each golden pod is injected."""

from dataclasses import replace

from initsync.injection.settings import InjectionSettings

DEFAULT = InjectionSettings("jasm/init:golden", version="golden")
_BY_START_OF_NAME = {
    "container-restart-policy-": replace(DEFAULT, container_restart_policy=True),
    "without-mesh-proxies-": replace(DEFAULT, mesh_proxies=()),
    "users-left-to-the-cluster-": replace(DEFAULT, run_as_user=None),
    "seccomp-left-out-": replace(DEFAULT, seccomp_profile="none"),
    "platform-ca-": replace(DEFAULT, ca_configmap="corp-ca", ca_key="bundle.pem"),
    "secret-labels-": replace(DEFAULT, secret_labels=(("team", "shop"), ("a.example/centre", ""))),
    "tokens-of-stores-": replace(
        DEFAULT, tokens=(("vault-token", "vault"),), credentials_configmap="gcp"
    ),
    "image-pull-secrets-": replace(DEFAULT, image_pull_secrets=("registry", "mirror")),
}


def settings_of(case: str) -> InjectionSettings:
    """Those of the golden pod of that name."""
    found = (chosen for start, chosen in _BY_START_OF_NAME.items() if case.startswith(start))
    return next(found, DEFAULT)
