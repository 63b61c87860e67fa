# SPDX-License-Identifier: Apache-2.0
# Writes dicom.json: small DICOM files by pydicom, and what weft is to make of them.
#   python make_dicom.py > dicom.json          (pydicom, NumPy)
# files: hex, all of one series; values: slice by slice, sample by sample, row by row, after slope and intercept as
# pydicom's apply_modality_lut gives them, MONOCHROME1 turned; windows: [low, high]; affine: column, row, slice to RAS.
import io
import json

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, JPEGLosslessSV1)

ROWS, COLUMNS = 3, 4
ALL = []


def varied(count, low, high):
    bits = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)
    return low + (bits.astype(np.int64) * (high - low + 1) >> 32)


def dataset(syntax=ExplicitVRLittleEndian, allocated=16, stored=None, signed=False, photometric="MONOCHROME2", samples=1,
            frames=1, number=1, shift=0, **more):
    stored = stored or allocated
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
    meta.TransferSyntaxUID = syntax
    file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128, is_implicit_VR=syntax.is_implicit_VR,
                       is_little_endian=syntax.is_little_endian)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.StudyDate, file.AccessionNumber = "19991231", "ACC777"
    file.PatientName, file.PatientID, file.PatientBirthDate = "DOE^JANE", "MRN12345", "19500101"
    file.StudyInstanceUID, file.SeriesInstanceUID = "1.2.3.4.5", "1.2.3.4.5.6"
    file.InstanceNumber = number
    file.Rows, file.Columns, file.SamplesPerPixel, file.PhotometricInterpretation = ROWS, COLUMNS, samples, photometric
    file.BitsAllocated, file.BitsStored, file.HighBit = allocated, stored, stored - 1 + shift
    file.PixelRepresentation = int(signed)
    if frames > 1:
        file.NumberOfFrames = frames
    if samples > 1:
        file.PlanarConfiguration = more.pop("planar", 0)
    low = -(1 << stored - 1) if signed else 0
    pixels = varied(ROWS * COLUMNS * samples * frames, low, low + (1 << stored) - 1)
    pixels = np.roll(pixels, number)
    raw = (pixels << shift) & ((1 << allocated) - 1)
    if shift:
        raw |= 1  # a bit that does not belong to the value
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    data = raw.astype(f"{order}u{allocated // 8}").tobytes()
    if order == ">" and allocated == 8:  # words
        data = np.frombuffer(data, "<u2").astype(">u2").tobytes()
    file.add_new(0x7fe00010, "OW" if allocated > 8 or order == ">" or syntax == ImplicitVRLittleEndian else "OB",
                 data + b"\0" * (len(data) % 2))
    for key, value in more.items():
        setattr(file, key, value)
    file.pixels = pixels
    return file


def encoded(file):
    stream = io.BytesIO()
    file.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def values_of(file, data):
    """Planes: sample, row, column."""
    samples = int(file.SamplesPerPixel)
    if samples == 3:
        array = pydicom.dcmread(io.BytesIO(data)).pixel_array.reshape(-1, ROWS, COLUMNS, 3)  # RGB, YBR_FULL converted
        return np.moveaxis(array, 3, 1).astype(float)
    array = file.pixels.reshape(-1, 1, ROWS, COLUMNS)
    if not file.HighBit - file.BitsStored + 1 and file.file_meta.TransferSyntaxUID != ExplicitVRBigEndian:
        seen = pydicom.dcmread(io.BytesIO(data)).pixel_array.reshape(array.shape)
        assert (seen == array).all()
    low = -(1 << file.BitsStored - 1) if file.PixelRepresentation else 0
    if file.PhotometricInterpretation == "MONOCHROME1":
        array = 2 * low + (1 << file.BitsStored) - 1 - array
    return apply_modality_lut(array, file).astype(float)


def add(name, files, kind=None, order=None, affine=None, spacing=(0, 0, 0), windows=(), values=None):
    data = [encoded(file) for file in files]
    if values is None:
        values = np.concatenate([values_of(files[i], data[i]) for i in (order or range(len(files)))])
    ALL.append({"name": name, "files": [d.hex() for d in data], "type": kind, "shape": values.shape,
                "affine": [float(v) for v in affine.ravel()] if affine is not None else [0] * 12,
                "spacing": list(spacing), "windows": list(windows),
                "values": [float(np.float32(v)) for v in values.ravel()]})


