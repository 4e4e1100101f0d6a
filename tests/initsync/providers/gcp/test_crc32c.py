"""CRC-32C by the table equals that by definition, and the examples of its RFC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.providers.gcp.crc32c import checksum
from tests.initsync.providers.gcp.crc import bitwise


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(reversed(range(32))), 0x113FDB5C),
    ],
)
def test_the_published_examples(data: bytes, found: int) -> None:
    assert checksum(data) == found == bitwise(data)


@given(st.binary(max_size=300))
def test_whatever_the_bytes(data: bytes) -> None:
    assert checksum(data) == bitwise(data)
