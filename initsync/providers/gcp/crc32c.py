"""CRC-32C (Castagnoli), with which Google says what it sent.

https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4,
https://cloud.google.com/secret-manager/docs/data-integrity
"""

from functools import cache

_POLYNOMIAL = 0x82F63B78  # its bits reversed
_ALL = 0xFFFFFFFF


def checksum(data: bytes) -> int:
    """The CRC32C of `data`; 64 KiB, the largest secret, take some 10 ms."""
    table, crc = _table(), _ALL
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ _ALL


@cache
def _table() -> tuple[int, ...]:
    return tuple(map(_entry, range(256)))


def _entry(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ (_POLYNOMIAL & -(crc & 1))
    return crc
