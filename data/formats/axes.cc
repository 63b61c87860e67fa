// SPDX-License-Identifier: Apache-2.0
#include "data/formats/axes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace weft {
namespace {

double& at(VoxelAffine& affine, int row, int column) {
  return affine[4 * row + column];
}
double at(const VoxelAffine& affine, int row, int column) {
  return affine[4 * row + column];
}

// For each stored axis the patient axis (0 right, 1 front, 2 head) that it is nearest to, each taken once.
std::array<int, 3> nearest_patient_axes(const VoxelAffine& affine) {
  std::array<int, 3> nearest{};
  std::array<bool, 3> taken{};
  for (int axis = 0; axis < 3; ++axis) {
    int best = -1;
    for (int patient = 0; patient < 3; ++patient)
      if (!taken[patient] && (best < 0 || std::abs(at(affine, patient, axis)) > std::abs(at(affine, best, axis))))
        best = patient;
    taken[best] = true;
    nearest[axis] = best;
  }
  return nearest;
}

int slice_axis(const std::string& cut, const std::array<int, 3>& patient_axis, bool known) {
  if (cut == "1" || cut == "2" || cut == "3") return cut[0] - '1';
  const std::array<const char*, 3> planes = {"sagittal", "coronal", "axial"};  // across right, front, head
  const auto plane = std::find(planes.begin(), planes.end(), cut);
  WEFT_ASSERT(plane != planes.end());
  check(known, "cannot be cut into ", cut, " slices: it does not say how it lies in the patient (no sform, no qform)",
        "\n  hint: axis=3 cuts along the third stored axis");
  return static_cast<int>(std::find(patient_axis.begin(), patient_axis.end(), plane - planes.begin()) -
                          patient_axis.begin());
}

}  // namespace

bool is_known(const VoxelAffine& affine) {
  return std::any_of(affine.begin(), affine.end(), [](double number) { return number != 0; });
}

std::array<float, 3> spacing_of(const VoxelAffine& affine) {
  std::array<float, 3> spacing{};
  for (int axis = 0; axis < 3; ++axis)
    spacing[axis] = static_cast<float>(std::hypot(at(affine, 0, axis), at(affine, 1, axis), at(affine, 2, axis)));
  return spacing;
}

AxisOrder order_of(const VoxelAffine& affine, const std::string& cut, bool turn) {
  const bool known = is_known(affine);
  const std::array<int, 3> patient_axis = nearest_patient_axes(affine);
  const int along = slice_axis(cut, patient_axis, known);
  AxisOrder order;
  order.from = {along == 0 ? 1 : 0, along == 2 ? 1 : 2, along};
  if (!turn || !known) return order;
  // Across the picture run left (axial, coronal) or back (sagittal); down run back (axial) or feet.
  const int across = patient_axis[along] == 0 ? 1 : 0;
  if (patient_axis[order.from[0]] != across) std::swap(order.from[0], order.from[1]);
  for (int i = 0; i < 3; ++i) {
    const int axis = order.from[i], patient = patient_axis[axis];
    const bool wanted_positive = i == 2 && patient == 2;  // only axial slices run to the head; all else L, P, I
    order.backwards[i] = (at(affine, patient, axis) > 0) != wanted_positive;
  }
  return order;
}

double distance(const VoxelAffine& a, const VoxelAffine& b, const std::array<uint32_t, 3>& sides) {
  double furthest = 0;
  for (int corner = 0; corner < 8; ++corner) {
    std::array<double, 3> apart{};
    for (int row = 0; row < 3; ++row) {
      apart[row] = at(a, row, 3) - at(b, row, 3);
      for (int axis = 0; axis < 3; ++axis)
        if (corner >> axis & 1) apart[row] += (at(a, row, axis) - at(b, row, axis)) * (sides[axis] - 1.0);
    }
    furthest = std::max(furthest, std::hypot(apart[0], apart[1], apart[2]));
  }
  return furthest;
}

VoxelAffine reordered(const VoxelAffine& affine, const AxisOrder& order, const std::array<uint32_t, 3>& stored_sides) {
  VoxelAffine out{};
  for (int row = 0; row < 3; ++row) {
    at(out, row, 3) = at(affine, row, 3);
    for (int i = 0; i < 3; ++i) {
      const int axis = order.from[i];
      const double step = at(affine, row, axis);
      at(out, row, i) = order.backwards[i] ? -step : step;
      if (order.backwards[i]) at(out, row, 3) += step * (stored_sides[axis] - 1.0);
    }
  }
  return out;
}

}  // namespace weft
