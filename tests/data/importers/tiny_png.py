# SPDX-License-Identifier: Apache-2.0
"""PNG and JPEG with nothing but Python's own modules: writing grey pictures, reading sizes and pixels."""
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


def unfiltered(kind, line, above, step):
    if kind == 0 or not any(line) and (kind == 1 or not any(above)):
        return line
    if kind == 2 and not any(line):
        return above
    line = bytearray(line)
    for x in range(len(line)):
        left, up = (line[x - step] if x >= step else 0), above[x]
        corner = above[x - step] if x >= step else 0
        if kind == 4:
            guess = left + up - corner
            near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        else:
            near = (0, left, up, (left + up) // 2)[kind]
        line[x] = line[x] + near & 255
    return bytes(line)


def pixels_of(data):
    """Rows of the pixels of a PNG that is not interlaced: numbers of grey or palette, tuples of colours."""
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[at + 8:at + 21])
            assert not interlaced
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    raw, stride = zlib.decompress(packed), (width * depth * channels + 7) // 8
    above = bytes(stride)
    for y in range(height):
        start = y * (stride + 1)
        above = unfiltered(raw[start], raw[start + 1:start + 1 + stride], above, max(1, depth * channels // 8))
        if depth == 16:
            values = struct.unpack(f">{width * channels}H", above)
        elif depth == 8:
            values = above
        else:
            bits = "".join(f"{byte:08b}" for byte in above)
            values = [int(bits[x * depth:(x + 1) * depth], 2) for x in range(width)]
        yield values if channels == 1 else [tuple(values[x:x + channels]) for x in range(0, len(values), channels)]
