// SPDX-License-Identifier: Apache-2.0
// What importers of volumes share: NIfTI files and label volumes, whose voxels are numbers of classes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/formats/nifti.h"
#include "data/importers/import_run.h"

namespace weft {

// The settings of how volumes are cut into slices.
struct SliceSettings {
  std::string axis = "3";
  std::string orientation = "shown";
  std::string series = "refuse";
  void fields(Fields& visit);
  NiftiWishes wishes() const;
};

bool is_nifti_name(const Path& path);          // .nii, .nii.gz, .hdr or .hdr.gz
std::string without_ending(const Path& path);  // the file's name up to such an ending, or up to its last dot

// A file (with its .img where it is a .hdr); an Error says what about it is not read.
Nifti read_nifti_file(const Path& file, const NiftiWishes& wishes);

// "" where both say the same of where their voxels lie; else what differs.
std::string difference_of(const VolumeHeader& image, const VolumeHeader& labels);

// What the numbers of a label volume mean.
struct LabelClass {
  std::string text;
  std::vector<int> numbers;  // several: a region of all of them
  Kind kind = Kind::pos;     // unknown: nobody looked there
};

class LabelVolumes {
 public:
  // Makes the class list of the layer, closed.
  LabelVolumes(ImportRun& run, std::string layer, std::vector<LabelClass> classes, const std::string& place);

  // A mask per slice and class that it has there.  Numbers of no class (but 0, the background) meet
  // Problem::unknown_class; all that is a class was looked for everywhere, so the layer says `exhaustive`.
  void add(const Added& of, const Volume& labels, const std::string& place);

 private:
  void add_slice(const Added& of, const std::vector<int>& numbers, uint32_t slice, const Volume& labels,
                 const std::string& place);
  bool know(int number, const std::string& place);

  ImportRun& run_;
  std::string layer_;
  std::vector<LabelClass> classes_;
  std::map<int, bool> known_;  // numbers met; false: left out
};

}  // namespace weft
