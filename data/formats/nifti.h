// SPDX-License-Identifier: Apache-2.0
// NIfTI-1 volumes: .nii, .nii.gz and pairs of .hdr and .img, of either byte order.  The header's texts (descrip,
// aux_file, intent_name) and its extensions, which may hold a DICOM header, are not read.  Source: nifti1.h of the
// NIfTI Data Format Working Group.
#pragma once

#include <string>
#include <vector>

#include "data/formats/axes.h"
#include "data/formats/volume.h"

namespace weft {

struct NiftiWishes {
  std::string axis = "3";  // as `cut` of order_of
  bool turn = true;
  bool time_as_modalities = false;  // else volumes in time are an Error
};

struct Nifti {
  Volume volume;
  std::vector<std::string> notes;  // what was decided by itself
};

// `image`: the .img beside a .hdr; null for a file of its own.  Both may be gzipped.  Integers of more than 16 bits
// become i16 or u16 where all of them fit, and f32 otherwise.
Nifti read_nifti(const Bytes& file, const Bytes* image, const NiftiWishes& wishes);

}  // namespace weft