def place(row=(1, 0, 0), column=(0, 1, 0), positions=((0, 0, 0),), step=None, spacing=(0.5, 0.75)):
    """The affine by the text of PS3.3 C.7.6.2.1.1, then to RAS."""
    affine = np.zeros((3, 4))
    affine[:, 0] = np.array(row) * spacing[1]
    affine[:, 1] = np.array(column) * spacing[0]
    affine[:, 2] = np.cross(row, column) * (step or 1)
    affine[:, 3] = positions[0]
    affine[:2] *= -1
    return affine


for syntax, name in [(ExplicitVRLittleEndian, "explicit little"), (ImplicitVRLittleEndian, "implicit little"),
                     (ExplicitVRBigEndian, "explicit big"), (DeflatedExplicitVRLittleEndian, "deflated")]:
    add(f"{name}, 16 bits", [dataset(syntax)], "u16")
    add(f"{name}, 8 bits", [dataset(syntax, allocated=8)], "u8")
add("12 of 16 bits", [dataset(stored=12)], "i16")
add("12 of 16 bits, signed", [dataset(stored=12, signed=True)], "i16")
add("16 bits, signed", [dataset(signed=True)], "i16")
add("8 bits, signed", [dataset(allocated=8, signed=True)], "i16")
add("12 bits up to bit 14", [dataset(stored=12, shift=3)], "i16")
add("12 bits up to bit 14, signed", [dataset(stored=12, shift=3, signed=True)], "i16")
add("20 of 32 bits", [dataset(allocated=32, stored=20)], "f32")
add("20 of 32 bits, signed, big", [dataset(ExplicitVRBigEndian, allocated=32, stored=20, signed=True)], "f32")
add("slope and intercept", [dataset(stored=12, RescaleSlope="0.5", RescaleIntercept="-1024")], "i16")
add("a negative slope", [dataset(stored=12, RescaleSlope="-2", RescaleIntercept="3.25")], "i16")
add("MONOCHROME1", [dataset(stored=12, photometric="MONOCHROME1", WindowCenter="1000", WindowWidth="401")], "i16",
    windows=[[4095 - 1199.5, 4095 - 799.5]])
add("MONOCHROME1, signed", [dataset(allocated=8, signed=True, photometric="MONOCHROME1")], "i16")
add("two windows", [dataset(stored=12, RescaleSlope="1", RescaleIntercept="-1024", WindowCenter=["40", "-600"],
                            WindowWidth=["400", "1500"])], "i16",
    windows=[[39.5 - 199.5, 39.5 + 199.5], [-600.5 - 749.5, -600.5 + 749.5]])
add("an exact window", [dataset(stored=12, WindowCenter="40", WindowWidth="400", VOILUTFunction="LINEAR_EXACT")], "i16",
    windows=[[-160, 240]])
add("a curve for a window", [dataset(stored=12, WindowCenter="40", WindowWidth="400", VOILUTFunction="SIGMOID")], "i16")
add("RGB", [dataset(allocated=8, photometric="RGB", samples=3)], "u8")
add("RGB, plane by plane", [dataset(allocated=8, photometric="RGB", samples=3, planar=1)], "u8")
add("YBR_FULL", [dataset(allocated=8, photometric="YBR_FULL", samples=3)], "u8")
add("three frames", [dataset(allocated=8, frames=3)], "u8")
add("detector spacing", [dataset(ImagerPixelSpacing=["0.1", "0.2"])], "u16", spacing=(0.2, 0.1, 0))

SERIES = dict(stored=12, PixelSpacing=["0.5", "0.75"], ImageOrientationPatient=["1", "0", "0", "0", "1", "0"])


def slice_at(number, z, **more):
    return dataset(number=number, ImagePositionPatient=["-10", "20", f"{z}"], **{**SERIES, **more})


add("a series in any order", [slice_at(1, 7.5), slice_at(2, 2.5), slice_at(3, 5)], "i16", order=[1, 2, 0],
    affine=place(positions=[(-10, 20, 2.5)], step=2.5), spacing=(0.75, 0.5, 2.5))
