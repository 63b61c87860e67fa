# SPDX-License-Identifier: Apache-2.0
"""PNG and JPEG with nothing but Python's own modules: writing grey pictures, reading sizes and grey pixels."""
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def grey_png(rows):
    """rows: lists of values below 256."""
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def plain_png(shade, width=4, height=3):
    """Pictures of different numbers differ (up to 65535)."""
    rows = [[shade % 256] * width for _ in range(height)]
    rows[0][0] = shade // 256
    return grey_png(rows)


def size_of(data):
    """(width, height) as the header says."""
    if data.startswith(b"\x89PNG"):
        return struct.unpack(">II", data[16:24])
    at = 2
    while True:
        kind, length = data[at + 1], struct.unpack(">H", data[at + 2:at + 4])[0]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5:at + 9])
            return width, height
        at += 2 + length


def read_grey(data):
    """Rows of the values of a grey PNG of 1 to 8 bits, not interlaced."""
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
            assert colour == 0 and depth <= 8
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(packed), (width * depth + 7) // 8
    rows, above = [], bytes(stride)
    for y in range(height):
        line = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x, kind in ((x, raw[y * (stride + 1)]) for x in range(stride)):
            left, up, corner = (line[x - 1] if x else 0), above[x], (above[x - 1] if x else 0)
            near = min((abs(up - corner), 0, left), (abs(left - corner), 1, up),
                       (abs(left + up - 2 * corner), 2, corner))
            line[x] = line[x] + (0, left, up, (left + up) // 2, near[2])[kind] & 255
        above = bytes(line)
        bits = "".join(f"{byte:08b}" for byte in line)
        rows.append([int(bits[x * depth:(x + 1) * depth], 2) for x in range(width)])
    return rows
