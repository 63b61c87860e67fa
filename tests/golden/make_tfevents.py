# SPDX-License-Identifier: Apache-2.0
# Prints the records that tests/base/tfevents_test.cc wants, byte by byte, from nothing but the format's description:
# its own protocol-buffer encoder and a bitwise CRC-32C.  Run: python3 tests/golden/make_tfevents.py
import struct

from crc32c import crc32c


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def integer(field, value):
    return varint(field << 3) + varint(value)


def double(field, value):
    return varint(field << 3 | 1) + struct.pack("<d", value)


def single(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def record(event):
    length = struct.pack("<Q", len(event))
    return length + struct.pack("<I", masked(length)) + event + struct.pack("<I", masked(event))


def event(wall_time, step, value):
    return double(1, wall_time) + integer(2, step) + block(5, block(1, value))


assert crc32c(b"123456789") == 0xE3069283
assert masked(b"\x1a\x11CRC test, one two") == 0x5794D08A

picture = block(4, integer(1, 2) + integer(2, 3) + integer(3, 3) + block(4, b"\x89PNG"))
print("scalar:", record(event(1.5e9 + 0.25, 300, block(1, b"loss") + single(2, 2.5))).hex())
print("image: ", record(event(1.5e9 + 1, 301, block(1, b"views") + picture)).hex())
