// SPDX-License-Identifier: Apache-2.0
#include "data/formats/yolo_text.h"

#include <algorithm>
#include <optional>

#include "base/error.h"

namespace weft {
namespace {

std::optional<double> value_in(std::string_view word, bool& has_comma) {
  if (std::count(word.begin(), word.end(), ',') != 1) return number_in(word);
  std::string pointed(word);
  pointed[word.find(',')] = '.';
  has_comma = true;
  return number_in(pointed);
}

// Text behind # is a comment where a blank or nothing precedes it, outside quotes.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote) {
      if (line[i] == quote && quote == '\'' && i + 1 < line.size() && line[i + 1] == quote)
        ++i;  // '' is one '
      else if (line[i] == quote)
        quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      if (i == 0 || std::string_view(" [{,:-").find(line[i - 1]) != std::string_view::npos) quote = line[i];
    } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return line.substr(0, i);
    }
  }
  return line;
}

class YamlReader {
 public:
  YamlReader(std::string_view utf8, const std::string& file) : lines_(lines_of(utf8)), file_(file) {}

  std::map<std::string, YamlValue> read() {
    for (at_ = 0; at_ < lines_.size();) {
      const std::string_view line = without_comment(lines_[at_]);
      const std::string_view content = without_blanks(line);
      if (content.empty() || content == "---" || content == "..." || content.starts_with('%')) {
        ++at_;
        continue;
      }
      check(indent_of(line) == 0, here(), ": \"", content, "\" is further in than any key before it asks for");
      read_key(content);
    }
    return std::move(out_);
  }

 private:
  static size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }
  std::string here() const { return join(file_, ":", at_ + 1); }

  void read_key(std::string_view content) {
    const auto [key, rest] = key_and_rest(content);
    check(!out_.contains(key), here(), ": the key \"", key, "\" is there twice");
    YamlValue& value = out_[key];
    value.line = at_ + 1;
    if (rest.starts_with('|') || rest.starts_with('>')) return pass_over_block();
    if (rest.starts_with('[') || rest.starts_with('{')) return read_flow(rest, value);
    check(rest.empty() || std::string_view("&*!@`").find(rest[0]) == std::string_view::npos, here(), ": \"", rest,
          "\" is YAML that this reader does not know; wanted a text, a list or a map");
    ++at_;
    if (rest.empty())
      read_block(value);
    else
      value.text = plain(rest);
  }

  std::pair<std::string, std::string_view> key_and_rest(std::string_view content) const {
    size_t colon = 0;
    if (content[0] == '"' || content[0] == '\'') colon = content.find(content[0], 1);
    for (colon = std::min(content.find(':', colon), content.size());
         colon + 1 < content.size() && content[colon + 1] != ' ' && content[colon + 1] != '\t';)
      colon = std::min(content.find(':', colon + 1), content.size());
    check(colon < content.size(), here(), ": \"", content, "\" has no \"key:\"");
    return {plain(content.substr(0, colon)), without_blanks(content.substr(colon + 1))};
  }

  static std::string plain(std::string_view text) {
    text = without_blanks(text);
    const bool quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
    if (!quoted) return std::string(text);
    const std::string doubled(2, text[0]);
    std::string inner(text.substr(1, text.size() - 2));
    if (text[0] == '\'')
      for (size_t i = 0; (i = inner.find(doubled, i)) != std::string::npos; ++i) inner.erase(i, 1);
    return inner;
  }

  void pass_over_block() {
    for (++at_; at_ < lines_.size(); ++at_)
      if (!without_blanks(lines_[at_]).empty() && indent_of(lines_[at_]) == 0) return;
  }

  // Lines of "- a" (not further in than their key, or further) or of "b: a" further in.
  void read_block(YamlValue& value) {
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view line = without_comment(lines_[at_]);
      const std::string_view content = without_blanks(line);
      if (content.empty()) continue;
      const bool is_item = content == "-" || content.starts_with("- ");
      if (indent_of(line) == 0 && !is_item) return;
      if (is_item) {
        value.list.push_back(plain(content.substr(1)));
      } else {
        const auto [key, rest] = key_and_rest(content);
        check(value.map.emplace(key, plain(rest)).second, here(), ": the key \"", key, "\" is there twice");
      }
      check(value.list.empty() || value.map.empty(), here(), ": a list and a map at once");
    }
  }

  // From [ or { to its end, which may be some lines below.
  void read_flow(std::string_view rest, YamlValue& value) {
    const size_t first = at_;
    const bool is_list = rest[0] == '[';
    std::string word;
    char quote = 0;
    rest.remove_prefix(1);
    for (std::string_view line = rest;; line = without_comment(lines_[at_])) {
      for (size_t i = 0; i < line.size(); ++i) {
        const char letter = line[i];
        if (quote) {
          if (letter == quote && quote == '\'' && i + 1 < line.size() && line[i + 1] == quote)
            word += line[i++];  // '' is one '
          else if (letter == quote)
            quote = 0;
        } else if ((letter == '"' || letter == '\'') && (without_blanks(word).empty() || is_quoted_key(word))) {
          quote = letter;
        } else if (letter == ',' || letter == (is_list ? ']' : '}')) {
          add_flow(word, is_list, value);
          word.clear();
          if (letter == ',') continue;
          check(without_blanks(line.substr(i + 1)).empty(), here(), ": text behind \"", letter, "\"");
          ++at_;
          return;
        } else {
          check(letter != '[' && letter != '{', here(), ": a list or map inside another one");
        }
        word += letter;
      }
      word += ' ';
      check(++at_ < lines_.size(), file_, ":", first + 1, ": ", is_list ? "[" : "{", " has no end");
    }
  }

  static bool is_quoted_key(std::string_view word) { return without_blanks(word).ends_with(':'); }

  void add_flow(std::string_view word, bool is_list, YamlValue& value) {
    if (without_blanks(word).empty()) return;
    if (is_list) return value.list.push_back(plain(word));
    const auto [key, rest] = key_and_rest(without_blanks(word));
    check(value.map.emplace(key, plain(rest)).second, here(), ": the key \"", key, "\" is there twice");
  }

  std::vector<std::string_view> lines_;
  std::string file_;
  size_t at_ = 0;
  std::map<std::string, YamlValue> out_;
};

}  // namespace

