# SPDX-License-Identifier: Apache-2.0
"""Writes tar archives with Python's tarfile.

    make_tar.py FOLDER            archives of every kind, and prints what is in each
    make_tar.py FOLDER samples    shards of pictures with captions, classes and tags, as webdataset has them

One JSON line per archive: {"file", "members": [[name, type, size, offset of the content, CRC-32 of the content]]}.
The archives: ustar with a prefix, GNU with long names, pax with long and non-ASCII names, old v7, gzipped ones, a size in
GNU's binary form, and one whose members are no files.
"""
import io
import json
import pathlib
import sys
import tarfile
import zlib

import tiny_png


def content_of(i, size):
    return bytes((i * 37 + n * 11) % 251 for n in range(size))


def add(tar, name, content, pax=None):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.pax_headers = pax or {}
    tar.addfile(info, io.BytesIO(content))


def listing(path):
    with tarfile.open(path) as tar:
        rows = []
        for member in tar.getmembers():
            content = tar.extractfile(member).read() if member.isfile() else b""
            kind = "0" if member.isfile() else member.type.decode()
            rows.append([member.name + ("/" if member.isdir() else ""), kind, len(content),
                         member.offset_data, zlib.crc32(content)])
        print(json.dumps({"file": path.name, "members": rows}))


def write(path, mode, form, members):
    with tarfile.open(path, mode, format=form) as tar:
        for i, (name, size, pax) in enumerate(members):
            add(tar, name, content_of(i, size), pax)
    listing(path)


def in_v7(data):
    """The archive as programs before POSIX wrote it: no magic, files of type NUL."""
    block = bytearray(data)
    at = 0
    while any(block[at:at + 512]):
        size = int(block[at + 124:at + 135], 8)
        block[at + 156:at + 157] = b"\0"
        block[at + 257:at + 512] = bytes(255)
        block[at + 148:at + 156] = b" " * 8
        block[at + 148:at + 156] = b"%06o\0 " % sum(block[at:at + 512])
        at += 512 + (size + 511) // 512 * 512
    return bytes(block)


def with_binary_size(data):
    """The first member's size in GNU's form for sizes from 8 GiB on."""
    block = bytearray(data)
    size = int(block[124:135], 8)
    block[124:136] = b"\x80" + size.to_bytes(11, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def write_samples(folder):
    forms = (("tar", tarfile.USTAR_FORMAT), ("tar", tarfile.GNU_FORMAT), ("tar", tarfile.PAX_FORMAT),
             ("tar.gz", tarfile.PAX_FORMAT))
    for number, (ending, form) in enumerate(forms):
        mode = "w:gz" if ending == "tar.gz" else "w"
        with tarfile.open(folder / f"shard-{number:06}.{ending}", mode, format=form) as tar:
            for i in range(10):
                name = f"{'deep/' * (i % 3)}{'x' * (i % 4 * (20 if number == 0 else 40))}{i:04}"
                add(tar, name + ".png", tiny_png.plain_png(100 * number + i))
                if i % 2 == 0:
                    add(tar, name + ".txt", f" picture {i} of {number}, gr\u00fcn\n".encode())
                if i % 3 == 0:
                    add(tar, name + ".cls", str(i % 5).encode())
                if i % 4 == 0:
                    add(tar, name + ".json", json.dumps({"tags": [f"tag {i}", "all"], "url": None, "n": i}).encode())
                add(tar, name + ".seg.png", b"another picture")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[2:] == ["samples"]:
        return write_samples(folder)
    plain = [("a.jpg", 700, None), ("a.txt", 0, None), ("b.jpg", 512, None), ("b.txt", 513, None)]
    long = "folder/" * 20 + "with a long name.jpg"
    write(folder / "ustar.tar", "w", tarfile.USTAR_FORMAT, plain + [("p/" * 60 + "prefix.png", 33, None)])
    write(folder / "gnu.tar", "w", tarfile.GNU_FORMAT, plain + [(long, 1025, None), ("after.txt", 3, None)])
    write(folder / "pax.tar", "w", tarfile.PAX_FORMAT,
          plain + [(long, 1025, None), ("gr\u00fc\u00dfe.txt", 4, {"comment": "two\nlines = one"}),
                   ("after.txt", 3, None)])
    write(folder / "ustar.tar.gz", "w:gz", tarfile.USTAR_FORMAT, plain)
    write(folder / "pax.tgz", "w:gz", tarfile.PAX_FORMAT, plain + [(long, 100000, None)])
    (folder / "v7.tar").write_bytes(in_v7((folder / "ustar.tar").read_bytes()[:512 * 9] + bytes(1024)))
    listing(folder / "v7.tar")
    (folder / "binary.tar").write_bytes(with_binary_size((folder / "ustar.tar").read_bytes()))
    listing(folder / "binary.tar")
    with tarfile.open(folder / "odd.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        for kind, name in ((tarfile.DIRTYPE, "folder"), (tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "hard")):
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = "a.jpg"
            tar.addfile(info)
        add(tar, "a.jpg", content_of(0, 10))
    listing(folder / "odd.tar")


if __name__ == "__main__":
    main()
