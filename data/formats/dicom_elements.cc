// SPDX-License-Identifier: Apache-2.0
#include "data/formats/dicom_elements.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "data/formats/byte_reader.h"
#include "data/formats/inflate.h"

namespace weft {
namespace {

using Tag = DicomTag;

constexpr uint32_t kUndefined = 0xffffffff;
constexpr uint32_t kItem = 0xfffee000, kItemEnd = 0xfffee00d, kSequenceEnd = 0xfffee0dd;
constexpr size_t kPreamble = 128;
constexpr int kDeepest = 32;

constexpr Tag kKnown[] = {Tag::transfer_syntax,
                          Tag::spacing_between_slices,
                          Tag::imager_pixel_spacing,
                          Tag::patient_id,
                          Tag::study,
                          Tag::series,
                          Tag::instance_number,
                          Tag::position,
                          Tag::orientation,
                          Tag::plane_positions,
                          Tag::plane_orientations,
                          Tag::samples_per_pixel,
                          Tag::photometric,
                          Tag::planar,
                          Tag::frames,
                          Tag::rows,
                          Tag::columns,
                          Tag::pixel_spacing,
                          Tag::bits_allocated,
                          Tag::bits_stored,
                          Tag::high_bit,
                          Tag::is_signed,
                          Tag::burned_in,
                          Tag::window_centre,
                          Tag::window_width,
                          Tag::intercept,
                          Tag::slope,
                          Tag::window_function,
                          Tag::modality_table,
                          Tag::pixel_measures,
                          Tag::frame_windows,
                          Tag::pixel_transformations,
                          Tag::shared_groups,
                          Tag::frame_groups,
                          Tag::float_pixels,
                          Tag::double_pixels,
                          Tag::pixels};
constexpr Tag kSequences[] = {Tag::plane_positions, Tag::plane_orientations, Tag::modality_table,
                              Tag::pixel_measures,  Tag::frame_windows,      Tag::pixel_transformations,
                              Tag::shared_groups,   Tag::frame_groups};
constexpr std::string_view kLongForms[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                           "SV", "UC", "UN", "UR", "UT", "UV"};

struct Syntax {
  const char* uid;
  const char* compression;  // "": none
};
constexpr Syntax kSyntaxes[] = {{"1.2.840.10008.1.2", ""},
                                {"1.2.840.10008.1.2.1", ""},
                                {"1.2.840.10008.1.2.1.99", ""},
                                {"1.2.840.10008.1.2.2", ""},
                                {"1.2.840.10008.1.2.4.50", "JPEG baseline"},
                                {"1.2.840.10008.1.2.4.51", "JPEG extended"},
                                {"1.2.840.10008.1.2.4.57", "JPEG lossless"},
                                {"1.2.840.10008.1.2.4.70", "JPEG lossless, first-order prediction"},
                                {"1.2.840.10008.1.2.4.80", "JPEG-LS lossless"},
                                {"1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless"},
                                {"1.2.840.10008.1.2.4.90", "JPEG 2000 lossless"},
                                {"1.2.840.10008.1.2.4.91", "JPEG 2000"},
                                {"1.2.840.10008.1.2.4.100", "MPEG-2"},
                                {"1.2.840.10008.1.2.4.102", "MPEG-4"},
                                {"1.2.840.10008.1.2.4.201", "High-throughput JPEG 2000 lossless"},
                                {"1.2.840.10008.1.2.4.203", "High-throughput JPEG 2000"},
                                {"1.2.840.10008.1.2.5", "run lengths (RLE lossless)"}};
constexpr const char* kImplicit = "1.2.840.10008.1.2";
constexpr const char* kDeflated = "1.2.840.10008.1.2.1.99";
constexpr const char* kBigEndian = "1.2.840.10008.1.2.2";

template <class List, class One>
bool has(const List& list, const One& one) {
  return std::find(std::begin(list), std::end(list), one) != std::end(list);
}

struct Head {
  uint32_t tag = 0, length = 0;
  bool is_word = false, is_sequence = false;
  bool is_implicit = false;  // its items are
};

class Walker {
 public:
  Walker(const uint8_t* data, size_t size, bool implicit, bool big_endian)
      : reader_(data, size, big_endian), implicit_(implicit) {}

