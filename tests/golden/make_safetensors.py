# SPDX-License-Identifier: Apache-2.0
# The bytes that the Python package writes: pip install safetensors==0.8.0, then python make_safetensors.py.
# tests/base/safetensors_test.cc fills the same tensors: byte i of tensor number t is (7 i + t) mod 256.
import ctypes
import math
import pathlib

import safetensors

TENSORS = [  # one or two of a kind, so that both keys of the order (dtype, name) are seen; a scalar; an empty one
    ("mask", "bool", [3]),
    ("pixels", "uint8", [2, 3]),
    ("levels", "int8", [5]),
    ("half", "float16", [3]),
    ("brain", "bfloat16", [1, 2]),
    ("count", "int32", [2]),
    ("weight", "float32", [2, 2]),
    ("bias", "float32", [2]),
    ("none", "float32", [0, 4]),
    ('a "name"\\', "float64", []),
    ("step", "int64", [1]),
]
WIDTH = {"bool": 1, "uint8": 1, "int8": 1, "float16": 2, "bfloat16": 2, "int32": 4, "float32": 4, "float64": 8, "int64": 8}

specs, buffers = {}, []  # a spec holds an address alone, so the buffers must outlive it
for number, (name, dtype, shape) in enumerate(TENSORS):
    size = math.prod(shape) * WIDTH[dtype]
    buffers.append((ctypes.c_uint8 * max(size, 1))(*((7 * i + number) % 256 for i in range(size))))
    address = ctypes.addressof(buffers[-1])
    specs[name] = safetensors.TensorSpec(dtype=dtype, shape=shape, data_ptr=address, data_len=size)
written = safetensors.serialize(specs, metadata={"format": "weft \u00e9\n"})
pathlib.Path(__file__).with_name("small.safetensors").write_bytes(written)
