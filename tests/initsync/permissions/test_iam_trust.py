"""Whom a role trusts is one ServiceAccount, by IRSA or by EKS Pod Identity."""

import pytest

from initsync.permissions import iam
from initsync.permissions.iam import AwsScope

ACCOUNT = "123456789012"
PLACE = AwsScope(ACCOUNT, "eu-west-1")


def test_irsa_trusts_one_service_account_of_one_issuer() -> None:
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"

    document = iam.irsa_trust(PLACE, issuer, "shop", "web")

    (statement,) = document["Statement"]
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
    assert statement["Principal"] == {"Federated": provider}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": "system:serviceaccount:shop:web",
        }
    }


def test_irsa_trusts_the_audience_that_is_asked_for() -> None:
    (statement,) = iam.irsa_trust(PLACE, "host", "shop", "web", "mine")["Statement"]

    assert statement["Condition"]["StringEquals"]["host:aud"] == "mine"


@pytest.mark.parametrize("cluster", ["", "prod"])
def test_pod_identity_trusts_one_service_account_of_a_named_cluster_or_any(cluster: str) -> None:
    (statement,) = iam.pod_identity_trust(cluster, "shop", "web")["Statement"]

    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    tags = {"kubernetes-namespace": "shop", "kubernetes-service-account": "web"}
    tags |= {"eks-cluster-name": cluster} if cluster else {}
    expected = {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    assert statement["Condition"] == {"StringEquals": expected}
