// SPDX-License-Identifier: Apache-2.0
#include "data/formats/nifti.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "data/formats/byte_reader.h"
#include "data/formats/inflate.h"

namespace weft {
namespace {

constexpr size_t kHeaderBytes = 348, kMagicAt = 344;
constexpr int kRgb = 128;

struct Header {
  bool big_endian = false, is_pair = false;
  std::array<uint32_t, 3> sides = {1, 1, 1};
  uint32_t times = 1;
  int type = 0;
  uint64_t data_at = 0;
  double slope = 1, intercept = 0;
  std::array<double, 3> spacing{};
  VoxelAffine affine{};  // all 0: unknown
  std::vector<std::string> notes;

  uint64_t voxels() const { return uint64_t{sides[0]} * sides[1] * sides[2] * times; }
};

struct TypeName {
  int code;
  size_t bytes;  // 0: not read
  const char* name;
};
constexpr TypeName kTypes[] = {{1, 0, "single bits"},
                               {2, 1, "u8"},
                               {4, 2, "i16"},
                               {8, 4, "i32"},
                               {16, 4, "f32"},
                               {32, 0, "complex numbers"},
                               {64, 8, "f64"},
                               {kRgb, 3, "RGB"},
                               {256, 1, "i8"},
                               {512, 2, "u16"},
                               {768, 4, "u32"},
                               {1024, 8, "i64"},
                               {1280, 8, "u64"},
                               {1536, 0, "128-bit real numbers"},
                               {1792, 0, "complex numbers of 128 bits"},
                               {2048, 0, "complex numbers of 256 bits"},
                               {2304, 0, "RGBA"}};

const TypeName& type_of(int code) {
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.code == code; });
  check(type != std::end(kTypes), "NIfTI: the data type is ", code, ", which the format does not have");
  check(type->bytes > 0, "NIfTI: it holds ", type->name, "; wanted integers, real numbers or RGB");
  return *type;
}

// visit(a value of the stored type); RGB counts as u8.
template <class Visit>
void with_type(int code, const Visit& visit) {
  switch (code) {
    case 4:
      return visit(int16_t{});
    case 8:
      return visit(int32_t{});
    case 16:
      return visit(float{});
    case 64:
      return visit(double{});
    case 256:
      return visit(int8_t{});
    case 512:
      return visit(uint16_t{});
    case 768:
      return visit(uint32_t{});
    case 1024:
      return visit(int64_t{});
    case 1280:
      return visit(uint64_t{});
    default:
      return visit(uint8_t{});
  }
}

bool is_gzip(const Bytes& file) {
  return file.size() > 2 && file[0] == 0x1f && file[1] == 0x8b;
}

// The first bytes of a file, unpacked.
Bytes unpacked(const Bytes& file, uint64_t most) {
  if (is_gzip(file)) return inflated(file.data(), file.size(), Framing::gzip, most);
  return Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(most, file.size())));
}

VoxelAffine read_sform(ByteReader& reader) {
  VoxelAffine affine;
  reader.seek(280);
  for (double& number : affine) number = reader.get<float>();
  return affine;
}

// The quaternion (a, b, c, d) of length 1 as a rotation, its third axis mirrored where `qfac` is -1.
VoxelAffine read_qform(ByteReader& reader, const std::array<double, 3>& pixdim, double qfac) {
  reader.seek(256);
  const double b = reader.get<float>(), c = reader.get<float>(), d = reader.get<float>();
  const double x = reader.get<float>(), y = reader.get<float>(), z = reader.get<float>();
  const double a = std::sqrt(std::max(0.0, 1 - (b * b + c * c + d * d)));
  const double i = pixdim[0], j = pixdim[1], k = pixdim[2] * qfac;
  return {(a * a + b * b - c * c - d * d) * i,
          2 * (b * c - a * d) * j,
          2 * (b * d + a * c) * k,
          x,
          2 * (b * c + a * d) * i,
          (a * a + c * c - b * b - d * d) * j,
          2 * (c * d - a * b) * k,
          y,
          2 * (b * d - a * c) * i,
          2 * (c * d + a * b) * j,
          (a * a + d * d - c * c - b * b) * k,
          z};
}

bool is_usable(const VoxelAffine& m) {
  for (const double number : m)
    if (!std::isfinite(number)) return false;
  return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
             m[2] * (m[4] * m[9] - m[5] * m[8]) !=
         0;
}

