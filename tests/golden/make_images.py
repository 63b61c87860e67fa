# SPDX-License-Identifier: Apache-2.0
# Writes images.txt: small PNG and JPEG files of every kind and what they decode to.
#   python make_images.py > images.txt         (Pillow, for the JPEGs alone)
# A line: name  codec width height channels of the header  the file in hex  channels of the pixels  the pixels in hex
# The PNGs are put together here from zlib alone; their pixels are what went in, 16-bit samples v as round(v / 257).
import io
import struct
import zlib

from PIL import Image

WIDTH, HEIGHT = 7, 5
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_row(samples, depth):
    bits = "".join(f"{s:0{depth}b}" for s in samples)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")  # filter 0


def png(kind, depth, rows, interlaced=False, extra=b""):
    """rows[y][x] is a tuple of samples."""
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for x0, y0, dx, dy in passes:
        for row in rows[y0::dy]:
            if row[x0::dx]:
                raw += packed_row([s for pixel in row[x0::dx] for s in pixel], depth)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), depth, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(raw, 9)) +
            chunk(b"IEND", b""))


def sample_rows(kind, depth):
    """Varied samples by a counter formula, below 2^depth."""
    n, rows = 1, []
    for _ in range(HEIGHT):
        row = []
        for _ in range(WIDTH):
            pixel = []
            for _ in range(SAMPLES[kind]):
                n = n * 1103515245 + 12345 & 0x7FFFFFFF
                pixel.append(n >> 31 - depth)
            row.append(tuple(pixel))
        rows.append(row)
    return rows


def show(name, codec, width, height, channels, data, pixels):
    """pixels: RGBA tuples; alpha goes where it says nothing."""
    opaque = all(p[3] == 255 for p in pixels)
    flat = bytes(s for p in pixels for s in p[:3 if opaque else 4])
    print(name, codec, width, height, channels, data.hex(), 3 if opaque else 4, flat.hex())


def show_png(name, kind, depth, interlaced=False, transparent=None, alpha=None):
    rows = sample_rows(kind, depth)
    extra, palette = b"", []
    if kind == PALETTE:
        palette = [(i * 53 % 256, 255 - i * 31 % 256, i * 97 % 256) for i in range(1 << depth)]
        extra += chunk(b"PLTE", bytes(s for colour in palette for s in colour))
        if transparent:
            extra += chunk(b"tRNS", bytes(transparent))
    elif transparent:
        transparent = rows[2][3]
        extra += chunk(b"tRNS", struct.pack(f">{len(transparent)}H", *transparent))
    if alpha is not None:
        rows = [[p[:-1] + (alpha,) for p in row] for row in rows]
    scale = 255 / ((1 << depth) - 1)
    pixels = []
    for sample in (p for row in rows for p in row):
        eight = [int(s * scale + 0.5) for s in sample]
        if kind == PALETTE:
            see = transparent[sample[0]] if transparent and sample[0] < len(transparent) else 255
            pixels.append((*palette[sample[0]], see))
        else:
            colour = eight[:3] if kind in (RGB, RGBA) else [eight[0]] * 3
            see = eight[-1] if kind in (GREY_ALPHA, RGBA) else 0 if sample == transparent else 255
            pixels.append((*colour, see))
    channels = (3 if kind in (RGB, RGBA, PALETTE) else 1) + (kind in (GREY_ALPHA, RGBA) or bool(transparent))
    show(name, "png", WIDTH, HEIGHT, channels, png(kind, depth, rows, interlaced, extra), pixels)


def show_jpeg(name, mode, channels, **options):
    tiles = Image.new(mode, (16, 8), (30, 80, 130, 180)[:channels] if channels > 1 else 90)
    tiles.paste((200, 20, 60, 10)[:channels] if channels > 1 else 210, (8, 0, 16, 8))
    file = io.BytesIO()
    tiles.save(file, "JPEG", quality=90, optimize=True, subsampling=0, **options)
    seen = Image.open(file).convert("RGB")
    pixels = [(*p, 255) for p in zip(*[iter(seen.tobytes())] * 3)]
    show(name, "jpeg", 16, 8, 1 if channels == 1 else 3, file.getvalue(), pixels)


if __name__ == "__main__":
    for bits in (1, 2, 4, 8, 16):
        show_png(f"grey_{bits}", GREY, bits)
    for bits in (1, 2, 4):
        show_png(f"palette_{bits}", PALETTE, bits)
    for bits in (8, 16):
        show_png(f"rgb_{bits}", RGB, bits)
        show_png(f"grey_alpha_{bits}", GREY_ALPHA, bits)
        show_png(f"rgba_{bits}", RGBA, bits)
    show_png("palette_transparent", PALETTE, 4, transparent=[0, 128, 255, 7])
    show_png("grey_transparent", GREY, 8, transparent=True)
    show_png("rgb_transparent", RGB, 8, transparent=True)
    show_png("rgba_opaque", RGBA, 8, alpha=255)
    show_png("rgb_interlaced", RGB, 8, interlaced=True)
    show_png("rgba_interlaced", RGBA, 8, interlaced=True)
    show_png("grey_1_interlaced", GREY, 1, interlaced=True)
    show_jpeg("jpeg_grey", "L", 1)
    show_jpeg("jpeg_rgb", "RGB", 3)
    show_jpeg("jpeg_progressive", "RGB", 3, progressive=True)
    show_jpeg("jpeg_cmyk", "CMYK", 4)
