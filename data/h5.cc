// SPDX-License-Identifier: Apache-2.0
#include "data/h5.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"

namespace weft {
namespace {

herr_t collect(unsigned, const H5E_error2_t* entry, void* into) {
  auto& texts = *static_cast<std::vector<std::string>*>(into);
  if (entry->desc && *entry->desc) texts.push_back(entry->desc);
  return 0;
}

// What the library's error stack of this thread says, the cause first.
std::string library_says() {
  constexpr size_t kMost = 3;
  std::vector<std::string> texts;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &texts);
  std::string all;
  for (size_t i = 0; i < std::min(texts.size(), kMost); ++i) all += (i ? "; " : "") + texts[i];
  return all.empty() ? "HDF5 gives no reason" : "HDF5 says: " + all;
}

template <class Status, class... What>
Status h5_check(Status status, const What&... what) {
  if (status < 0) fail(what..., ": ", library_says());
  return status;
}

template <class... What>
H5Id owned(hid_t id, H5Id::Close close, const What&... what) {
  return H5Id(h5_check(id, what...), close);
}

// The library prints its stack on standard error unless every thread that calls it says no.
void silence() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

H5Id file_access(const Path& path) {
  silence();
  H5Id access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, path.string());
  h5_check(H5Pset_file_locking(access.get(), false, true), path.string(), ": cannot turn file locking off");
  return access;
}

H5Id without_times(const Path& path) {
  H5Id creation = owned(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, path.string());
  h5_check(H5Pset_obj_track_times(creation.get(), false), path.string(), ": cannot leave times out");
  return creation;
}

H5Id with_parents(const Path& path) {
  H5Id link = owned(H5Pcreate(H5P_LINK_CREATE), H5Pclose, path.string());
  h5_check(H5Pset_create_intermediate_group(link.get(), 1), path.string(), ": cannot ask for groups on the way");
  return link;
}

}  // namespace

template <>
H5File::Type H5File::type_of<uint8_t>() {
  return {H5T_STD_U8LE, H5T_NATIVE_UINT8};
}
template <>
H5File::Type H5File::type_of<uint32_t>() {
  return {H5T_STD_U32LE, H5T_NATIVE_UINT32};
}
template <>
H5File::Type H5File::type_of<uint64_t>() {
  return {H5T_STD_U64LE, H5T_NATIVE_UINT64};
}
template <>
H5File::Type H5File::type_of<float>() {
  return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT};
}

namespace {
// Where a disk was full, the library's own exit handler ends in a crash (1.10.8); everything opened here is closed
// here.
void keep_exit_plain() {
  static const herr_t kept = H5dont_atexit();
  (void)kept;
}
}  // namespace

H5File H5File::create(const Path& path) {
  keep_exit_plain();
  const H5Id access = file_access(path);
  return H5File(path, owned(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose, path.string(),
                            ": cannot create the file"));
}

H5File H5File::open(const Path& path) {
  keep_exit_plain();
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  check(!error, path.string(), ": cannot open: ", error.message());
  const H5Id access = file_access(path);
  H5File file(path, owned(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, path.string(),
                          ": cannot open as an HDF5 file"));
  file.file_bytes_ = bytes;
  return file;
}

void H5File::close() {
  h5_check(id_.release(), path_.string(), ": cannot finish writing");
}

