// SPDX-License-Identifier: Apache-2.0
// A raw dataset of nnU-Net version 2: dataset.json, imagesTr/CASE_0000.END (a file per channel), labelsTr/CASE.END, and
// imagesTs as the split "test".  Labels become masks per slice and class of the closed, exhaustive layer "labels"; a
// region is one mask of all its labels; `ignore` becomes UNKNOWN.  Source: nnU-Net's documentation of dataset_format,
// region_based_training and ignore_label.
#include "data/importers/import_nnunet.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/image.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Description {
  std::vector<std::string> channels;
  std::vector<LabelClass> classes;
  std::string ending;
};

const Json& need(const Json& json, const char* key, Json::value_t type, const std::string& place) {
  check(json.is_object() && json.contains(key) && json[key].type() == type, place, ": \"", key,
        "\" is missing or of another type",
        json.is_object() && json.contains("modality") ? "\n  hint: this is the format of nnU-Net 1 and the Decathlon; "
                                                        "nnUNetv2_convert_MSD_dataset makes it version 2"
                                                      : "");
  return json[key];
}

std::vector<int> numbers_of(const Json& value, const std::string& place) {
  const Json list = value.is_array() ? value : Json::array({value});
  std::vector<int> numbers;
  for (const Json& one : list) {
    check(one.is_number_integer() && one >= 0 && one < 1000000, place, " is ", value.dump(),
          "; wanted a whole number from 0 on, or a list of them");
    numbers.push_back(one.get<int>());
  }
  check(!numbers.empty(), place, " is an empty list");
  return numbers;
}

std::vector<LabelClass> classes_of(const Json& labels, const std::string& place) {
  std::vector<LabelClass> classes;
  int highest = 0, ignored = -1;
  for (const auto& [name, value] : labels.items()) {
    const std::vector<int> numbers = numbers_of(value, join(place, ": labels.", name));
    highest = std::max(highest, *std::max_element(numbers.begin(), numbers.end()));
    if (name == "background") {
      check(numbers == std::vector<int>{0}, place, ": labels.background is ", value.dump(), "; wanted 0");
    } else if (name == "ignore") {
      check(numbers.size() == 1, place, ": labels.ignore is a list; wanted the highest number");
      ignored = numbers[0];
      classes.push_back({"*", numbers, Kind::unknown});
    } else {
      classes.push_back({name, numbers, Kind::pos});
    }
  }
  check(ignored < 0 || ignored == highest, place, ": labels.ignore is ", ignored, "; wanted the highest number, ",
        highest);
  return classes;
}

Description read_description(const Path& file) {
  const std::string place = file.string();
  Json json;
  try {
    json = Json::parse(read_text(file));
  } catch (const Json::exception& error) {
    fail(place, ": ", error.what());
  }
  check(!json.contains("dataset"), place,
        ": it lists the files of each case under \"dataset\"; wanted the folders imagesTr and labelsTr");
  Description description;
  const Json& channels = need(json, "channel_names", Json::value_t::object, place);
  for (size_t i = 0; i < channels.size(); ++i) {
    const std::string key = std::to_string(i);
    check(channels.contains(key) && channels[key].is_string(), place, ": channel_names lacks \"", key,
          "\"; wanted names of 0 to ", channels.size() - 1);
    description.channels.push_back(channels[key]);
  }
  description.classes = classes_of(need(json, "labels", Json::value_t::object, place), place);
  description.ending = need(json, "file_ending", Json::value_t::string, place);
  const bool is_known = description.ending == ".nii.gz" || description.ending == ".nii" || description.ending == ".png";
  check(is_known, place, ": file_ending is ", description.ending, "; wanted .nii.gz, .nii or .png");
  return description;
}

// case -> files of its channels, in their order.
std::map<std::string, std::vector<Path>> cases_in(const Path& folder, const std::string& ending, ImportRun& run) {
  std::map<std::string, std::vector<Path>> cases;
  for (const Path& file : files_below(folder)) {
    const std::string name = file.filename().string();
    constexpr size_t kNumber = 5;  // _0000
    const size_t stem = name.size() - std::min(name.size(), ending.size() + kNumber);
    const bool fits = name.ends_with(ending) && stem > 0 && name[stem] == '_' &&
                      std::all_of(&name[stem + 1], &name[stem + kNumber], [](char c) { return '0' <= c && c <= '9'; });
    if (fits)
      cases[name.substr(0, stem)].push_back(file);  // sorted, as the files are
    else
      run.report().leave_out("no CASE_0000" + ending + " by its name", folder.filename().string() + "/" + name);
  }
  return cases;
}

class NnunetRun {
 public:
  NnunetRun(const NnunetImporter& settings, const ImportRequest& request)
      : settings_(settings),
        source_(request.source),
        description_(read_description(source_ / "dataset.json")),
        run_(request, settings),
        labels_(run_, "labels", description_.classes, (source_ / "dataset.json").string()) {}

