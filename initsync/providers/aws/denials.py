"""Why AWS denied: the reason at the end of its sentence, and what to do about that one. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html has the sentences;
where a request breaks several policies AWS names one.
"""

import re

_ACTION = re.compile(r"is not authorized to perform: (\S+)")
_KIND = r"(?:an? |the )?((?:[\w-]+ ){1,3}policy|permissions boundary)"
_NONE_ALLOWS = re.compile(rf"because no {_KIND} allows")
# The ARN is there where role and policy are of one organization; the long way round is of a VPC
# endpoint whose owner has the policy.
_FORBIDS = re.compile(
    rf"with an explicit deny in {_KIND}(?: transitively through {_KIND})?(?:: (arn:[^\s,;)]+))?"
)
_WHOSE = {
    "identity-based policy": "a policy of the role",
    "VPC endpoint policy": "the policy of the VPC endpoint on the way there",
    "permissions boundary": "the role's permissions boundary",
    "session policy": "the session policy that its credentials were made with",
    "service control policy": "a service control policy of the organization",
    "resource control policy": "a resource control policy of the organization",
    "role trust policy": "the role's trust policy",
}
_OF_RESOURCE = {"kms": "the policy of that key", "sts": "the role's trust policy"}
# What Secrets Manager and KMS say of a key where they do not name the action. The name of a role
# or a secret may have the word, too: `prod/KMS-proxy`.
_OF_KEY = re.compile(r"Access to KMS|customer (?:master|managed) key|KMS key|:key/", re.I)


def concerns_key(message: str) -> bool:
    """Whether it is the KMS key that refuses, and not the secret."""
    if action := _ACTION.search(message):
        return action[1].startswith("kms:")
    return _OF_KEY.search(message) is not None


def advice(message: str, permission: str) -> str:
    """What must change before `permission` (an action, and on what) is had.

    Empty where it is no more than to be granted: no reason is given, or that nobody grants it.
    """
    if found := _FORBIDS.search(message):
        where = _whose(found[2] or found[1], permission)
        named = f" {found[3].rstrip('.')}" if found[3] else ""
        return f"{where}{named} forbids it {permission}: change its Deny, which no grant outweighs"
    found = _NONE_ALLOWS.search(message)
    if not found or found[1] in ("identity-based policy", "role trust policy"):
        return ""
    return f"{_whose(found[1], permission)} must allow it {permission}"


def _whose(kind: str, permission: str) -> str:
    if kind == "resource-based policy":
        service = permission.partition(":")[0]
        return _OF_RESOURCE.get(service, "the resource policy of the secret")
    return _WHOSE.get(kind.replace("sessions", "session"), f"a {kind}")