sagittal = dict(SERIES, ImageOrientationPatient=["0", "1", "0", "0", "0", "-1"])
add("a sagittal series", [dataset(number=n, ImagePositionPatient=[f"{x}", "5", "6"], **sagittal)
                          for n, x in ((1, 3), (2, -1))], "i16", order=[0, 1],
    affine=place((0, 1, 0), (0, 0, -1), [(3, 5, 6)], 4), spacing=(0.75, 0.5, 4))
add("slices with slopes of their own", [slice_at(1, 0, RescaleSlope="2", RescaleIntercept="0"),
                                           slice_at(2, 1, RescaleSlope="3", RescaleIntercept="1")], "f32",
    affine=place(positions=[(-10, 20, 0)], step=1), spacing=(0.75, 0.5, 1))
add("no positions", [dataset(number=n, allocated=8) for n in (3, 1, 2)], "u8", order=[1, 2, 0])
add("a slice is missing", [slice_at(n, z) for n, z in ((1, 0), (2, 1), (3, 2), (4, 4))], "i16",
    affine=place(positions=[(-10, 20, 0)], step=1), spacing=(0.75, 0.5, 1))
twice = [slice_at(1, 0), slice_at(2, 1), slice_at(3, 1)]
add("two at one place", twice, "i16", affine=place(positions=[(-10, 20, 0)], step=1), spacing=(0.75, 0.5, 1),
    values=np.concatenate([values_of(f, encoded(f)) for f in twice[:2]]))


def group(**more):
    item = Dataset()
    for key, value in more.items():
        setattr(item, key, value)
    return Sequence([item])


enhanced = dataset(stored=12, frames=3)
shared = Dataset()
shared.PixelMeasuresSequence = group(PixelSpacing=["0.5", "0.75"])
shared.PlaneOrientationSequence = group(ImageOrientationPatient=["1", "0", "0", "0", "1", "0"])
shared.PixelValueTransformationSequence = group(RescaleSlope="2", RescaleIntercept="-5", RescaleType="US")
shared.FrameVOILUTSequence = group(WindowCenter="50", WindowWidth="101")
enhanced.SharedFunctionalGroupsSequence = Sequence([shared])
frames = []
for z in (4, 2, 0):
    frame = Dataset()
    frame.PlanePositionSequence = group(ImagePositionPatient=["1", "2", f"{z}"])
    frames.append(frame)
enhanced.PerFrameFunctionalGroupsSequence = Sequence(frames)
add("enhanced, from head to feet", [enhanced], "i16", affine=place(positions=[(1, 2, 0)], step=2), spacing=(0.75, 0.5, 2),
    windows=[[-0.5, 99.5]], values=(enhanced.pixels.reshape(3, 1, ROWS, COLUMNS)[::-1] * 2.0 - 5))


def add_refused(name, file, data=None):
    ALL.append({"name": name, "files": [(data or encoded(file)).hex()]})


add_refused("palette", dataset(allocated=8, photometric="PALETTE COLOR"))
add_refused("one bit", dataset(allocated=8, BitsAllocated=1, BitsStored=1, HighBit=0))
add_refused("YBR_FULL_422", dataset(allocated=8, photometric="YBR_FULL_422", samples=3))
table = Dataset()
table.LUTDescriptor, table.ModalityLUTType, table.LUTData = [1, 0, 16], "HU", b"\0\0"
add_refused("modality table", dataset(ModalityLUTSequence=Sequence([table])))
compressed = dataset(allocated=8)
compressed.file_meta.TransferSyntaxUID = JPEGLosslessSV1
compressed.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xd9"])
compressed["PixelData"].is_undefined_length = True
add_refused("compressed", compressed)
unknown = dataset(allocated=8)
raw = encoded(unknown).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.99999.7.7.7\0")
add_refused("unknown syntax", None, raw)
report = dataset()
del report.PixelData
add_refused("no pixels", report)
add_refused("burned in", dataset(BurnedInAnnotation="YES"))
nested = Dataset()
nested.ReferencedSOPInstanceUID = "1.2.3"
deep = dataset(stored=12)
deep.add_new(0x00081140, "SQ", Sequence([nested]))
deep["ReferencedImageSequence"].is_undefined_length = True
private = deep.private_block(0x0009, "WEFT TEST", create=True)
private.add_new(1, "UN", b"DOE^JANE ")
add("sequences and private elements", [deep], "i16")

print("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in ALL) + "\n]")
