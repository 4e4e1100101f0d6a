"""The part of the annotation's JSON Schema about fields that one provider has alone. Pure."""

from initsync.annotation.metadataschema import Schema
from initsync.annotation.request import OwnField, Providers

Owners = dict[str, dict[str, OwnField]]
"""Fields by their name, and by the provider that has them."""


def by_name(providers: Providers) -> Owners:
    """The fields of all providers, sorted."""
    found: Owners = {}
    for provider in sorted(providers.names()):
        for name, own in providers.fields(provider).items():
            found.setdefault(name, {})[provider] = own
    return dict(sorted(found.items()))


def schema(having: dict[str, OwnField]) -> Schema:
    """The JSON Schema of one field, which tells of each provider that has it."""
    told = [f"Of {provider}: {own.description}" for provider, own in having.items()]
    title = next(iter(having.values())).title
    return {"title": title, "description": " ".join(told), "type": "string", "minLength": 1}


def conditions(own: Owners) -> list[Schema]:
    """That no other provider has the fields."""
    return [
        {
            "if": {"required": [name]},
            "then": {"properties": {"provider": {"enum": list(having)}}},
        }
        for name, having in own.items()
    ]
