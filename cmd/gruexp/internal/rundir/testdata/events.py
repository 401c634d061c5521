#!/usr/bin/python3
"""Prints the golden of the test: two events, with CRC-32C computed bit by bit and protocol buffers spelled out."""
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of the catalogue of CRCs


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8 & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def text(field, value):
    return bytes([field << 3 | 2, len(value)]) + value


def scalar(tag, value):
    return text(1, text(1, tag) + b"\x15" + struct.pack("<f", value))


header = b"\x09" + struct.pack("<d", 1.5) + text(3, b"brain.Event:2")
event = b"\x09" + struct.pack("<d", 2.25) + b"\x10\xac\x02" + text(5, scalar(b"train/loss", 0.5) + scalar(b"learning_rate", 1e-3))
print((record(header) + record(event)).hex())
