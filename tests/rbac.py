"""What a ServiceAccount needs for a sync, as deploy/manifests/app/role.yaml has it."""

from initsync.model import JsonObject


def sync_rules(*names: str) -> list[JsonObject]:
    """For the Secrets of these names; without any, for all of the namespace."""
    secrets: JsonObject = {
        "apiGroups": [""],
        "resources": ["secrets"],
        "verbs": ["get", "create", "patch"],
    }
    if names:
        secrets["resourceNames"] = list(names)
    return [secrets, {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}]
