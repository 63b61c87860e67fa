// SPDX-License-Identifier: Apache-2.0
// The columns of an image shard and of a part of an evidence layer, as they are once a file's hash is right and HDF5
// finds its structure sound: only the numbers and letters in them are not what we wrote.  An input is a list of
// (file, place, place, byte); places count through all columns.  A shard has 4 MiB, so that only the bytes of an
// input are put into the file, and taken out again.
#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include "data/evidence_part.h"
#include "data/geometry.h"
#include "data/image.h"
#include "data/shard.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {
namespace {

// Offsets of the bytes that are in columns; a chunked blob has none.
std::vector<off_t> places_in(const Path& file) {
  std::vector<off_t> places;
  const auto visit = [](hid_t group, const char* name, const H5L_info_t*, void* to) -> herr_t {
    H5O_info_t about;
    if (H5Oget_info_by_name(group, name, &about, H5P_DEFAULT) < 0 || about.type != H5O_TYPE_DATASET) return 0;
    const hid_t column = H5Dopen2(group, name, H5P_DEFAULT);
    const haddr_t offset = H5Dget_offset(column);
    if (offset != HADDR_UNDEF)
      for (hsize_t i = 0; i < H5Dget_storage_size(column); ++i)
        static_cast<std::vector<off_t>*>(to)->push_back(static_cast<off_t>(offset + i));
    H5Dclose(column);
    return 0;
  };
  const H5Id id(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  H5Lvisit(id.get(), H5_INDEX_NAME, H5_ITER_NATIVE, visit, &places);
  WEFT_ASSERT(!places.empty());
  return places;
}

class Target {
 public:
  explicit Target(const Path& file)
      : path_(file),
        content_(read_bytes(file)),
        places_(places_in(file)),
        kept_open_(H5File::open(file)),
        descriptor_(open(file.c_str(), O_WRONLY)) {
    WEFT_ASSERT(descriptor_ >= 0);
  }
  const Path& path() const { return path_; }
  void change(size_t place, uint8_t byte) {
    changed_.push_back(places_[place % places_.size()]);
    write(changed_.back(), byte);
  }
  bool is_changed() const { return !changed_.empty(); }
  void restore() {
    for (const off_t at : changed_) write(at, content_[static_cast<size_t>(at)]);
    changed_.clear();
  }

 private:
  void write(off_t at, uint8_t byte) const { WEFT_ASSERT(pwrite(descriptor_, &byte, 1, at) == 1); }

  Path path_;
  Bytes content_;
  std::vector<off_t> places_, changed_;
  H5File kept_open_;  // so that HDF5 reads the file's structure, which does not change, once
  int descriptor_;
};

void read_shard(const Path& file) {
  ShardReader reader(file, 2);
  Bytes into;
  for (uint64_t i = 0; i < 2; ++i) {
    if (reader.infos()[i].bytes > 1u << 20) continue;
    into.resize(reader.infos()[i].bytes);
    reader.read(i, into);
  }
}

void read_layer(const Path& file) {
  read_part(file, 7);
}

struct Targets {
  Path folder;
  Target shard, part;
  ~Targets() { std::filesystem::remove_all(folder); }
};

Targets& targets() {
  static Targets made = [] {
    H5set_free_list_limits(-1, -1, -1, -1, -1, -1);  // else its cache of a file is mapped anew at every opening
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
    return Targets{folder, Target(folder / "images-00000.h5"), Target(folder / "evidence/all/part-0.h5")};
  }();
  return made;
}

}  // namespace

std::vector<Bytes> seeds() {
  read_shard(targets().shard.path());  // what nobody changed has no Error
  read_layer(targets().part.path());
  return {{0, 1, 0, 7, 0, 90, 1, 200}, {1, 200, 0, 1, 1, 10, 1, 255}, {0, 40, 0, 1, 1, 77, 0, 2, 1, 3, 2, 0}};
}

void parse(const Bytes& input) {
  Targets& all = targets();
  for (size_t i = 0; i + 4 <= input.size() && i < 64; i += 4)
    (input[i] % 2 == 0 ? all.shard : all.part).change(input[i + 1] | input[i + 2] << 8, input[i + 3]);
  const auto tried = [](Target& target, const auto& read) {
    if (!target.is_changed()) return;
    try {
      read(target.path());
    } catch (const Error&) {
    }
    target.restore();
  };
  tried(all.shard, read_shard);
  tried(all.part, read_layer);
}

}  // namespace weft::fuzz