void read_place(ByteReader& reader, Header& header) {
  reader.seek(76);
  const double qfac = reader.get<float>() < 0 ? -1 : 1;
  for (double& spacing : header.spacing) spacing = std::abs(double{reader.get<float>()});
  reader.seek(123);
  const int unit = reader.get<uint8_t>() & 7;
  const double to_mm = unit == 1 ? 1000 : unit == 3 ? 0.001 : 1;  // metres, microns; else mm
  reader.seek(252);
  const bool has_qform = reader.get<int16_t>() > 0, has_sform = reader.get<int16_t>() > 0;
  const VoxelAffine sform = has_sform ? read_sform(reader) : VoxelAffine{};
  const VoxelAffine qform = has_qform ? read_qform(reader, header.spacing, qfac) : VoxelAffine{};
  check(!has_sform || is_usable(sform), "NIfTI: the sform has an axis of length 0 or holds no numbers");
  check(!has_qform || has_sform || is_usable(qform), "NIfTI: the qform has an axis of length 0 or holds no numbers");
  header.affine = has_sform ? sform : qform;
  for (double& number : header.affine) number *= to_mm;
  for (double& spacing : header.spacing) spacing = std::isfinite(spacing) ? spacing * to_mm : 0;
  if (has_sform && has_qform && is_usable(qform)) {
    const double apart = distance(sform, qform, header.sides) * to_mm;
    if (apart > 0.1) header.notes.push_back(join("sform and qform differ by ", apart, " mm; the sform was taken"));
  }
  if (!has_sform && !has_qform)
    header.notes.push_back("it does not say how it lies in the patient; slices are as stored");
}

Header read_header(const Bytes& head) {
  check(head.size() >= kHeaderBytes, "NIfTI: ", head.size(), " bytes; a header has ", kHeaderBytes);
  Header header;
  const auto says_size = [&](uint32_t size) {
    return ByteReader(head.data(), head.size(), header.big_endian).get<uint32_t>() == size;
  };
  for (const bool big_endian : {true, false}) {
    header.big_endian = big_endian;
    check(!says_size(540), "NIfTI: found version 2; wanted version 1");
    if (says_size(kHeaderBytes)) break;
  }
  check(says_size(kHeaderBytes), "found no NIfTI header: it does not start with its size, ", kHeaderBytes);
  const char* magic = reinterpret_cast<const char*>(head.data()) + kMagicAt;
  header.is_pair = std::memcmp(magic, "ni1", 4) == 0;
  check(header.is_pair || std::memcmp(magic, "n+1", 4) == 0,
        "found an Analyze 7.5 header, which does not say where left and right are; wanted NIfTI-1");

  ByteReader reader(head.data(), kHeaderBytes, header.big_endian);
  reader.seek(40);
  std::array<int16_t, 8> dim;
  for (int16_t& number : dim) number = reader.get<int16_t>();
  check(1 <= dim[0] && dim[0] <= 7, "NIfTI: it has ", dim[0], " dimensions; wanted 1 to 7");
  for (int axis = 1; axis <= dim[0]; ++axis) {
    check(dim[axis] > 0, "NIfTI: dimension ", axis, " is ", dim[axis]);
    check(axis <= 4 || dim[axis] == 1, "NIfTI: dimension ", axis, " is ", dim[axis],
          ": each voxel holds several numbers; ", "wanted volumes of single ones");
    if (axis <= 3) header.sides[axis - 1] = static_cast<uint32_t>(dim[axis]);
    if (axis == 4) header.times = static_cast<uint32_t>(dim[axis]);
  }
  reader.seek(70);
  header.type = reader.get<int16_t>();
  reader.seek(108);
  const float data_at = reader.get<float>(), slope = reader.get<float>(), intercept = reader.get<float>();
  check(data_at >= 0 && data_at < 1e9f, "NIfTI: the voxels are said to begin at byte ", data_at);
  header.data_at = static_cast<uint64_t>(data_at);
  if (!header.is_pair && header.data_at == 0) header.data_at = kHeaderBytes + 4;
  check(header.is_pair || header.data_at >= kHeaderBytes, "NIfTI: the voxels are said to begin at byte ",
        header.data_at, ", inside the header");
  if (std::isfinite(slope) && slope != 0 && header.type != kRgb) {
    header.slope = slope;
    header.intercept = std::isfinite(intercept) ? intercept : 0;
  }
  read_place(reader, header);
  return header;
}

void swap_bytes(uint8_t* data, size_t count, size_t bytes) {
  for (size_t i = 0; i < count; ++i) std::reverse(data + i * bytes, data + (i + 1) * bytes);
}

// The least type that holds every value; where none does, f32 with a note.
template <class Stored>
VoxelType fitting_type(const uint8_t* data, size_t count, std::vector<std::string>& notes) {
  if constexpr (std::is_same_v<Stored, uint8_t>) return VoxelType::u8;
  if constexpr (std::is_same_v<Stored, int8_t> || std::is_same_v<Stored, int16_t>) return VoxelType::i16;
  if constexpr (std::is_same_v<Stored, uint16_t>) return VoxelType::u16;
  if constexpr (std::is_same_v<Stored, float>) return VoxelType::f32;
  bool fits_i16 = std::is_integral_v<Stored>, fits_u16 = fits_i16;
  size_t rounded = 0;
  for (size_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, data + i * sizeof value, sizeof value);
    const auto number = static_cast<double>(value);
    fits_i16 = fits_i16 && number >= -32768 && number <= 32767;
    fits_u16 = fits_u16 && number >= 0 && number <= 65535;
    rounded += std::isfinite(number) && static_cast<double>(static_cast<float>(number)) != number;
  }
  if (fits_i16 || fits_u16) return fits_i16 ? VoxelType::i16 : VoxelType::u16;
  if (rounded > 0) notes.push_back(join(rounded, " of ", count, " voxels were rounded to 32-bit real numbers"));
  return VoxelType::f32;
}

