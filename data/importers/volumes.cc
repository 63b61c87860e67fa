// SPDX-License-Identifier: Apache-2.0
#include "data/importers/volumes.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEndings[] = {".nii", ".nii.gz", ".hdr", ".hdr.gz"};
constexpr double kSameVoxel = 0.1;  // of the least spacing

// The ending of a NIfTI file's name, or "".
std::string ending_of(const Path& path) {
  const std::string name = path.filename().string();
  for (const char* ending : kEndings)
    if (name.ends_with(ending) && name.size() > std::string_view(ending).size()) return ending;
  return "";
}

int number_of(float value, const std::string& place) {
  check(value == std::floor(value) && std::abs(value) < 1e6f, place, ": a label volume holds ", value,
        "; wanted whole numbers below 1,000,000, one for each class");
  return static_cast<int>(value);
}

}  // namespace

void SliceSettings::fields(Fields& visit) {
  visit("axis", axis, one_of({"1", "2", "3", "axial", "coronal", "sagittal"}),
        "the axis that slices lie along: as stored, or the nearest one of the patient");
  visit("orientation", orientation, one_of({"shown", "stored"}),
        "slices turned as radiologists look at them, or with columns and rows as stored");
  visit("series", series, one_of({"refuse", "modalities"}),
        "several volumes in one file: an error, or channels of one volume");
}

NiftiWishes SliceSettings::wishes() const {
  return {.axis = axis, .turn = orientation == "shown", .time_as_modalities = series == "modalities"};
}

bool is_nifti_name(const Path& path) {
  return !ending_of(path).empty();
}

std::string without_ending(const Path& path) {
  const std::string name = path.filename().string(), ending = ending_of(path);
  return ending.empty() ? path.stem().string() : name.substr(0, name.size() - ending.size());
}

Nifti read_nifti_file(const Path& file, const NiftiWishes& wishes) {
  const Bytes content = read_bytes(file);
  if (!ending_of(file).starts_with(".hdr")) return read_nifti(content, nullptr, wishes);
  for (const char* ending : {".img", ".img.gz"}) {
    const Path image = file.parent_path() / (without_ending(file) + ending);
    if (!fs::exists(image)) continue;
    const Bytes voxels = read_bytes(image);
    return read_nifti(content, &voxels, wishes);
  }
  return read_nifti(content, nullptr, wishes);
}

std::string difference_of(const VolumeHeader& image, const VolumeHeader& labels) {
  const std::array<uint32_t, 3> sides = {image.width, image.height, image.slices};
  if (sides != std::array<uint32_t, 3>{labels.width, labels.height, labels.slices})
    return join("the labels are ", labels.width, " x ", labels.height, " in ", labels.slices, " slices, the image is ",
                image.width, " x ", image.height, " in ", image.slices);
  if (!is_known(image.affine) || !is_known(labels.affine)) return "";
  const double apart = distance(image.affine, labels.affine, sides);
  const double least = *std::min_element(image.spacing.begin(), image.spacing.end());
  return apart <= kSameVoxel * least ? "" : join("the labels lie up to ", apart, " mm off the image");
}

LabelVolumes::LabelVolumes(ImportRun& run, std::string layer, std::vector<LabelClass> classes, const std::string& place)
    : run_(run), layer_(std::move(layer)), classes_(std::move(classes)) {
  for (const LabelClass& one : classes_) {
    if (one.kind == Kind::pos) run_.add_class(layer_, one.text, place);
    for (const int number : one.numbers) known_[number] = true;
  }
  known_[0] = true;
}

bool LabelVolumes::know(int number, const std::string& place) {
  const auto [seen, is_new] = known_.try_emplace(number, false);
  if (!is_new) return seen->second;
  const std::string text = join("label ", number);
  seen->second = run_.meet(Problem::unknown_class, place, join(text, " is in no list of classes"), true);
  if (seen->second) {
    run_.add_class(layer_, text, place);
    classes_.push_back({text, {number}, Kind::pos});
  }
  return seen->second;
}

void LabelVolumes::add(const Added& of, const Volume& labels, const std::string& place) {
  for (uint32_t slice = 0; slice < labels.header.slices; ++slice) {
    std::vector<int> numbers;
    for (const float value : plane_values(labels, slice)) numbers.push_back(number_of(value, place));
    add_slice(of, numbers, slice, labels, place);
  }
  run_.say(layer_, of, "*", Kind::exhaustive);
}

void LabelVolumes::add_slice(const Added& of, const std::vector<int>& numbers, uint32_t slice, const Volume& labels,
                             const std::string& place) {
  std::set<int> here;
  int last = 0;
  for (const int number : numbers)
    if (number != last) here.insert(last = number);
  for (const int number : here) know(number, place);
  for (const LabelClass& one : classes_) {
    const auto is_of_it = [&](int number) {
      return std::find(one.numbers.begin(), one.numbers.end(), number) != one.numbers.end();
    };
    if (std::none_of(here.begin(), here.end(), is_of_it)) continue;
    std::vector<uint8_t> bitmap(numbers.size());
    std::transform(numbers.begin(), numbers.end(), bitmap.begin(), is_of_it);
    const Rle mask = rle_of_bitmap(bitmap.data(), labels.header.height, labels.header.width);
    run_.add_mask(layer_, of, mask, {.concept_text = one.text, .kind = one.kind, .view = slice},
                  join(place, ": slice ", slice));
  }
}

}  // namespace weft
