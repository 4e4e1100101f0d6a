"""Grants as Terraform: IAM by hashicorp/aws, the Role by hashicorp/kubernetes. Pure."""

from collections.abc import Collection, Iterator
from typing import Any

from initsync.permissions import hcl
from initsync.permissions.assumed import Assumed
from initsync.permissions.cloudroles import CloudRole, Trust
from initsync.permissions.grants import Grant
from initsync.permissions.hcl import Block, Call, Code
from initsync.words.model import JsonObject


def text(found: Collection[CloudRole], trust: Trust) -> str:
    """One resource after the other, with a line of whose they are before a ServiceAccount's."""
    parts = []
    for role in found:
        others = [block for store in role.stores for block in store.blocks]
        aws = _aws(role, trust) if role.policies else ()
        blocks = [*aws, *others, *_kubernetes(role.grant)]
        head = f"# {role.grant.whose}\n"
        parts.append(head + "\n\n".join(map(hcl.block, blocks)) + "\n")
    return "\n".join(parts)


def _resource(kind: str, label: str, body: dict[str, Any], *blocks: Block) -> Block:
    return Block("resource", (kind, label), body, blocks)


def _aws(role: CloudRole, trust: Trust) -> Iterator[Block]:
    label = role.grant.label
    if role.trust:
        document = Call("jsonencode", role.trust)
        body = {"name": role.name, "assume_role_policy": document}
        yield _resource("aws_iam_role", label, body)
    for number, policy in enumerate(role.policies, 1):
        end = f"_{number}" if number > 1 else ""  # web-2 is a ServiceAccount's name, too
        yield _resource("aws_iam_policy", label + end, _policy(role.name + end, policy))
        if role.trust:
            yield _resource("aws_iam_role_policy_attachment", label + end, _attached(label, end))
    if trust.kind == "pod-identity" and trust.cluster:
        body = _associated(role.grant, trust)
        yield _resource("aws_eks_pod_identity_association", label, body)
    yield from _outputs(role, trust)


def _outputs(role: CloudRole, trust: Trust) -> Iterator[Block]:
    """What is left to do outside of these resources."""
    label, arn = role.grant.label, Code(f"aws_iam_role.{role.grant.label}.arn")
    whose = role.grant.whose
    if annotations := trust.annotations(arn):
        told = f"Annotations of {whose}"
        yield _output(f"{label}_annotations", told, annotations)
    if trust.kind == "pod-identity" and not trust.cluster:
        told = f"The role for a Pod Identity association of {whose}"
        yield _output(f"{label}_role_arn", told, arn)
    if role.shared:
        documents = {found: Call("jsonencode", policy) for found, policy in role.shared.items()}
        told = "What the owner of each secret, in another account, adds to its resource policy"
        yield _output(f"{label}_resource_policies", told, documents)

    if role.assumed:
        parts = {it.arn: _other_side(it) for it in role.assumed}
        told = "What the owner of each role that the pods assume allows it, and adds to its trust"
        yield _output(f"{label}_assumed_roles", told, parts)


def _other_side(found: Assumed) -> dict[str, Any]:
    trust = {"trust_policy_statement": Call("jsonencode", found.trust)} if found.trust else {}
    return {**trust, "policies": [Call("jsonencode", policy) for policy in found.policies]}


def _output(name: str, told: str, value: Any) -> Block:
    return Block("output", (name,), {"description": told, "value": value})


def _policy(name: str, document: JsonObject) -> dict[str, Any]:
    return {"name": name, "policy": Call("jsonencode", document)}


def _attached(label: str, end: str) -> dict[str, Any]:
    return {
        "role": Code(f"aws_iam_role.{label}.name"),
        "policy_arn": Code(f"aws_iam_policy.{label}{end}.arn"),
    }


def _associated(grant: Grant, trust: Trust) -> dict[str, Any]:
    return {
        "cluster_name": trust.cluster,
        "namespace": grant.namespace,
        "service_account": grant.account,
        "role_arn": Code(f"aws_iam_role.{grant.label}.arn"),
    }


def _kubernetes(grant: Grant) -> Iterator[Block]:
    role, binding = grant.objects()
    label = grant.label
    yield _resource("kubernetes_role_v1", label, {}, _metadata(role), *map(_rule, role["rules"]))
    reference = binding["roleRef"]
    (subject,) = binding["subjects"]
    yield _resource(
        "kubernetes_role_binding_v1",
        label,
        {},
        _metadata(binding),
        Block("role_ref", (), _snake(reference) | {"name": Code(_name_of(label))}),
        Block("subject", (), subject),
    )


def _name_of(label: str) -> str:
    return f"kubernetes_role_v1.{label}.metadata[0].name"


def _metadata(found: JsonObject) -> Block:
    return Block("metadata", (), found["metadata"])


def _rule(rule: JsonObject) -> Block:
    return Block("rule", (), _snake(rule))


_SNAKE = {"apiGroup": "api_group", "apiGroups": "api_groups", "resourceNames": "resource_names"}


def _snake(found: JsonObject) -> dict[str, Any]:
    return {_SNAKE.get(name, name): value for name, value in found.items()}
