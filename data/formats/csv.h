// SPDX-License-Identifier: Apache-2.0
// Tables as text, row by row, so that a file of gigabytes needs no memory.  RFC 4180: fields may be quoted, a quoted
// one may hold separators, line ends and doubled quotes.  Beyond it: a byte order mark, CR or LF alone as line ends,
// and a quote inside an unquoted field, which stands for itself.  Blank lines are no rows.
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace weft {

class CsvReader {
 public:
  // Without a separator, the one of comma, semicolon and tab that the first row has most of.
  explicit CsvReader(const Path& file, char separator = 0);
  CsvReader(std::unique_ptr<std::istream> text, std::string name, char separator = 0);

  bool next();  // false at the end; an Error where a quote is never closed or the text is none
  const std::vector<std::string>& fields() const { return fields_; }
  // Why this row cannot be trusted, or "": it has not as many fields as the first one, or text behind a closing quote.
  const std::string& problem() const { return problem_; }
  size_t line() const { return line_; }  // on which the row begins, from 1
  std::string place() const;             // file:line
  char separator() const { return separator_; }

 private:
  int peek();
  int get();
  void begin();
  void skip_blank_lines();
  void sniff_separator();
  void read_row();
  bool read_field(std::string& into);
  void read_quoted(std::string& into);
  bool ends_line(int c);

  std::unique_ptr<std::istream> text_;
  std::string name_;
  char separator_;
  std::string buffer_;
  size_t at_ = 0, end_ = 0;  // of what was read into the buffer
  bool is_at_end_ = false;
  size_t next_line_ = 1, line_ = 0, first_line_ = 0;
  size_t row_bytes_ = 0, width_ = 0;
  std::vector<std::string> fields_;
  std::string problem_;
};

// A table whose columns have names: its first row, or `columns` where the file has no such row.
class CsvTable {
 public:
  explicit CsvTable(const Path& file, char separator = 0, std::vector<std::string> columns = {});
  explicit CsvTable(CsvReader reader, std::vector<std::string> columns = {});

  const std::vector<std::string>& columns() const { return columns_; }
  int find(std::string_view name) const;       // -1 where there is none
  size_t wanted(std::string_view name) const;  // an Error with the columns that there are
  bool next() { return is_waiting_ ? !(is_waiting_ = false) : reader_.next(); }
  const std::string& at(size_t column) const { return reader_.fields().at(column); }  // of a row without a problem
  const std::string& problem() const { return reader_.problem(); }
  size_t size() const { return reader_.fields().size(); }
  std::string place() const { return reader_.place(); }
  char separator() const { return reader_.separator(); }

 private:
  void name_columns(std::vector<std::string> columns);

  CsvReader reader_;
  std::vector<std::string> columns_;
  bool is_waiting_ = false;  // the first row was read already, and it is no header
};

// A finite decimal number and nothing else but blanks around it.
std::optional<double> number_of(std::string_view text);

}  // namespace weft