void H5File::set_format(const std::string& format, uint32_t version) {
  const H5Id scalar = owned(H5Screate(H5S_SCALAR), H5Sclose, path_.string());
  const H5Id text = owned(H5Tcopy(H5T_C_S1), H5Tclose, path_.string());
  h5_check(H5Tset_size(text.get(), format.size()), path_.string());
  const auto put = [&](const char* name, hid_t type, hid_t memory, const void* value) {
    const H5Id attribute = owned(H5Acreate2(id_.get(), name, type, scalar.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                                 path_.string(), ": cannot make the attribute ", name);
    h5_check(H5Awrite(attribute.get(), memory, value), path_.string(), ": cannot write the attribute ", name);
  };
  put("format", text.get(), text.get(), format.data());
  put("version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &version);
}

uint32_t H5File::version_of(const std::string& format, uint32_t newest) const {
  const auto attribute = [&](const char* name) {
    return owned(H5Aopen(id_.get(), name, H5P_DEFAULT), H5Aclose, path_.string(), ": wanted a file of format ", format,
                 ", but it has no attribute ", name);
  };
  const H5Id text = attribute("format"), number = attribute("version");
  const H5Id text_type = owned(H5Aget_type(text.get()), H5Tclose, path_.string());
  const H5Id number_type = owned(H5Aget_type(number.get()), H5Tclose, path_.string());
  const bool is_text = H5Tget_class(text_type.get()) == H5T_STRING && H5Tis_variable_str(text_type.get()) == 0 &&
                       H5Aget_storage_size(text.get()) == H5Tget_size(text_type.get());
  check(is_text, path_.string(), ": the attribute format is not one string of fixed length");
  const bool is_number = H5Tequal(number_type.get(), H5T_STD_U32LE) > 0 && H5Aget_storage_size(number.get()) == 4;
  check(is_number, path_.string(), ": the attribute version is not one u32");
  std::string found(H5Tget_size(text_type.get()), '\0');
  h5_check(H5Aread(text.get(), text_type.get(), found.data()), path_.string(), ": cannot read the attribute format");
  uint32_t version = 0;
  h5_check(H5Aread(number.get(), H5T_NATIVE_UINT32, &version), path_.string(), ": cannot read the version");
  check(found == format && version >= 1 && version <= newest, path_.string(), ": is \"", found, "\" version ", version,
        ", wanted \"", format, "\" version ", newest);
  return version;
}

void H5File::check_format(const std::string& format, uint32_t version) const {
  const uint32_t found = version_of(format, version);
  check(found == version, path_.string(), ": is \"", format, "\" version ", found, ", wanted version ", version);
}

H5Id H5File::dataset(const std::string& name) const {
  return owned(H5Dopen2(id_.get(), name.c_str(), H5P_DEFAULT), H5Dclose, path_.string(), ": has no dataset ", name);
}

uint64_t H5File::rows(const H5Id& dataset, const std::string& name) const {
  const H5Id space = owned(H5Dget_space(dataset.get()), H5Sclose, path_.string(), ": ", name);
  const int axes = h5_check(H5Sget_simple_extent_ndims(space.get()), path_.string(), ": ", name);
  check(axes == 1, path_.string(), ": ", name, " has ", axes, " axes, wanted one");
  hsize_t count = 0;
  h5_check(H5Sget_simple_extent_dims(space.get(), &count, nullptr), path_.string(), ": ", name);
  return count;
}

uint64_t H5File::rows(const std::string& name) const {
  return rows(dataset(name), name);
}

void H5File::check_fits(const std::string& name, uint64_t count, uint64_t width) const {
  check(count <= file_bytes_ / width, path_.string(), ": ", name, " claims ", count, " values, more than the file's ",
        file_bytes_, " bytes can hold");
}

void H5File::write_column(const std::string& name, Type type, const void* values, uint64_t count) {
  const hsize_t extent = count;
  const H5Id space = owned(H5Screate_simple(1, &extent, nullptr), H5Sclose, path_.string(), ": ", name);
  const H5Id creation = without_times(path_), link = with_parents(path_);
  H5Id dataset =
      owned(H5Dcreate2(id_.get(), name.c_str(), type.file, space.get(), link.get(), creation.get(), H5P_DEFAULT),
            H5Dclose, path_.string(), ": cannot make the dataset ", name);
  if (count > 0)
    h5_check(H5Dwrite(dataset.get(), type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), path_.string(),
             ": cannot write ", name);
  h5_check(dataset.release(), path_.string(), ": cannot close ", name);
}

void H5File::read_column(const std::string& name, Type type, void* values, uint64_t count) const {
  const H5Id column = dataset(name);
  const uint64_t found = rows(column, name);
  check(found == count, path_.string(), ": ", name, " has ", found, " rows, wanted ", count);
  const H5Id stored = owned(H5Dget_type(column.get()), H5Tclose, path_.string(), ": ", name);
  check(h5_check(H5Tequal(stored.get(), type.file), path_.string(), ": ", name) > 0, path_.string(), ": ", name,
        " holds numbers of another type than docs/FORMATS.md says");
  if (count > 0)
    h5_check(H5Dread(column.get(), type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), path_.string(),
             ": cannot read ", name);
}

template <class T>
void H5File::write(const std::string& name, const std::vector<T>& values) {
  write_column(name, type_of<T>(), values.data(), values.size());
}

template <class T>
std::vector<T> H5File::read(const std::string& name, uint64_t count) const {
  check_fits(name, count, sizeof(T));
  std::vector<T> values(count);
  read_column(name, type_of<T>(), values.data(), count);
  return values;
}

template void H5File::write(const std::string&, const std::vector<uint8_t>&);
template void H5File::write(const std::string&, const std::vector<uint32_t>&);
template void H5File::write(const std::string&, const std::vector<uint64_t>&);
template void H5File::write(const std::string&, const std::vector<float>&);
template std::vector<uint8_t> H5File::read(const std::string&, uint64_t) const;
template std::vector<uint32_t> H5File::read(const std::string&, uint64_t) const;
template std::vector<uint64_t> H5File::read(const std::string&, uint64_t) const;
template std::vector<float> H5File::read(const std::string&, uint64_t) const;

void H5File::write_strings(const std::string& name, const H5Strings& strings) {
  write(name + "_ptr", strings.ptr);
  write(name + "_blob", strings.bytes);
}

H5Strings H5File::read_strings(const std::string& name, uint64_t count) const {
  check(count < std::numeric_limits<uint64_t>::max(), path_.string(), ": ", name, " claims too many rows");
  H5Strings strings;
  strings.ptr = read<uint64_t>(name + "_ptr", count + 1);
  const bool ascends = strings.ptr.front() == 0 && std::is_sorted(strings.ptr.begin(), strings.ptr.end());
  check(ascends, path_.string(), ": ", name, "_ptr does not ascend from 0");
  strings.bytes = read<uint8_t>(name + "_blob", strings.ptr.back());
  return strings;
}

H5Chunks H5File::chunks(const std::string& name) const {
  const H5Id blob = dataset(name);
  H5Chunks chunks{.size = rows(blob, name)};
  const H5Id stored = owned(H5Dget_type(blob.get()), H5Tclose, path_.string(), ": ", name);
  check(h5_check(H5Tequal(stored.get(), H5T_STD_U8LE), path_.string(), ": ", name) > 0, path_.string(), ": ", name,
        " does not hold u8");
  const H5Id creation = owned(H5Dget_create_plist(blob.get()), H5Pclose, path_.string(), ": ", name);
  hsize_t extent = 0;
  check(H5Pget_layout(creation.get()) == H5D_CHUNKED && H5Pget_chunk(creation.get(), 1, &extent) == 1, path_.string(),
        ": ", name, " is not chunked");
  chunks.chunk_bytes = extent;
  unsigned flags = 0, config = 0;
  size_t values = 0;
  const bool is_plain =
      H5Pget_nfilters(creation.get()) == 1 &&
      H5Pget_filter2(creation.get(), 0, &flags, &values, nullptr, 0, nullptr, &config) == H5Z_FILTER_FLETCHER32;
  check(is_plain, path_.string(), ": ", name, " has other filters than Fletcher32; its bytes cannot be read in place");
  check_fits(name, chunks.size, 1);
  for (hsize_t at = 0; at < chunks.size; at += extent) {
    unsigned skipped_filters = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    h5_check(H5Dget_chunk_info_by_coord(blob.get(), &at, &skipped_filters, &address, &bytes), path_.string(),
             ": cannot find the chunk of ", name, " at byte ", at);
    check(address != HADDR_UNDEF && bytes >= extent && address <= file_bytes_ && bytes <= file_bytes_ - address,
          path_.string(), ": the chunk of ", name, " at byte ", at, " is not whole within the file");
    chunks.addresses.push_back(address);
  }
  return chunks;
}

H5Blob::H5Blob(const H5File& file, const std::string& name, uint64_t chunk_bytes) : path_(file.path_) {
  const hsize_t none = 0, any = H5S_UNLIMITED, chunk = chunk_bytes;
  const H5Id space = owned(H5Screate_simple(1, &none, &any), H5Sclose, path_.string(), ": ", name);
  const H5Id creation = without_times(path_), link = with_parents(path_);
  h5_check(H5Pset_chunk(creation.get(), 1, &chunk), path_.string(), ": ", name, ": cannot chunk");
  h5_check(H5Pset_fletcher32(creation.get()), path_.string(), ": ", name, ": cannot ask for Fletcher32");
  dataset_ = owned(
      H5Dcreate2(file.id_.get(), name.c_str(), H5T_STD_U8LE, space.get(), link.get(), creation.get(), H5P_DEFAULT),
      H5Dclose, path_.string(), ": cannot make the dataset ", name);
}

void H5Blob::append(const Bytes& piece) {
  const hsize_t start = size_, count = piece.size(), grown = size_ + piece.size();
  h5_check(H5Dset_extent(dataset_.get(), &grown), path_.string(), ": cannot grow the blob to ", grown, " bytes");
  const H5Id file_space = owned(H5Dget_space(dataset_.get()), H5Sclose, path_.string());
  const H5Id memory_space = owned(H5Screate_simple(1, &count, nullptr), H5Sclose, path_.string());
  h5_check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr), path_.string());
  h5_check(H5Dwrite(dataset_.get(), H5T_NATIVE_UINT8, memory_space.get(), file_space.get(), H5P_DEFAULT, piece.data()),
           path_.string(), ": cannot write ", count, " bytes of the blob");
  size_ = grown;
}

void H5Blob::close() {
  h5_check(dataset_.release(), path_.string(), ": cannot finish the blob");
}

}  // namespace weft
