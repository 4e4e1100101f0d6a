"""What IAM must allow for reading parameters of AWS's Parameter Store: statements. Pure.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
"""

from collections.abc import Collection

from initsync.permissions import iam
from initsync.permissions.iam import AwsScope
from initsync.providers.aws import parameters
from initsync.words.model import JsonObject

_SERVICE = "ssm"


def arn(path: str, place: AwsScope) -> str:
    """The ARN of the parameter at `path`, or of the path itself, of which all below is read.

    Raises InvalidSetup for a path that no policy can name.
    """
    found = parameters.arn(path)
    name = found.name if found else path
    name = parameters.hierarchy(name) if parameters.is_tree(name) else name
    name = iam.literal(parameters.without_selector(name))
    partition, region, account = found[:3] if found else (*iam.home_of(path, place), place.account)
    return f"arn:{partition}:{_SERVICE}:{region}:{account}:parameter/{name.removeprefix('/')}"


def statements(paths: Collection[str], place: AwsScope) -> list[JsonObject]:
    """What a role must be allowed that fetches `paths`, and no more.

    Of a path AWS looks at that itself, and at no parameter below.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    trees = {path for path in paths if parameters.is_tree(path)}
    ones = [arn(path, place) for path in paths if path not in trees]
    below = [arn(path, place) for path in trees]
    found = [
        iam.allow("ReadParameters", "ssm:GetParameter", ones),
        iam.allow("ReadParametersBelow", "ssm:GetParametersByPath", below),
    ]
    decrypt = iam.decrypt("DecryptParametersIn", _SERVICE, paths, place)
    return [it for it in found if it["Resource"]] + decrypt
