// SPDX-License-Identifier: Apache-2.0
// How a volume is cut and turned.  Patient axes are R, A, S: mm to the right, to the front, to the head.  `affine` (3 x
// 4, row by row) takes voxel indices to them.  Slices are shown the way radiologists look at them, which is also the
// way scanners write DICOM: axial ones with the patient's left at the right and the back below, from feet to head;
// coronal ones with the left at the right and the feet below, from front to back; sagittal ones with the back at the
// right and the feet below, from right to left.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace weft {

using VoxelAffine = std::array<double, 12>;

// Which stored axis the columns, rows and slices run along, and which of them run backwards.
struct AxisOrder {
  std::array<int, 3> from = {0, 1, 2};
  std::array<bool, 3> backwards = {};
  bool operator==(const AxisOrder&) const = default;
};

bool is_known(const VoxelAffine& affine);                    // not all 0
std::array<float, 3> spacing_of(const VoxelAffine& affine);  // lengths of its columns

// `cut`: the axis that slices lie along: "1", "2", "3" as stored, or "axial", "coronal", "sagittal" for the nearest
// one. An Error where the affine is needed and unknown.  Without turning, and where the affine is unknown, columns and
// rows are the other two stored axes in their order.
AxisOrder order_of(const VoxelAffine& affine, const std::string& cut, bool turn);

// mm between where the two put the corner of the volume that lies furthest apart.
double distance(const VoxelAffine& a, const VoxelAffine& b, const std::array<uint32_t, 3>& sides);

VoxelAffine reordered(const VoxelAffine& affine, const AxisOrder& order, const std::array<uint32_t, 3>& stored_sides);

}  // namespace weft
