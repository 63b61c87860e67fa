# SPDX-License-Identifier: Apache-2.0
# Writes label_png.json: PNG files of every colour type and depth, made with Python's zlib and struct alone, and the
# numbers that were put into them.      python3 make_label_png.py > label_png.json
import base64
import json
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rows, colour, depth, palette=b""):
    """rows: lists of samples; each row has the filter Up, so that a reader that ignores filters fails."""
    raw, above = b"", None
    for row in rows:
        if depth == 16:
            line = struct.pack(f">{len(row)}H", *row)
        else:
            bits = "".join(f"{value:0{depth}b}" for value in row)
            bits += "0" * (-len(bits) % 8)
            line = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        above = above or bytes(len(line))
        raw += b"\2" + bytes((a - b) & 255 for a, b in zip(line, above))
        above = line
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    head = struct.pack(">IIBBBBB", len(rows[0]) // channels, len(rows), depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + (chunk(b"PLTE", palette) if palette else b"") +
            chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def case(name, rows, colour, depth, values, alpha=(), palette=()):
    file = png(rows, colour, depth, b"".join(bytes(one) for one in palette))
    return {"name": name, "png": base64.b64encode(file).decode(), "values": values, "alpha": list(alpha),
            "palette": [r << 16 | g << 8 | b for r, g, b in palette]}


cases = []
for depth in (1, 2, 4, 8, 16):
    most = 2 ** depth - 1
    rows = [[0, most, 1], [most, most // 2, 0]]
    cases.append(case(f"grey {depth}", rows, 0, depth, rows[0] + rows[1]))
for depth in (1, 2, 4, 8):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)][:2 ** depth]
    rows = [[0, 1, len(colours) - 1], [1, 0, 1]]
    cases.append(case(f"palette {depth}", rows, 3, depth, rows[0] + rows[1], palette=colours))
for depth, scale in ((8, 1), (16, 256)):
    rgb = [[1 * scale, 2 * scale, 3 * scale, 255 * scale, 0, 0]]
    cases.append(case(f"colour {depth}", rgb, 2, depth, [0x010203, 0xFF0000]))
    rgba = [[1 * scale, 2 * scale, 3 * scale, 7 * scale, 255 * scale, 0, 0, 0]]
    cases.append(case(f"colour and alpha {depth}", rgba, 6, depth, [0x010203, 0xFF0000], alpha=[7, 0]))
cases.append(case("grey and alpha 8", [[5, 7, 6, 0]], 4, 8, [5, 6], alpha=[7, 0]))
cases.append(case("grey and alpha 16", [[300, 7 * 256, 6, 0]], 4, 16, [300, 6], alpha=[7, 0]))
print(json.dumps(cases, indent=1))
