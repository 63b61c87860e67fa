// SPDX-License-Identifier: Apache-2.0
// image<TAB>caption lines to a dataset with the evidence layer "captions".  An image on several lines gets every
// caption.
#include <map>

#include "base/error.h"
#include "data/importers.h"
#include "data/utf8.h"

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

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\v\f";
  const size_t first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

struct Row {
  std::string place;                  // file:line
  std::string image, caption, group;  // without a group, the image is one of its own
};

// One run over one file.
class TsvRun {
 public:
  TsvRun(const TsvImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), writer_(begin_import(request, settings)) {}

  ImportReport go() {
    const std::string content = read_text(request_.source);
    std::string_view text = content;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // spreadsheets begin so
    const std::vector<std::string_view> lines = split_at(text, '\n');
    for (size_t i = 0; i < lines.size(); ++i) {
      const bool is_end = i + 1 == lines.size() && lines[i].empty();
      if (!is_end) take_line(trimmed_end(lines[i]), i + 1);
    }
    finish_import(writer_, settings_, request_, report_);
    return report_;
  }

 private:
  static std::string_view trimmed_end(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void take_line(std::string_view line, size_t number) {
    const std::string place = join(request_.source.string(), ":", number);
    if (trimmed(line).empty()) return report_.leave_out("blank line", place);
    if (!is_utf8(line)) return refuse_or_skip("is not UTF-8", place);
    const std::vector<std::string_view> fields = split_at(line, '\t');
    if (number == 1 && is_header(fields, line)) return;
    if (fields.size() != 2 && fields.size() != 3)
      return refuse_or_skip(
          join("has ", fields.size(), " fields, wanted image<TAB>caption or image<TAB>caption<TAB>group"), place);
    const std::string image(trimmed(fields[0]));
    const std::string group(fields.size() == 3 ? trimmed(fields[2]) : std::string_view());
    take_row({place, image, std::string(trimmed(fields[1])), group});
  }

  bool is_header(const std::vector<std::string_view>& fields, std::string_view line) {
    if (settings_.header == "no") return false;
    if (settings_.header == "auto" && std::filesystem::exists(path_of(std::string(trimmed(fields[0]))))) return false;
    report_.notes.push_back(join("line 1 was taken as the header: \"", line, "\""));
    return true;
  }

  void take_row(const Row& row) {
    if (row.image.empty()) return refuse_or_skip("names no image", row.place);
    auto seen = images_.find(row.image);
    if (seen == images_.end()) {
      const auto content = read_image(path_of(row.image), row.place, settings_.on_bad, report_);
      if (!content) return;
      const std::string& group = row.group.empty() ? row.image : row.group;
      seen = images_.try_emplace(row.image, Seen{writer_.add(*content, row.image, group), row.place, group}).first;
    } else if (!row.group.empty() && seen->second.group != row.group) {
      return refuse_or_skip(join("puts ", row.image, " into the group \"", row.group, "\", but ", seen->second.place,
                                 " into \"", seen->second.group, "\""),
                            row.place);
    }
    if (!row.caption.empty()) return writer_.layer("captions").add(seen->second.uid, row.caption);
    check(settings_.on_empty == "skip_text", row.place, ": the caption of ", row.image,
          " is empty\n  hint: on_empty=skip_text keeps such images without a caption and reports them");
    report_.leave_out("empty caption (the image is kept)", row.place);
  }

  void refuse_or_skip(const std::string& what, const std::string& place) {
    check(settings_.on_bad == "skip", place, ": the line ", what,
          "\n  hint: on_bad=skip leaves such lines out and reports them");
    report_.leave_out("malformed line", join(place, ": ", what));
  }

  Path path_of(const std::string& image) const { return request_.source.parent_path() / image; }

  struct Seen {
    Uid uid;
    std::string place, group;
  };
  const TsvImporter& settings_;
  const ImportRequest& request_;
  StoreWriter writer_;
  ImportReport report_;
  std::map<std::string, Seen> images_;
};

}  // namespace

void TsvImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("header", header, one_of({"auto", "yes", "no"}),
        "whether line 1 is a header; auto: it is where its first field names no file");
  visit("on_empty", on_empty, one_of({"skip_text", "refuse"}), "an empty caption: keep the image without one, or stop");
  visit("on_bad", on_bad, one_of({"skip", "refuse"}), "a malformed line or an unreadable image: leave it out, or stop");
}

ImportReport TsvImporter::run(const ImportRequest& request) const {
  return TsvRun(*this, request).go();
}

}  // namespace weft