  ImportReport go() {
    take_folder("imagesTr", "labelsTr", "train");
    if (fs::is_directory(source_ / "imagesTs")) take_folder("imagesTs", "labelsTs", "test");
    return run_.finish();
  }

 private:
  bool is_png() const { return description_.ending == ".png"; }

  void take_folder(const std::string& images, const std::string& labels, const std::string& split) {
    for (const auto& [name, files] : cases_in(source_ / images, description_.ending, run_)) {
      const std::string key = images + "/" + name, label = labels + "/" + name + description_.ending;
      const bool has_labels = fs::exists(source_ / label);
      if (!has_labels && split == "train" &&
          !run_.meet(Problem::unlabelled_image, key, join("there is no ", label), true))
        continue;
      VolumeHeader header;
      const std::optional<Added> added = add_case(files, key, header);
      if (!added) continue;
      run_.put_in_split(*added, split, key);
      if (has_labels) take_labels(*added, header, label);
    }
  }

  // `header` says where the case's voxels lie.
  std::optional<Added> add_case(const std::vector<Path>& files, const std::string& key, VolumeHeader& header) {
    const bool is_picture = is_png() && files.size() == 1;
    Bytes content;
    try {
      for (size_t i = 0; i < files.size(); ++i) {
        const std::string digits = std::to_string(10000 + i).substr(1);
        check(files[i].filename().string().ends_with(digits + description_.ending), "channel ", digits,
              " is missing; found ", files[i].filename().string());
      }
      content = is_picture ? read_picture(files[0], header) : read_channels(files, key, header);
    } catch (const Error& error) {
      run_.meet(Problem::unreadable_image, key, error.what());
      return std::nullopt;
    }
    return run_.add_bytes(content, key, key, "", is_picture ? files[0] : Path());
  }

  // A PNG of its own stays one: grey, or all channels as its colours.
  Bytes read_picture(const Path& file, VolumeHeader& header) const {
    Bytes content = read_bytes(file);
    const ImageHeader found = read_image_header(content.data(), content.size());
    const size_t channels = description_.channels.size();
    check(channels == 1 || channels == found.channels, "found one file of ", int{found.channels},
          " channel(s); dataset.json names ", channels);
    header.width = found.width;
    header.height = found.height;
    header.slices = 1;
    return content;
  }

  Bytes read_channels(const std::vector<Path>& files, const std::string& key, VolumeHeader& header) {
    check(files.size() == description_.channels.size(), "found ", files.size(), " channels; dataset.json names ",
          description_.channels.size());
    const Volume volume = is_png() ? read_pngs(files) : read_niftis(files, key);
    header = volume.header;
    return encode_volume(volume);
  }

  static Volume read_pngs(const std::vector<Path>& files) {
    std::vector<Raster> modalities;
    for (const Path& file : files) {
      const Bytes content = read_bytes(file);
      modalities.push_back(decode_indices(content.data(), content.size()));
    }
    return volume_of(modalities);
  }

  Volume read_niftis(const std::vector<Path>& files, const std::string& key) {
    std::vector<Volume> channels;
    for (const Path& file : files) {
      Nifti nifti = read_nifti_file(file, settings_.slices.wishes());
      for (const std::string& note : nifti.notes) run_.note(join(key, ": ", note));
      check(nifti.volume.header.modalities.size() == 1, file.filename().string(), " has several channels; wanted one");
      if (!channels.empty()) {
        const std::string difference = difference_of(channels[0].header, nifti.volume.header);
        check(difference.empty(), "channels differ in where they lie (", file.filename().string(), ")");
      }
      channels.push_back(std::move(nifti.volume));
    }
    return joined(channels);
  }

  void take_labels(const Added& of, const VolumeHeader& image, const std::string& label) {
    Volume labels;
    try {
      const Path file = source_ / label;
      if (is_png())
        labels = read_pngs({file});
      else
        labels = read_nifti_file(file, settings_.slices.wishes()).volume;
    } catch (const Error& error) {
      run_.meet(Problem::malformed_label, label, error.what());
      return;
    }
    const std::string difference = difference_of(image, labels.header);
    const bool is_same_size = labels.header.slices == image.slices && labels.header.width == image.width &&
                              labels.header.height == image.height;
    if (!difference.empty() && !run_.meet(Problem::size_mismatch, label, difference, is_same_size)) return;
    labels_.add(of, labels, label);
  }

  const NnunetImporter& settings_;
  Path source_;
  Description description_;
  ImportRun run_;
  LabelVolumes labels_;
};

}  // namespace

void NnunetImporter::fields(Fields& visit) {
  Importer::fields(visit);
  slices.fields(visit);
}

ImportReport NnunetImporter::run(const ImportRequest& request) const {
  return NnunetRun(*this, request).go();
}

}  // namespace weft
