"""CRC-32C as its definition has it, bit by bit: for the stand-in, and to be compared with."""


def bitwise(data: bytes) -> int:
    """https://www.rfc-editor.org/rfc/rfc3720#section-12.1"""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 & -(crc & 1))
    return crc ^ 0xFFFFFFFF
