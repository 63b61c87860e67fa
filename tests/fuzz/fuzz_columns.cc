// SPDX-License-Identifier: Apache-2.0
// The columns of an image shard and of a part of an evidence layer, as they are once a file's hash is right and HDF5
// finds its structure sound: only the numbers and letters in them are not what we wrote.  An input is a list of
// (file, place, place, byte); places count through all columns.
#include <hdf5.h>
#include <unistd.h>

#include <fstream>

#include "data/evidence_part.h"
#include "data/geometry.h"
#include "data/image.h"
#include "data/shard.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {
namespace {

struct Target {
  Path path;
  Bytes content;
  std::vector<size_t> places;  // of bytes in columns

  explicit Target(const Path& file) : path(file), content(read_bytes(file)) {
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const auto visit = [](hid_t group, const char* name, const H5L_info_t*, void* to) -> herr_t {
      H5O_info_t about;
      if (H5Oget_info_by_name(group, name, &about, H5P_DEFAULT) < 0 || about.type != H5O_TYPE_DATASET) return 0;
      const hid_t column = H5Dopen2(group, name, H5P_DEFAULT);
      const haddr_t offset = H5Dget_offset(column);  // of a chunked blob there is none
      if (offset != HADDR_UNDEF)
        for (hsize_t i = 0; i < H5Dget_storage_size(column); ++i)
          static_cast<std::vector<size_t>*>(to)->push_back(offset + i);
      H5Dclose(column);
      return 0;
    };
    H5Lvisit(id, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &places);
    H5Fclose(id);
    WEFT_ASSERT(!places.empty());
  }
};

const std::vector<Target>& targets() {
  static const std::vector<Target> made = [] {
    const Path folder = std::filesystem::temp_directory_path() / ("weft-fuzz-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    const Image image(6, 5, 3);
    StoreWriter writer(folder, {.name = "a", .licence = "b"});
    const Uid uid = writer.add(encode_png(image), "key", "group"), other = writer.add(encode_jpeg(image, 50), "k", "g");
    EvidenceWriter& layer = writer.layer("all");
    const uint32_t cat = layer.vocabulary().row_of("cat"), dog = layer.vocabulary().row_of("dog");
    layer.vocabulary().about(cat) = {{"kitty"}, {"a cat"}, {dog}, true};
    layer.add(uid, "cat");
    layer.add({.item = uid, .kind = Kind::candidates, .operands = {std::min(cat, dog), std::max(cat, dog)}});
    layer.add({.item = other, .concept_row = dog, .kind = Kind::count, .operands = {1, 3}});
    layer.add({.item = uid, .scope = Scope::box, .concept_row = cat, .id = 1, .geometry = box_bytes({0, 0, 2, 3})});
    layer.add({.item = uid, .scope = Scope::point, .parent = 1, .geometry = point_bytes({1, 2})});
    layer.add({.item = uid, .scope = Scope::mask, .geometry = mask_bytes({5, 6, {3, 4, 23}})});
    layer.add({.item = layer.add_bag({"bag", {std::min(uid, other), std::max(uid, other)}}), .scope = Scope::bag});
    writer.finish();
    return std::vector<Target>{Target(folder / "images-00000.h5"), Target(folder / "evidence/all/part-0.h5")};
  }();
  return made;
}

}  // namespace

std::vector<Bytes> seeds() {
  return {{}, {0, 1, 0, 7}, {1, 200, 0, 1, 1, 10, 1, 255}};
}

void parse(const Bytes& input) {
  std::vector<Bytes> contents;
  for (const Target& target : targets()) contents.push_back(target.content);
  bool is_changed[2] = {input.empty(), input.empty()};
  for (size_t i = 0; i + 4 <= input.size() && i < 64; i += 4) {
    const size_t which = input[i] % 2;
    const Target& target = targets()[which];
    contents[which][target.places[(input[i + 1] | input[i + 2] << 8) % target.places.size()]] = input[i + 3];
    is_changed[which] = true;
  }
  for (size_t which = 0; which < 2; ++which) {
    if (!is_changed[which]) continue;
    const Path file = targets()[which].path.string() + ".changed";
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(contents[which].data()), std::ssize(contents[which]));
    try {
      if (which == 0) {
        ShardReader reader(file, 2);
        Bytes into;
        for (uint64_t i = 0; i < 2; ++i) {
          if (reader.infos()[i].bytes > 1u << 20) continue;
          into.resize(reader.infos()[i].bytes);
          reader.read(i, into);
        }
      } else {
        read_part(file, records_of_part(file));
      }
    } catch (const Error&) {
      if (input.empty()) throw;
    }
  }
}

}  // namespace weft::fuzz
