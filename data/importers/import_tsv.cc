// SPDX-License-Identifier: Apache-2.0
// image<TAB>caption lines to a dataset with the evidence layer "captions".  An image on several lines gets every
// caption.
#include "data/importers/import_tsv.h"
#include "base/error.h"
#include "data/importers/import_run.h"

namespace weft {
namespace {

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// One run over one file.
class TsvRun {
 public:
  TsvRun(const TsvImporter& settings, const ImportRequest& request)
      : settings_(settings), source_(request.source), run_(request, settings) {}

  ImportReport go() {
    const std::string content = read_text(source_);
    std::string_view text = content;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // spreadsheets begin so
    const std::vector<std::string_view> lines = split_at(text, '\n');
    for (size_t i = 0; i < lines.size(); ++i) {
      const bool is_end = i + 1 == lines.size() && lines[i].empty();
      if (!is_end) take_line(trimmed_end(lines[i]), i + 1);
    }
    return run_.finish();
  }

 private:
  static std::string_view trimmed_end(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void take_line(std::string_view line, size_t number) {
    const std::string place = join(source_.string(), ":", number);
    if (trimmed(line).empty()) return run_.report().leave_out("blank line", place);
    const std::vector<std::string_view> fields = split_at(line, '\t');
    if (number == 1 && is_header(fields, line)) return;
    if (fields.size() != 2 && fields.size() != 3)
      return malformed(join("has ", fields.size(), " fields, wanted image<TAB>caption or image<TAB>caption<TAB>group"),
                       place);
    const std::string image = trimmed(fields[0]);
    if (image.empty()) return malformed("names no image", place);
    const std::string group = fields.size() == 3 ? trimmed(fields[2]) : "";
    if (const auto added = run_.add_file(path_of(image), image, place, group))
      run_.say_text("captions", *added, std::string(fields[1]), place);
  }

  bool is_header(const std::vector<std::string_view>& fields, std::string_view line) {
    if (settings_.header == "no") return false;
    if (settings_.header == "auto" && std::filesystem::exists(path_of(trimmed(fields[0])))) return false;
    run_.note(join("line 1 was taken as the header: \"", line, "\""));
    return true;
  }

  void malformed(const std::string& what, const std::string& place) {
    run_.meet(Problem::malformed_label, place, "the line " + what);
  }

  Path path_of(const std::string& image) const { return source_.parent_path() / image; }

  const TsvImporter& settings_;
  const Path source_;
  ImportRun run_;
};

}  // namespace

void TsvImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("header", header, one_of({"auto", "yes", "no"}),
        "whether line 1 is a header; auto: it is where its first field names no file");
}

ImportReport TsvImporter::run(const ImportRequest& request) const {
  return TsvRun(*this, request).go();
}

}  // namespace weft