  // Elements up to byte `end`, or to the mark at an item's end.
  DicomSet set(size_t end, bool implicit, int depth) {
    check(depth < kDeepest, "DICOM: sequences lie ", kDeepest, " deep in each other");
    DicomSet set;
    set.big_endian = reader_.big_endian();
    while (reader_.at() < end) {
      const Head head = next(implicit);
      if (head.tag == kItemEnd) break;
      DicomElement element{.tag = static_cast<Tag>(head.tag), .is_word = head.is_word};
      const bool is_known = has(kKnown, element.tag);
      const bool is_pixels = element.tag == Tag::pixels && depth == 0;
      if (is_pixels && head.length == kUndefined) {
        element.is_encapsulated = true;
      } else if (head.length == kUndefined || (head.is_sequence && is_known)) {
        element.items = items(head, depth);
      } else {
        element.length = head.length;
        element.value = reader_.take(head.length);
      }
      if (is_known) set.elements.push_back(std::move(element));
      if (is_pixels) break;  // nothing behind them is read
    }
    return set;
  }
  DicomSet all() { return set(reader_.left(), implicit_, 0); }

  // The group 0002 of a file, always explicit and little-endian; what follows it is left.
  DicomSet file_group(size_t start) {
    reader_.seek(start);
    DicomSet set;
    while (reader_.left() >= 2) {
      const size_t at = reader_.at();
      const bool is_over = reader_.get<uint16_t>() != 2;
      reader_.seek(at);
      if (is_over) break;
      const Head head = next(false);
      DicomElement element{.tag = static_cast<Tag>(head.tag)};
      element.length = head.length;
      element.value = reader_.take(head.length);
      if (has(kKnown, element.tag)) set.elements.push_back(std::move(element));
    }
    return set;
  }
  size_t at() const { return reader_.at(); }

 private:
  Head next(bool implicit) {
    Head head;
    head.tag = uint32_t{reader_.get<uint16_t>()} << 16;
    head.tag |= reader_.get<uint16_t>();
    head.is_implicit = implicit;
    if (implicit || head.tag >> 16 == 0xfffe) {
      head.length = reader_.get<uint32_t>();
      head.is_word = true;
      head.is_sequence = has(kSequences, static_cast<Tag>(head.tag));
      return head;
    }
    const std::string_view form(reinterpret_cast<const char*>(reader_.take(2)), 2);
    const auto is_letter = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
    check(is_letter(form[0]) && is_letter(form[1]), "DICOM: element ", name_of(static_cast<Tag>(head.tag)), " at byte ",
          reader_.at(), " has no value representation; is the transfer syntax the one that the file names?");
    if (has(kLongForms, form)) {
      reader_.skip(2);
      head.length = reader_.get<uint32_t>();
    } else {
      head.length = reader_.get<uint16_t>();
    }
    head.is_word = form == "OW";
    head.is_sequence = form == "SQ";
    head.is_implicit = form == "UN";  // what a writer did not know, it copied from an implicit file
    return head;
  }

  std::vector<DicomSet> items(const Head& sequence, int depth) {
    const bool is_marked = sequence.length == kUndefined;
    check(is_marked || sequence.length <= reader_.left(), "DICOM: the sequence ",
          name_of(static_cast<Tag>(sequence.tag)), " is longer than the file");
    const size_t end = reader_.at() + (is_marked ? reader_.left() : sequence.length);
    std::vector<DicomSet> items;
    while (reader_.at() < end) {
      const Head head = next(sequence.is_implicit);
      if (head.tag == kSequenceEnd) break;
      check(head.tag == kItem, "DICOM: the sequence ", name_of(static_cast<Tag>(sequence.tag)), " holds ",
            name_of(static_cast<Tag>(head.tag)), " instead of an item");
      const bool is_open = head.length == kUndefined;
      check(is_open || head.length <= reader_.left(), "DICOM: an item of ", name_of(static_cast<Tag>(sequence.tag)),
            " is longer than the file");
      const size_t item_end = reader_.at() + (is_open ? reader_.left() : head.length);
      items.push_back(set(item_end, sequence.is_implicit, depth + 1));
    }
    return items;
  }