YoloLabels parse_yolo(std::string_view text) {
  YoloLabels out;
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::vector<std::string_view> words = split_at_blanks(lines[i]);
    if (words.empty()) continue;
    YoloRow row;
    row.line = i + 1;
    const std::optional<double> label = number_in(words[0]);
    if (!label || *label < 0 || *label > INT32_MAX || *label != static_cast<double>(static_cast<int64_t>(*label))) {
      out.complaints.push_back({i + 1, join("\"", words[0], "\" is no number of a class")});
      continue;
    }
    row.label = static_cast<int64_t>(*label);
    for (size_t k = 1; k < words.size(); ++k) {
      const std::optional<double> value = value_in(words[k], row.has_comma_decimals);
      if (!value) {
        out.complaints.push_back({i + 1, join("\"", words[k], "\" is no number")});
        break;
      }
      row.values.push_back(*value);
    }
    if (row.values.size() + 1 == words.size()) out.rows.push_back(std::move(row));
  }
  return out;
}

std::map<std::string, YamlValue> parse_small_yaml(std::string_view utf8, const std::string& file) {
  return YamlReader(utf8, file).read();
}

std::map<std::string, std::string> parse_darknet_data(std::string_view text, const std::string& file) {
  std::map<std::string, std::string> out;
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = without_blanks(lines[i].substr(0, lines[i].find('#')));
    if (line.empty()) continue;
    const size_t equals = line.find('=');
    check(equals != std::string_view::npos, file, ":", i + 1, ": \"", line, "\" is not key = value");
    out[std::string(without_blanks(line.substr(0, equals)))] = without_blanks(line.substr(equals + 1));
  }
  return out;
}

}  // namespace weft
