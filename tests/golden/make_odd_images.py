# SPDX-License-Identifier: Apache-2.0
# Writes odd_images.txt: pictures as they come in the wild and what Pillow makes of them, beside make_images.py's.
#   python make_odd_images.py > odd_images.txt          (Pillow, NumPy)
# A line: name  width height channels orientation bits of the header  the file in hex  channels of the pixels  the pixels
# in hex (of the upright picture), or "-" and a "-" where weft is to refuse.  For 16-bit PNGs a last field: the values as
# big-endian 16-bit numbers in hex.
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

from make_images import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, SAMPLES, chunk, png, sample_rows


def photo(mode="RGB", size=(16, 8)):
    """Smooth, so that every decoder agrees to a step or two."""
    y, x = np.mgrid[0:size[1], 0:size[0]]
    planes = [(40 + 8 * x + 3 * y), (200 - 6 * x + 2 * y), (90 + 2 * x - 5 * y), (30 + 4 * x)]
    count = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    data = np.stack(planes[:count], -1).clip(0, 255).astype(np.uint8)
    return Image.fromarray(data[..., 0] if count == 1 else data, mode)


def saved(image, kind="JPEG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}), **options)
    return stream.getvalue()


def without_segment(data, marker):
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        length = struct.unpack(">H", data[at + 2:at + 4])[0]
        if data[at + 1] != marker:
            out += data[at:at + 2 + length]
        at += 2 + length
    return out + data[at:]


def show(name, data, orientation=1, bits=8, values=None):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    stored = Image.open(io.BytesIO(data))
    channels = 1 if stored.mode == "L" else 3
    print(name, *stored.size, channels, orientation, bits, data.hex(), 3, image.convert("RGB").tobytes().hex())


def show_16(name, kind, transparent=None):
    rows = sample_rows(kind, 16)
    extra = chunk(b"tRNS", struct.pack(f">{SAMPLES[kind]}H", *rows[2][3])) if transparent else b""
    data = png(kind, 16, rows, extra=extra)
    array = np.array(rows)  # row, column, sample
    if transparent:
        see = np.where((array == array[2, 3]).all(-1), 0, 65535)
        array = np.concatenate([array, see[..., None]], -1)
    eight = np.floor(array / 257 + 0.5).astype(np.uint8)
    colours = eight if array.shape[-1] > 2 else eight[..., [0, 0, 0] + ([1] if array.shape[-1] == 2 else [])]
    print(name, len(rows[0]), len(rows), array.shape[-1], 1, 16, data.hex(), colours.shape[-1], colours.tobytes().hex(),
          array.astype(">u2").tobytes().hex())


def show_refused(name, data):
    print(name, 0, 0, 0, 0, 0, data.hex() or "-", "-", "-")


if __name__ == "__main__":
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        show(f"jpeg_exif_{orientation}", saved(photo(), exif=exif), orientation)
    show("jpeg_without_jfif", without_segment(saved(photo()), 0xE0))
    show("jpeg_grey_without_jfif", without_segment(saved(photo("L")), 0xE0))
    show("jpeg_progressive", saved(photo(), progressive=True))
    cmyk = saved(photo("CMYK"))
    show("jpeg_cmyk", cmyk)
    adobe = cmyk.index(b"Adobe")
    show("jpeg_ycck", cmyk[:adobe + 11] + b"\2" + cmyk[adobe + 12:])
    rgb = saved(photo(), keep_rgb=True)
    show("jpeg_stored_as_rgb", rgb)
    show("png_named_jpg", saved(photo(), "PNG"))
    show("bytes_behind_the_end.jpg", saved(photo()) + b"\0" * 100)
    show("bytes_behind_the_end.png", saved(photo(), "PNG") + b"more")
    show_16("png_grey_16", GREY)
    show_16("png_rgb_16", RGB)
    show_16("png_grey_alpha_16", GREY_ALPHA)
    show_16("png_rgba_16", RGBA)
    show_16("png_grey_16_transparent", GREY, transparent=True)
    whole = saved(photo())
    show_refused("truncated.jpg", whole[:-10])
    whole = saved(photo(), "PNG")
    show_refused("truncated.png", whole[:len(whole) * 2 // 3])
    show_refused("empty", b"")
    show_refused("page.jpg", b"\xef\xbb\xbf\n  <!DOCTYPE html><html><body>404 Not Found</body></html>")
    show_refused("gif", saved(photo("L"), "GIF"))
    show_refused("tiff_little", saved(photo("L"), "TIFF"))
    pages = io.BytesIO()
    photo("L").save(pages, "TIFF", save_all=True, append_images=[photo("L")], big_tiff=False)
    show_refused("tiff_pages", pages.getvalue())
    show_refused("bmp", saved(photo(), "BMP"))
    show_refused("webp", saved(photo(), "WEBP", lossless=True))
    show_refused("jpeg_2000", saved(photo(), "JPEG2000"))
