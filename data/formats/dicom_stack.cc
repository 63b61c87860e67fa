// SPDX-License-Identifier: Apache-2.0
// Frames of one series become volumes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/error.h"
#include "data/formats/axes.h"
#include "data/formats/dicom.h"

namespace weft {
namespace {

constexpr double kSamePlace = 1e-3;  // mm

struct Placed {
  DicomFrame frame;
  double along = 0;  // mm along the normal, or the instance number
};

// What the frames of a volume have in common; numbers are rounded, because files write them in digits.
struct Kind {
  uint32_t width, height, samples;
  VoxelType type;
  bool has_place;
  std::array<int64_t, 6> orientation;
  std::array<int64_t, 2> spacing;
  auto operator<=>(const Kind&) const = default;
};

int64_t rounded(double number) {
  return static_cast<int64_t>(std::clamp(std::round(number * 1e3), -1e15, 1e15));
}

Kind kind_of(const DicomImage& image, const DicomFrame& frame) {
  Kind kind{image.width, image.height, image.samples, image.type, frame.position && frame.orientation, {}, {}};
  for (size_t i = 0; i < 6 && frame.orientation; ++i) kind.orientation[i] = rounded((*frame.orientation)[i]);
  for (size_t i = 0; i < 2; ++i) kind.spacing[i] = rounded(frame.spacing[i]);
  return kind;
}

std::array<double, 3> normal_of(const std::array<double, 6>& o) {
  // Right-handed in DICOM's frame; two of its three axes are turned round here, which leaves the cross product's sign.
  return {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
}

// The values of a plane as real numbers, after slope and intercept.
template <class Stored>
void put_rescaled(const DicomFrame& frame, Bytes& out) {
  for (size_t i = 0; i < frame.pixels.size(); i += sizeof(Stored)) {
    Stored stored;
    std::memcpy(&stored, frame.pixels.data() + i, sizeof stored);
    const auto value = static_cast<float>(frame.slope * static_cast<double>(stored) + frame.intercept);
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
  }
}

void put_rescaled(VoxelType type, const DicomFrame& frame, Bytes& out) {
  switch (type) {
    case VoxelType::u8:
      return put_rescaled<uint8_t>(frame, out);
    case VoxelType::i16:
      return put_rescaled<int16_t>(frame, out);
    case VoxelType::u16:
      return put_rescaled<uint16_t>(frame, out);
    case VoxelType::f32:
      return put_rescaled<float>(frame, out);
  }
}

void fill_voxels(VoxelType type, const std::vector<Placed>& frames, DicomStack& stack) {
  VolumeHeader& header = stack.volume.header;
  const DicomFrame& first = frames.front().frame;
  const bool is_alike = std::all_of(frames.begin(), frames.end(), [&](const Placed& placed) {
    return placed.frame.slope == first.slope && placed.frame.intercept == first.intercept;
  });
  header.type = is_alike ? type : VoxelType::f32;
  if (is_alike)
    for (auto& modality : header.modalities) modality.slope = first.slope, modality.intercept = first.intercept;
  else
    stack.notes.push_back("slices have slopes or intercepts of their own; values are kept as 32-bit real numbers");
  for (const Placed& placed : frames) {
    if (is_alike)
      stack.volume.voxels.insert(stack.volume.voxels.end(), placed.frame.pixels.begin(), placed.frame.pixels.end());
    else
      put_rescaled(type, placed.frame, stack.volume.voxels);
  }
}

// The gap that most neighbours have, and a note where others do not.
double gap_of(const std::vector<Placed>& frames, std::vector<std::string>& notes) {
  std::vector<double> gaps;
  for (size_t i = 1; i < frames.size(); ++i) gaps.push_back(frames[i].along - frames[i - 1].along);
  if (gaps.empty()) return 0;
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<ptrdiff_t>(gaps.size() / 2), gaps.end());
  const double middle = gaps[gaps.size() / 2];
  const auto others =
      std::count_if(gaps.begin(), gaps.end(), [&](double gap) { return std::abs(gap - middle) > 0.01 * middle; });
  if (others > 0)
    notes.push_back(join(others, " of ", gaps.size(), " gaps between slices differ from the usual ", middle,
                         " mm; are slices missing?"));
  return middle;
}

// Columns, rows and slices to RAS mm.
VoxelAffine affine_of(const DicomFrame& first, const std::array<double, 3>& step) {
  VoxelAffine affine{};
  for (size_t row = 0; row < 3; ++row) {
    affine[4 * row] = (*first.orientation)[row] * first.spacing[0];
    affine[4 * row + 1] = (*first.orientation)[3 + row] * first.spacing[1];
    affine[4 * row + 2] = step[row];
    affine[4 * row + 3] = (*first.position)[row];
  }
  return affine;
}

void place(const Kind& kind, std::vector<Placed>& frames, double between, DicomStack& stack) {
  const auto before = [](const Placed& a, const Placed& b) { return a.along < b.along; };
  std::stable_sort(frames.begin(), frames.end(), before);
  VolumeHeader& header = stack.volume.header;
  double gap = between;
  if (kind.has_place) {
    const size_t all = frames.size();
    const auto same = [](const Placed& a, const Placed& b) { return b.along - a.along < kSamePlace; };
    frames.erase(std::unique(frames.begin(), frames.end(), same), frames.end());
    stack.same_place = all - frames.size();
    if (frames.size() > 1) gap = gap_of(frames, stack.notes);
    const DicomFrame& first = frames.front().frame;
    std::array<double, 3> step = normal_of(*first.orientation);
    for (double& number : step) number *= gap > 0 ? gap : 1;
    if (first.spacing[0] > 0) header.affine = affine_of(first, step);
  } else if (frames.size() > 1) {
    stack.notes.push_back("slices have no positions; they are in the order of their instance numbers");
  }
  header.spacing = {static_cast<float>(frames.front().frame.spacing[0]),
                    static_cast<float>(frames.front().frame.spacing[1]), static_cast<float>(gap)};
}

}  // namespace

std::vector<DicomStack> stack_frames(std::vector<DicomImage> images) {
  struct Group {
    std::vector<Placed> frames;
    double between = 0;
    std::vector<std::string> notes;
  };
  std::map<Kind, Group> groups;
  for (DicomImage& image : images) {
    std::vector<std::string>& notes = groups[kind_of(image, image.frames.front())].notes;
    notes.insert(notes.end(), image.notes.begin(), image.notes.end());
    for (DicomFrame& frame : image.frames) {
      const Kind kind = kind_of(image, frame);
      double along = image.number;
      if (kind.has_place) {
        const std::array<double, 3> normal = normal_of(*frame.orientation), at = *frame.position;
        along = normal[0] * at[0] + normal[1] * at[1] + normal[2] * at[2];
      }
      groups[kind].between = image.between;
      groups[kind].frames.push_back({std::move(frame), along});
    }
  }
  std::vector<DicomStack> stacks;
  for (auto& [kind, group] : groups) {
    DicomStack stack;
    stack.notes = std::move(group.notes);
    VolumeHeader& header = stack.volume.header;
    header.width = kind.width;
    header.height = kind.height;
    header.modalities.resize(kind.samples);
    place(kind, group.frames, group.between, stack);
    header.slices = static_cast<uint32_t>(group.frames.size());
    header.windows = group.frames[group.frames.size() / 2].frame.windows;
    fill_voxels(kind.type, group.frames, stack);
    stacks.push_back(std::move(stack));
  }
  return stacks;
}

}  // namespace weft
