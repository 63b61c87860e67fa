# SPDX-License-Identifier: Apache-2.0
# Writes nifti.json: small NIfTI-1 volumes of every type, byte order and orientation, and what weft is to make of them.
#   python make_nifti.py > nifti.json          (nibabel, NumPy)
# nibabel writes the files, reads them back, and turns them to right-anterior-superior; the cut and the flips from there
# are written out here once more.  files: hex; values: slice by slice, modality by modality, row by row.
import gzip
import io
import json

import nibabel as nib
import numpy as np

SHAPE = (5, 4, 3)
ALL = []


def varied(dtype, count):
    bits = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)
    if np.dtype(dtype).kind == "f":
        return (bits.astype(np.float64) / 2**32 * 2000 - 1000).astype(dtype)
    width = 8 * np.dtype(dtype).itemsize
    if width <= 32:
        return (bits >> np.uint64(32 - width)).astype(f"u{width // 8}").view(dtype)
    return (bits.astype(np.int64) * 12345).astype(dtype)


def affine_of(axes, spacing=(2.0, 3.0, 4.0), origin=(-7.0, 11.0, 13.0), tilt=0.0):
    """axes: what the stored axes run towards, e.g. "LPS"."""
    affine = np.zeros((4, 4))
    for stored, letter in enumerate(axes):
        patient = ["RL", "AP", "SI"].index(next(pair for pair in ("RL", "AP", "SI") if letter in pair))
        affine[patient, stored] = spacing[stored] * (1 if letter in "RAS" else -1)
    turn = np.array([[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = origin
    affine[3, 3] = 1
    return affine


def shown(image, data, axis):
    """Slices, rows, columns as radiologists look at them; and the affine of (column, row, slice)."""
    orientation = nib.io_orientation(image.affine)
    canonical = nib.apply_orientation(data, orientation)
    affine = image.affine @ nib.orientations.inv_ornt_aff(orientation, data.shape[:3])
    across = {"axial": 2, "coronal": 1, "sagittal": 0}.get(axis)
    along = int(orientation[int(axis) - 1][0]) if across is None else across
    columns, rows, step = {2: (0, 1, 1), 1: (0, 2, -1), 0: (1, 2, -1)}[along]
    volume = np.moveaxis(canonical, (along, rows, columns), (0, 1, 2))
    volume = volume[::step, ::-1, ::-1]
    out = np.zeros((3, 4))
    out[:, 3] = affine[:3, 3]
    for place, (patient, sign) in enumerate([(columns, -1), (rows, -1), (along, step)]):
        out[:, place] = sign * affine[:3, patient]
        if sign < 0:
            out[:, 3] += affine[:3, patient] * (canonical.shape[patient] - 1)
    return volume, out


def as_stored(image, data, axis):
    along = int(axis) - 1
    columns, rows = [i for i in range(3) if i != along]
    volume = np.moveaxis(data, (along, rows, columns), (0, 1, 2))
    out = np.zeros((3, 4))
    if image.header["sform_code"] > 0 or image.header["qform_code"] > 0:
        out = image.affine[:3][:, [columns, rows, along, 3]]
    return volume, out


def add(name, image, axis="3", turn=True, series=False, packed=True, kind=None):
    stream = io.BytesIO()
    image.to_stream(stream)
    raw = stream.getvalue()
    image = nib.Nifti1Image.from_bytes(raw)
    data = np.asarray(image.dataobj).astype(np.float64)
    if data.ndim == 2:
        data = data[..., None]
    if data.ndim == 4 and data.shape[3] == 1:
        data = data[..., 0]
    volume, affine = (shown if turn else as_stored)(image, data, axis)
    if volume.ndim == 3:
        volume = volume[..., None]
    volume = np.moveaxis(volume, 3, 1)  # slice, modality, row, column
    spacing = np.sqrt((affine[:, :3] ** 2).sum(0))
    if not affine.any():
        spacing = np.array(image.header["pixdim"][1:4], dtype=np.float64)
    values = [None if not np.isfinite(v) else float(np.float32(v)) for v in volume.ravel()]
    ALL.append({"name": name, "axis": axis, "turn": turn, "series": series, "type": kind,
                "file": (gzip.compress(raw, 9, mtime=0) if packed else raw).hex(), "shape": volume.shape,
                "affine": affine.ravel().tolist(), "spacing": spacing.tolist(), "values": values})


def image_of(dtype, axes="RAS", order="<", shape=SHAPE, slope=None, inter=None, sform=1, qform=0, tilt=0.0, values=None):
    data = (varied(dtype, int(np.prod(shape))) if values is None else values).reshape(shape)
    header = nib.Nifti1Header(endianness=order)
    header.set_data_dtype(np.dtype(dtype).newbyteorder(order))
    header["descrip"] = b"JANE DOE 1950-01-01"
    image = nib.Nifti1Image(data, None, header)
    image.set_sform(affine_of(axes, tilt=tilt), code=sform)
    image.set_qform(affine_of(axes, tilt=tilt), code=qform)
    if slope is not None:
        image.header.set_slope_inter(slope, inter)
    return image


KINDS = {"u1": "u8", "i1": "i16", "i2": "i16", "u2": "u16", "i4": "f32", "u4": "f32", "i8": "f32", "u8": "f32",
         "f4": "f32", "f8": "f32"}
for dtype, kind in KINDS.items():
    for order in "<>":
        add(f"{dtype} {'little' if order == '<' else 'big'}", image_of(dtype, order=order), kind=kind)
add("i4 that fits 16 bits", image_of("i4", values=varied("i2", 60).astype("i4")), kind="i16")
add("u4 that fits 16 bits", image_of("u4", values=varied("u2", 60).astype("u4")), kind="u16")
holes = varied("f4", 60)
holes[[3, 40]] = np.nan, np.inf
add("no numbers among them", image_of("f4", values=holes), kind="f32")
add("not packed", image_of("i2"), packed=False, kind="i16")
for axes in ("LPS", "RAI", "LAS", "ASR", "PIR", "SRA", "IPL"):
    for axis in ("1", "2", "3", "axial", "coronal", "sagittal"):
        if axes in ("LPS", "PIR") or axis in ("3", "axial"):
            add(f"{axes} cut {axis}", image_of("u1", axes=axes), axis=axis, kind="u8")
add("tilted", image_of("u1", axes="LSA", tilt=0.3), kind="u8")
add("qform alone", image_of("u1", axes="PSL", sform=0, qform=1, tilt=0.2), kind="u8")
add("as stored", image_of("u1", axes="PSL"), turn=False, kind="u8")
add("as stored along 1", image_of("u1", axes="LPS"), axis="1", turn=False, kind="u8")
add("no place", image_of("u1", sform=0, qform=0), turn=False, kind="u8")
add("one slice", image_of("u2", shape=(5, 4)), kind="u16")
add("four dimensions, one time", image_of("u1", shape=(5, 4, 3, 1)), kind="u8")
add("times as modalities", image_of("i2", shape=(5, 4, 3, 2)), series=True, kind="i16")


def scaled(dtype, slope, inter):
    image = image_of(dtype)
    raw = bytearray(image.to_bytes())
    raw[112:120] = np.array([slope, inter], "<f4").tobytes()
    return nib.Nifti1Image.from_bytes(bytes(raw))


def add_scaled(name, dtype, slope, inter, kind):
    image = scaled(dtype, slope, inter)
    raw = bytearray(image_of(dtype).to_bytes())
    raw[112:120] = np.array([slope, inter], "<f4").tobytes()
    data = np.asarray(image.dataobj).astype(np.float64)
    volume, affine = shown(image, data, "3")
    ALL.append({"name": name, "axis": "3", "turn": True, "series": False, "type": kind,
                "file": gzip.compress(bytes(raw), 9, mtime=0).hex(), "shape": (3, 1, 4, 5),
                "affine": affine.ravel().tolist(), "spacing": [2, 3, 4],
                "values": [float(np.float32(v)) for v in volume.ravel()]})


add_scaled("slope and intercept", "i2", 0.5, -1024, "i16")
add_scaled("a negative slope", "u1", -2, 10, "u8")
add_scaled("slope 0 is none", "i2", 0, 7, "i16")
add_scaled("slope NaN is none", "i2", np.nan, 7, "i16")

both = image_of("u1", axes="LPS", sform=1, qform=1)
both.set_qform(affine_of("RAS"), code=1)
add("sform before qform", both, kind="u8")

rgb = np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
for i, channel in enumerate("RGB"):
    rgb[channel] = varied("u1", 180)[i * 60:(i + 1) * 60].reshape(SHAPE)
colour = nib.Nifti1Image(rgb, affine_of("LPS"))
stacked = np.stack([rgb[c] for c in "RGB"], -1).astype(np.float64)
volume, affine = shown(colour, stacked[..., 0], "3")
planes = np.stack([shown(colour, stacked[..., c], "3")[0] for c in range(3)], 1)
ALL.append({"name": "RGB", "axis": "3", "turn": True, "series": False, "type": "u8",
            "file": gzip.compress(colour.to_bytes(), 9, mtime=0).hex(), "shape": planes.shape,
            "affine": affine.ravel().tolist(), "spacing": [2, 3, 4], "values": [float(v) for v in planes.ravel()]})

pair = nib.Nifti1Pair(varied("i2", 60).reshape(SHAPE), affine_of("LPS"))
pair.header.set_data_dtype("i2")
files = pair.make_file_map({"header": io.BytesIO(), "image": io.BytesIO()})
pair.to_file_map(files)
volume, affine = shown(pair, np.asarray(pair.dataobj).astype(float), "3")
ALL.append({"name": "header and image apart", "axis": "3", "turn": True, "series": False, "type": "i16",
            "file": files["header"].fileobj.getvalue().hex(), "image": files["image"].fileobj.getvalue().hex(),
            "shape": (3, 1, 4, 5), "affine": affine.ravel().tolist(), "spacing": [2, 3, 4],
            "values": [float(v) for v in volume.ravel()]})

if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in ALL) + "\n]")
