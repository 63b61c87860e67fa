// SPDX-License-Identifier: Apache-2.0
// Formats by their marks: top-level keys of JSON, root and version of XML, headers of tables, names in a folder.  Those
// that no importer reads are here to be called by their names.
#include "data/importers/recognise.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <set>

#include "data/importers/import_run.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kMostNames = 20000;  // of a folder that is looked at

// Keys of the top level, and of the first element of its lists ("images.neg_category_ids"); of a list, "[].key".
class Keys : public nlohmann::json_sax<Json> {
 public:
  std::set<std::string> found;

  bool key(std::string& name) override {
    path_.back() = name;
    if (path_.size() <= 3) found.insert(joined());
    return true;
  }
  bool start_object(size_t) override { return open(""); }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open("[]"); }
  bool end_array() override { return close(); }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool parse_error(size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  bool open(const std::string& name) {
    path_.push_back(name);
    return ++opened_ < 500000;  // enough was seen
  }
  bool close() {
    path_.pop_back();
    return true;
  }
  std::string joined() const {
    std::string text;
    for (const std::string& name : path_)
      if (!name.empty() && (name != "[]" || text.empty())) text += (text.empty() ? "" : ".") + name;
    return text;
  }
  std::vector<std::string> path_;
  int opened_ = 0;
};

Recognised of_json(const Path& file) {
  Keys keys;
  std::ifstream in(file);
  Json::sax_parse(in, &keys);
  const auto has = [&](const char* key) { return keys.found.contains(key); };
  if (has("images.neg_category_ids") || has("images.not_exhaustive_category_ids")) return {"lvis", "LVIS annotations"};
  if (has("annotation.predicted_iou") || has("annotations.predicted_iou"))
    return {"sa1b", "SA-1B masks of one picture"};
  if (has("channel_names") && has("labels")) return {"nnunet", "nnU-Net's dataset.json"};
  if (has("items") && has("categories") && (has("infos") || has("info") || has("dm_format_version")))
    return {"", "Datumaro's own JSON"};
  if (has("images") && (has("annotations") || has("categories"))) return {"coco", "COCO annotations"};
  if (has("shapes") && has("imagePath")) return {"labelme", "LabelMe JSON"};
  if (has("_via_img_metadata") || has("_via_settings")) return {"", "a VGG Image Annotator project"};
  if (has("asset") && has("regions")) return {"", "VoTT's own JSON"};
  if (has("[].image") && has("[].annotations")) return {"", "CreateML annotations"};
  if (has("[].image_id") && (has("[].category_id") || has("[].caption")))
    return {"coco", "COCO results, which go with an annotation file"};
  return {};
}

Recognised of_xml(const Path& file) {
  pugi::xml_document document;
  if (!document.load_file(file.c_str())) return {};
  const pugi::xml_node voc = document.child("annotation"), cvat = document.child("annotations");
  if (cvat && (cvat.child("version") || cvat.child("image") || cvat.child("track"))) return {"cvat", "CVAT's XML"};
  if (!voc) return {};
  const bool is_labelme =
      voc.child("object").child("polygon").child("pt") || voc.child("source").child("sourceAnnotation");
  return is_labelme ? Recognised{"labelme", "LabelMe XML"} : Recognised{"voc", "Pascal VOC XML"};
}

Recognised of_table(const Path& file, bool tabs) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  const auto has = [&](const char* word) { return line.find(word) != std::string::npos; };
  if (has("ImageID") && (has("LabelName") || has("XMin") || has("OriginalURL")))
    return {"openimages", "an Open Images table"};
  if (has("Path") && has("No Finding")) return {"chexpert", "a CheXpert table"};
  if (has("Finding Labels")) return {"chexpert", "a ChestX-ray14 table"};
  return tabs ? Recognised{"tsv", "a table with tabs"} : Recognised{"csv", "a table"};
}

Recognised of_file(const Path& file) {
  std::string name = file.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto ends = [&](const char* end) { return name.ends_with(end); };
  if (ends(".json")) return of_json(file);
  if (ends(".xml")) return of_xml(file);
  if (ends(".csv")) return of_table(file, false);
  if (ends(".tsv")) return of_table(file, true);
  if (ends(".tar") || ends(".tar.gz")) return {"webdataset", "a tar archive"};
  if (ends(".nii") || ends(".nii.gz")) return {"nifti", "NIfTI volumes"};
  if (ends(".dcm")) return {"dicom", "DICOM files"};
  if (ends(".tfrecord") || ends(".tfrecords")) return {"", "TensorFlow records"};
  if (ends(".parquet") || ends(".arrow")) return {"", "a Parquet or Arrow table"};
  if (ends(".zip") || ends(".7z") || ends(".rar")) return {"", "an archive, which is to be unpacked first"};
  if (ends(".mp4") || ends(".avi") || ends(".mov")) return {"", "a film, whose frames are to be taken out first"};
  if (ends(".tif") || ends(".tiff")) return {"", "TIFF pictures, which are to be turned into PNGs first"};
  return {};
}

// Marks of a layout come before what single files are.
Recognised of_folder(const Path& folder) {
  std::set<std::string> folders, names;
  std::vector<Path> files;
  for (const Path& file : files_below(folder)) {
    if (files.size() == kMostNames) break;
    files.push_back(file);
    names.insert(file.filename().string());
    for (const Path& part : file.lexically_relative(folder).parent_path()) folders.insert(part.string());
  }
  const auto has_folder = [&](const char* name) { return folders.contains(name); };
  const auto has_name = [&](const char* name) { return names.contains(name); };
  if (has_folder("imagesTr") && has_name("dataset.json")) return {"nnunet", "a raw dataset of nnU-Net"};
  if (has_folder("JPEGImages") || (has_folder("Annotations") && has_folder("ImageSets"))) return {"voc", "Pascal VOC"};
  if (has_name("data.yaml") || has_name("obj.data") || has_name("obj.names")) return {"yolo", "YOLO labels"};
  if (has_name("synsets.txt")) return {"imagenet_list", "ImageNet lists"};
  if (has_folder("ground_truth")) return {"mvtec", "MVTec's layout"};
  const auto has_end = [&](const char* end) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return name.ends_with(end); });
  };
  if (has_end("_temp.jpg") && has_end("_test.jpg")) return {"pairs", "templates and tested pictures"};
  std::map<std::string, Recognised> known;  // by importer, or by name where none reads it
  bool has_images = false;
  for (const Path& file : files) {
    has_images |= looks_like_image(file);
    const Recognised found = of_file(file);
    if (!found.what.empty()) known.try_emplace(found.importer.empty() ? "~" + found.what : found.importer, found);
  }
  if (known.contains("openimages")) return known["openimages"];
  if (known.size() > 1) known.erase("csv");
  if (!known.empty()) return known.begin()->second;
  const auto has_text = [&](const Path& file) { return names.contains(file.stem().string() + ".txt"); };
  if (has_images &&
      std::any_of(files.begin(), files.end(), [&](const Path& f) { return looks_like_image(f) && has_text(f); }))
    return {"yolo", "pictures with a text file each, as YOLO's labels"};
  if (has_folder("masks") || has_folder("label")) return {"masks", "pictures and masks"};
  if (has_images) return {"folder", folders.empty() ? "pictures without labels" : "folders of pictures"};
  return {};
}

}  // namespace

Recognised recognise(const Path& source) {
  if (fs::is_directory(source)) return of_folder(source);
  return fs::exists(source) ? of_file(source) : Recognised{};
}

}  // namespace weft