template <class Stored, class Target>
void lay_out(const uint8_t* in, const Header& header, const AxisOrder& order, Volume& volume) {
  const size_t samples = header.type == kRgb ? 3 : 1;
  const std::array<size_t, 3> strides = {samples, samples * header.sides[0],
                                         samples * header.sides[0] * header.sides[1]};
  const size_t per_time = strides[2] * header.sides[2];
  Target* out = reinterpret_cast<Target*>(volume.voxels.data());
  const auto offset = [&](int i, uint32_t place) {
    const int axis = order.from[i];
    return strides[axis] * (order.backwards[i] ? header.sides[axis] - 1 - place : place);
  };
  for (uint32_t slice = 0; slice < volume.header.slices; ++slice)
    for (size_t modality = 0; modality < volume.header.modalities.size(); ++modality)
      for (uint32_t row = 0; row < volume.header.height; ++row)
        for (uint32_t column = 0; column < volume.header.width; ++column) {
          const size_t place =
              offset(0, column) + offset(1, row) + offset(2, slice) + (samples == 3 ? modality : modality * per_time);
          Stored value;
          std::memcpy(&value, in + place * sizeof value, sizeof value);
          *out++ = static_cast<Target>(+value);  // no signed char is widened by surprise
        }
}

template <class Stored>
void take_voxels(const uint8_t* in, size_t count, Header& header, const AxisOrder& order, Volume& volume) {
  volume.header.type = fitting_type<Stored>(in, count, header.notes);
  volume.voxels.resize(volume.header.voxel_bytes());
  switch (volume.header.type) {
    case VoxelType::u8:
      return lay_out<Stored, uint8_t>(in, header, order, volume);
    case VoxelType::i16:
      return lay_out<Stored, int16_t>(in, header, order, volume);
    case VoxelType::u16:
      return lay_out<Stored, uint16_t>(in, header, order, volume);
    case VoxelType::f32:
      return lay_out<Stored, float>(in, header, order, volume);
  }
}

}  // namespace

Nifti read_nifti(const Bytes& file, const Bytes* image, const NiftiWishes& wishes) {
  Header header = read_header(unpacked(file, kHeaderBytes));
  const size_t voxel = type_of(header.type).bytes;
  check(header.times == 1 || (wishes.time_as_modalities && header.times <= 255 && header.type != kRgb),
        "NIfTI: it is a series of ", header.times, " volumes; wanted one",
        "\n  hint: series=modalities takes up to 255 of them as channels of one volume");
  check(header.is_pair == (image != nullptr), "NIfTI: the voxels are said to lie in ",
        header.is_pair ? "an .img file beside it, which is missing" : "the file itself, but it came with an .img file");
  const Bytes& source = image ? *image : file;
  const uint64_t wanted = header.data_at + header.voxels() * voxel;
  check(wanted / (is_gzip(source) ? kMostInflation : 1) <= source.size(), "NIfTI: it promises ", header.sides[0], " x ",
        header.sides[1], " x ", header.sides[2], " x ", header.times, " voxels of ", voxel,
        " bytes, which do not fit into ", source.size(), " bytes");
  Bytes content = unpacked(source, wanted + 1);  // one more, so that gzip's own checksum is met
  check(content.size() >= wanted, "NIfTI: it ends after ", content.size(), " bytes; its header promises ", wanted);

  Nifti result;
  const AxisOrder order = order_of(header.affine, wishes.axis, wishes.turn);
  VolumeHeader& out = result.volume.header;
  out.width = header.sides[order.from[0]];
  out.height = header.sides[order.from[1]];
  out.slices = header.sides[order.from[2]];
  out.modalities.assign(header.type == kRgb ? 3 : header.times, {.slope = header.slope, .intercept = header.intercept});
  if (is_known(header.affine)) out.affine = reordered(header.affine, order, header.sides);
  out.spacing = spacing_of(out.affine);
  for (int i = 0; i < 3 && !is_known(header.affine); ++i)
    out.spacing[i] = static_cast<float>(header.spacing[order.from[i]]);

  uint8_t* in = content.data() + header.data_at;
  if (header.big_endian && header.type != kRgb) swap_bytes(in, header.voxels(), voxel);
  with_type(header.type,
            [&](auto stored) { take_voxels<decltype(stored)>(in, header.voxels(), header, order, result.volume); });
  result.notes = std::move(header.notes);
  return result;
}

}  // namespace weft
