"""What a document's aliases stand for is counted before anybody expands them. Pure.

The rule is that of kubectl's reader, so that nothing is refused here that it takes.
https://github.com/yaml/go-yaml/blob/v2.4.0/decode.go (allowedAliasRatio)
"""

_FEW_ALIASED, _FEW = 100, 1_000  # values: below both, any share may be aliases'
_SMALL, _LARGE = 400_000, 4_000_000  # values, between which the share falls
_OF_SMALL, _OF_LARGE = 0.99, 0.10


def problem(written: int, aliased: int) -> str | None:
    """What is wrong where aliases stand for `aliased` values beside those that are `written`."""
    values = written + aliased
    if aliased <= _FEW_ALIASED or values <= _FEW or aliased <= _share(values) * values:
        return None
    return (
        f"aliases (*) stand for {aliased} values where {written} are written, which kubectl "
        "refuses too: write them out"
    )


def _share(values: int) -> float:
    beyond = min(max(values - _SMALL, 0) / (_LARGE - _SMALL), 1)
    return _OF_SMALL - (_OF_SMALL - _OF_LARGE) * beyond
