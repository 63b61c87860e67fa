// SPDX-License-Identifier: Apache-2.0
// Pairs (DeepPCB and what is laid out like it): a/1_temp.jpg is the template of a/1_test.jpg, and the boxes of the
// latter are lines `x1 y1 x2 y2 type` (blanks or commas) of 1.txt beside them or in a folder of a's name and _not.
// Both pictures are samples of one group.  Layer "defects": boxes of the tested picture, which are all there are of the
// closed kinds; of the template NEG every kind, and NEG "*": nothing of interest.  Layer "pairs": the tested picture
// has the template (scope pair).
#include "data/importers/import_pairs.h"

#include "base/error.h"
#include "data/formats/label_text.h"
#include "data/importers/label_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefects = "defects";
constexpr const char* kPairs = "pairs";

struct Pair {
  std::string of_template, tested;  // pictures; empty where there is none
};

class PairsRun {
 public:
  PairsRun(const PairsImporter& settings, const ImportRequest& request)
      : settings_(settings), source_(request.source), run_(request, settings) {
    check(fs::is_directory(source_), source_.string(), ": wanted a folder with pairs of pictures");
  }

  ImportReport go() {
    for (const std::string& kind : settings_.kinds) run_.add_class(kDefects, kind, "kinds");
    std::map<std::string, Pair> pairs;
    const Pictures pictures(source_);
    for (const std::string& picture : pictures.all()) {
      const std::string name = without_extension(picture);
      if (name.ends_with(settings_.template_suffix))
        pairs[name.substr(0, name.size() - settings_.template_suffix.size())].of_template = picture;
      else if (name.ends_with(settings_.tested_suffix))
        pairs[name.substr(0, name.size() - settings_.tested_suffix.size())].tested = picture;
      else if (run_.meet(Problem::unlabelled_image, picture, "is neither a template nor tested", true))
        run_.add_file(source_ / picture, picture, picture);
    }
    check(!pairs.empty(), source_.string(), ": no picture is called *", settings_.template_suffix, " or *",
          settings_.tested_suffix, "\n  hint: template_suffix=... and tested_suffix=... say how they are called");
    for (const auto& [name, pair] : pairs) take_pair(name, pair);
    return run_.finish();
  }

 private:
  void take_pair(const std::string& name, const Pair& pair) {
    const std::optional<Added> of_template = add(name, pair.of_template, "template");
    const std::optional<Added> tested = add(name, pair.tested, "tested picture");
    if (of_template) {
      for (const std::string& kind : settings_.kinds) run_.say(kDefects, *of_template, kind, Kind::neg);
      run_.say(kDefects, *of_template, "*", Kind::neg);
    }
    if (!tested) return;
    if (of_template) {
      Record record;
      record.item = tested->uid;
      record.scope = Scope::pair;
      record.concept_row = run_.layer(kPairs).vocabulary().row_of(settings_.relation);
      record.geometry = uid_bytes(of_template->uid);
      run_.add_record(kPairs, std::move(record));
    }
    take_boxes(name, *tested);
  }

  std::optional<Added> add(const std::string& name, const std::string& picture, const char* what) {
    if (picture.empty()) {
      run_.meet(Problem::missing_image, name, join("the pair has no ", what));
      return std::nullopt;
    }
    return run_.add_file(source_ / picture, picture, picture, settings_.group_from.empty() ? name : "");
  }

  void take_boxes(const std::string& name, const Added& of) {
    const Path path = name;
    const Path aside = path.parent_path().string() + "_not";
    std::string file = name + ".txt";
    if (!fs::exists(source_ / file)) file = (aside / path.filename()).generic_string() + ".txt";
    if (!fs::exists(source_ / file)) {
      run_.meet(Problem::unlabelled_image, of.key, join("has no boxes in ", name, ".txt"), true);
      return;
    }
    const size_t before = labels_left_out(run_);
    const std::string text = read_text(source_ / file);
    const std::vector<std::string_view> lines = lines_of(text);
    for (size_t i = 0; i < lines.size(); ++i) {
      std::string line(lines[i]);
      for (char& letter : line)
        if (letter == ',') letter = ' ';
      const std::vector<std::string_view> words = split_at_blanks(line);
      if (!words.empty()) take_box(words, of, static_cast<uint32_t>(i + 1), join(file, ":", i + 1));
    }
    if (settings_.exhaustive) say_complete(run_, kDefects, of, labels_left_out(run_) == before);
  }

  void take_box(const std::vector<std::string_view>& words, const Added& of, uint32_t id, const std::string& place) {
    std::vector<double> numbers;
    for (const std::string_view word : words)
      if (const std::optional<double> number = number_in(word)) numbers.push_back(*number);
    const std::optional<int64_t> kind = whole_number_in(words.back());
    if (words.size() != 5 || numbers.size() != 5 || !kind) {
      run_.meet(Problem::malformed_label, place, "wanted x1 y1 x2 y2 type");
      return;
    }
    if (*kind < 1 || *kind > static_cast<int64_t>(settings_.kinds.size())) {
      run_.meet(Problem::unknown_class, place, join("the type ", *kind, " is none of 1 to ", settings_.kinds.size()));
      return;
    }
    Region region;
    region.concept_text = settings_.kinds[static_cast<size_t>(*kind - 1)];
    region.id = id;
    run_.add_box(kDefects, of, {numbers[0], numbers[1], numbers[2], numbers[3]}, region, place);
  }

  const PairsImporter& settings_;
  Path source_;
  ImportRun run_;
};

}  // namespace

void PairsImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("template_suffix", template_suffix, not_empty, "what the name of a template ends with, before its extension");
  visit("tested_suffix", tested_suffix, not_empty, "what the name of a tested picture ends with");
  visit("kinds", kinds, not_empty, "what the types 1, 2, ... of a box mean");
  visit("relation", relation, not_empty, "what the template is to the tested picture");
  visit("exhaustive", exhaustive, any, "a tested picture holds nothing of the kinds but its boxes");
}

ImportReport PairsImporter::run(const ImportRequest& request) const {
  return PairsRun(*this, request).go();
}

}  // namespace weft
