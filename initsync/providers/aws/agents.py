"""The addresses at which a container gets AWS credentials from beside it. Pure.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from initsync.network import urls
from initsync.words.errors import InvalidSetup

# They get the token without TLS, as botocore has it: any other could be an environment variable's
# way to carry it off.
HOSTS = ("169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost")
"""ECS, EKS Pod Identity by IPv4 and IPv6, and a container's own."""


def serves(url: str) -> bool:
    """Whether one of them answers at `url`."""
    try:
        return urls.place(url).host in HOSTS
    except InvalidSetup:
        return False
