// SPDX-License-Identifier: Apache-2.0
#include "data/formats/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>
#include <system_error>

#include "base/error.h"

namespace weft {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;
// A row that is longer is a quote that was left open; without a bound it would be the rest of the file in memory.
constexpr size_t kMostRowBytes = size_t{16} << 20;
constexpr int kEnd = -1;

std::unique_ptr<std::istream> open_text(const Path& file) {
  auto text = std::make_unique<std::ifstream>(file, std::ios::binary);
  check(text->is_open() && !std::filesystem::is_directory(file), file.string(), ": cannot open the table");
  return text;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

CsvReader::CsvReader(const Path& file, char separator) : CsvReader(open_text(file), file.string(), separator) {}

CsvReader::CsvReader(std::unique_ptr<std::istream> text, std::string name, char separator)
    : text_(std::move(text)), name_(std::move(name)), separator_(separator) {
  begin();
}

void CsvReader::begin() {
  peek();
  const std::string_view start(buffer_.data(), end_);
  check(!start.starts_with("\xFF\xFE") && !start.starts_with("\xFE\xFF"), name_,
        ": is UTF-16, wanted UTF-8; save the table as \"CSV UTF-8\"");
  if (start.starts_with("\xEF\xBB\xBF")) at_ = 3;
  skip_blank_lines();
  if (separator_ == 0) sniff_separator();
}

std::string CsvReader::place() const {
  return join(name_, ":", line_);
}

int CsvReader::peek() {
  if (at_ == end_) {
    if (is_at_end_) return kEnd;
    buffer_.resize(kBufferBytes);
    text_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    check(!text_->bad(), name_, ": reading failed");
    at_ = 0;
    end_ = static_cast<size_t>(text_->gcount());
    is_at_end_ = end_ == 0;
    if (is_at_end_) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

// Every line end counts, inside of quotes too; CR LF is one.
int CsvReader::get() {
  const int c = peek();
  if (c == kEnd) return kEnd;
  ++at_;
  if (++row_bytes_ > kMostRowBytes)
    fail(place(), ": the row that begins here is longer than ", kMostRowBytes >> 20,
         " MiB; is one of its quotes never closed?");
  if (c == '\n' || (c == '\r' && peek() != '\n')) ++next_line_;
  return c;
}

void CsvReader::skip_blank_lines() {
  while (peek() == '\r' || peek() == '\n') {
    row_bytes_ = 0;
    get();
  }
}

// Looks at the first row as far as the buffer has it; separators inside of quotes are text.
void CsvReader::sniff_separator() {
  std::array<size_t, 3> counts{};
  constexpr std::string_view kSeparators = ",;\t";
  bool is_quoted = false;
  for (size_t i = at_; i < end_; ++i) {
    const char c = buffer_[i];
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted && (c == '\n' || c == '\r')) break;
    const size_t which = kSeparators.find(c);
    if (!is_quoted && which != std::string_view::npos) ++counts[which];
  }
  separator_ = kSeparators[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

bool CsvReader::next() {
  skip_blank_lines();
  problem_.clear();
  row_bytes_ = 0;
  line_ = next_line_;
  if (peek() == kEnd) return false;
  read_row();
  if (width_ == 0) {
    width_ = fields_.size();
    first_line_ = line_;
  }
  if (fields_.size() != width_ && problem_.empty())
    problem_ = join("has ", fields_.size(), " fields, but line ", first_line_, " has ", width_);
  return true;
}

void CsvReader::read_row() {
  size_t count = 0;
  bool has_more = true;
  while (has_more) {
    if (count == fields_.size()) fields_.emplace_back();
    std::string& field = fields_[count++];
    field.clear();
    has_more = read_field(field);
  }
  fields_.resize(count);
}

// True where a separator ended the field: another one follows.
bool CsvReader::read_field(std::string& into) {
  if (peek() == '"') {
    read_quoted(into);
    const int after = peek();
    if (after != kEnd && after != separator_ && after != '\n' && after != '\r')
      problem_ = join("has text behind the closing quote of field \"", into.substr(0, 40), "\"");
  }
  while (true) {
    const int c = get();
    if (c == static_cast<unsigned char>(separator_)) return true;
    if (c == kEnd || ends_line(c)) return false;
    into += static_cast<char>(c);
  }
}

void CsvReader::read_quoted(std::string& into) {
  const size_t opened = next_line_;
  get();
  while (true) {
    const int c = get();
    check(c != kEnd, name_, ":", opened, ": the quote that opens here is never closed");
    if (c == '"' && peek() != '"') return;
    if (c == '"') get();
    into += static_cast<char>(c);
  }
}

bool CsvReader::ends_line(int c) {
  if (c == '\r' && peek() == '\n') get();
  return c == '\r' || c == '\n';
}

CsvTable::CsvTable(const Path& file, char separator, std::vector<std::string> columns)
    : CsvTable(CsvReader(file, separator), std::move(columns)) {}

CsvTable::CsvTable(CsvReader reader, std::vector<std::string> columns) : reader_(std::move(reader)) {
  const bool has_header = columns.empty();
  const bool has_rows = reader_.next();
  if (has_header) {
    check(has_rows, reader_.place(), ": the table is empty, wanted a first row with the names of its columns");
    check(reader_.problem().empty(), reader_.place(), ": the header ", reader_.problem());
    name_columns(reader_.fields());
    return;
  }
  check(!has_rows || reader_.fields().size() == columns.size(), reader_.place(), ": has ", reader_.fields().size(),
        " fields, but ", columns.size(), " columns were named");
  is_waiting_ = has_rows;
  name_columns(std::move(columns));
}

void CsvTable::name_columns(std::vector<std::string> columns) {
  std::set<std::string> known;
  for (std::string& name : columns) {
    name = without_blanks(name);
    check(name.empty() || known.insert(name).second, reader_.place(), ": two columns are called \"", name, "\"");
  }
  columns_ = std::move(columns);
}

int CsvTable::find(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

size_t CsvTable::wanted(std::string_view name) const {
  const int column = find(name);
  if (column >= 0) return static_cast<size_t>(column);
  std::string list;
  for (const std::string& one : columns_) list += (list.empty() ? "\"" : ", \"") + one + "\"";
  fail(reader_.place(), ": there is no column \"", name, "\"; there are ", list);
}

std::optional<double> number_of(std::string_view text) {
  text = without_blanks(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace weft