  ByteReader reader_;
  bool implicit_;
};

std::string_view value_of(const DicomElement& element) {
  std::string_view text(reinterpret_cast<const char*>(element.value), element.length);
  constexpr std::string_view kPadding("\0 \t\r\n", 5);
  const size_t first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
}

}  // namespace

std::string name_of(DicomTag tag) {
  std::ostringstream text;
  const auto number = static_cast<uint32_t>(tag);
  text << std::hex << std::setfill('0') << '(' << std::setw(4) << (number >> 16) << ',' << std::setw(4)
       << (number & 0xffff) << ')';
  return text.str();
}

const DicomElement* DicomSet::find(DicomTag tag) const {
  for (const DicomElement& element : elements)
    if (element.tag == tag) return &element;
  return nullptr;
}

std::string DicomSet::text(DicomTag tag) const {
  const DicomElement* element = find(tag);
  return element ? std::string(value_of(*element)) : "";
}

std::optional<uint16_t> DicomSet::number(DicomTag tag) const {
  const DicomElement* element = find(tag);
  if (!element || element->length == 0) return std::nullopt;
  check(element->length >= 2, "DICOM: element ", name_of(tag), " is ", element->length, " bytes long; wanted 2");
  return ByteReader(element->value, element->length, big_endian).get<uint16_t>();
}

std::vector<double> DicomSet::decimals(DicomTag tag) const {
  std::vector<double> numbers;
  const DicomElement* element = find(tag);
  std::string_view rest = element ? value_of(*element) : std::string_view();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\\'), rest.size());
    std::string_view one = rest.substr(0, end);
    while (!one.empty() && (one.front() == ' ' || one.front() == '+')) one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    double number = 0;
    const auto [stop, problem] = std::from_chars(one.data(), one.data() + one.size(), number);
    check(problem == std::errc() && stop == one.data() + one.size(), "DICOM: element ", name_of(tag),
          " holds something that is no number");
    numbers.push_back(number);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return numbers;
}

bool is_dicom(const uint8_t* data, size_t size) {
  return size >= kPreamble + 4 && std::memcmp(data + kPreamble, "DICM", 4) == 0;
}

std::string compression_of(const std::string& syntax) {
  for (const Syntax& known : kSyntaxes)
    if (syntax == known.uid) return known.compression;
  return "the transfer syntax " + syntax;
}

DicomFile read_dicom_elements(Bytes content) {
  check(is_dicom(content.data(), content.size()), "found no DICOM file: it lacks \"DICM\" at byte ", kPreamble);
  DicomFile file;
  Walker head(content.data(), content.size(), false, false);
  file.syntax = head.file_group(kPreamble + 4).text(Tag::transfer_syntax);
  check(!file.syntax.empty(), "DICOM: the file names no transfer syntax, element ", name_of(Tag::transfer_syntax));
  check(file.syntax.find_first_not_of("0123456789.") == std::string::npos && file.syntax.size() <= 64,
        "DICOM: the transfer syntax is no UID");
  content.erase(content.begin(), content.begin() + static_cast<ptrdiff_t>(head.at()));
  if (file.syntax == kDeflated)
    content = inflated(content.data(), content.size(), Framing::none,
                       std::min<uint64_t>(kMostInflation * content.size(), UINT32_MAX));
  file.content = std::move(content);
  file.set =
      Walker(file.content.data(), file.content.size(), file.syntax == kImplicit, file.syntax == kBigEndian).all();
  return file;
}

}  // namespace weft
