// SPDX-License-Identifier: Apache-2.0
// SOURCE is a table, or a folder with train.csv, valid.csv and the like, which are its splits.
//   CheXpert       Path and a column per finding: 1 POS, 0 NEG, -1 UNKNOWN (asserted), blank: nothing was said
//   ChestX-ray14   Image Index, Finding Labels (A|B), Patient ID: POS of what is listed, nothing of the rest
// Layer "findings".  Whatever could identify a patient (path, number, sex, age, dates) stays outside: a key is a hash
// of the path, a group a hash of the patient, and places name lines of the table, never files.
#include "data/importers/import_chexpert.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/hash.h"
#include "data/formats/csv.h"
#include "data/importers/import_run.h"
#include "data/importers/table_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

const std::string kNoFinding = "No Finding";
const std::string kSupportDevices = "Support Devices";
const std::vector<std::string> kChexpertFindings = {kNoFinding,         "Enlarged Cardiomediastinum",
                                                    "Cardiomegaly",     "Lung Opacity",
                                                    "Lung Lesion",      "Edema",
                                                    "Consolidation",    "Pneumonia",
                                                    "Atelectasis",      "Pneumothorax",
                                                    "Pleural Effusion", "Pleural Other",
                                                    "Fracture",         kSupportDevices};
const std::vector<std::string> kNihFindings = {
    kNoFinding, "Atelectasis", "Cardiomegaly", "Effusion",           "Infiltration",
    "Mass",     "Nodule",      "Pneumonia",    "Pneumothorax",       "Consolidation",
    "Edema",    "Emphysema",   "Fibrosis",     "Pleural Thickening", "Hernia"};
const std::string kLayer = "findings";

enum class Heard : uint8_t { nothing, pos, neg, unsure };

// The folder or file name "patient00042" of a path.
std::string patient_in(const std::string& path) {
  for (const std::string& part : split_trimmed(path, "/"))
    if (part.starts_with("patient") && part.size() > 7 && part.find_first_not_of("0123456789", 7) == std::string::npos)
      return part;
  return "";
}

class ChexpertRun {
 public:
  ChexpertRun(const ChexpertImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings) {
    check(!settings.link, "link=true would keep paths in the dataset, and paths of such data name patients");
    check(settings.group_from.empty(), "group_from: keys are hashes here; groups are the table's patients");
    for (const std::string& finding : settings.uncertain_pos) check_known("uncertain_pos", finding);
    for (const std::string& finding : settings.uncertain_neg) check_known("uncertain_neg", finding);
  }

  ImportReport go() {
    const bool is_folder = fs::is_directory(request_.source);
    folder_ = (is_folder ? request_.source : request_.source.parent_path()) / settings_.images;
    for (const Path& table : is_folder ? files_in(request_.source, ".csv") : std::vector<Path>{request_.source})
      read(table, is_folder ? table.stem().string() : "");
    if (pictures_without_patient_ > 0)
      run_.note(join(pictures_without_patient_, " pictures name no patient; each is a group of its own"));
    return run_.finish();
  }

 private:
  static void check_known(const std::string& key, const std::string& finding) {
    const auto& known = kChexpertFindings;
    const std::string near = nearest(finding, known);
    check(std::find(known.begin(), known.end(), finding) != known.end(), key, ": there is no finding \"", finding, "\"",
          near.empty() ? "" : "; did you mean \"" + near + "\"?");
  }

  void read(const Path& file, const std::string& split) {
    split_ = split;
    CsvTable table(file);
    if (table.find("Path") >= 0) return read_chexpert(table, file);
    if (table.find("Finding Labels") >= 0) return read_nih(table, file);
    fail(file.string(),
         ":1: wanted the columns \"Path\" and findings (CheXpert), or \"Image Index\" and \"Finding "
         "Labels\" (ChestX-ray14)");
  }

  void declare(const std::vector<std::string>& findings, const CsvTable& table) {
    for (const std::string& finding : findings)
      if (declared_.insert(finding).second) run_.add_class(kLayer, finding, table.place());
  }
  void note_left_out(const Path& file, const CsvTable& table, const std::set<std::string>& used) {
    std::string list;
    for (const std::string& column : table.columns())
      if (!used.contains(column) && !column.empty()) list += (list.empty() ? "" : ", ") + column;
    if (!list.empty()) run_.note(file.filename().string() + ": columns left out: " + list);
  }
  bool is_whole(const CsvTable& table) {
    if (table.problem().empty()) return true;
    // The problem may quote the row, and a row may hold a path or a name.
    run_.meet(Problem::malformed_label, table.place(),
              "the row has another number of fields than the first, or stray quotes");
    return false;
  }

  void read_chexpert(CsvTable& table, const Path& file) {
    const size_t path = table.wanted("Path");
    std::vector<std::pair<size_t, std::string>> findings;
    std::set<std::string> used = {"Path"};
    for (const std::string& finding : kChexpertFindings)
      if (const int column = table.find(finding); column >= 0) {
        findings.emplace_back(column, finding);
        used.insert(finding);
      }
    check(!findings.empty(), file.string(), ":1: none of CheXpert's findings is a column");
    declare(kChexpertFindings, table);
    note_left_out(file, table, used);
    while (table.next()) {
      if (!is_whole(table)) continue;
      const std::string name = trimmed(table.at(path));
      const auto picture = file_of(name);
      const auto of = add(picture, name, patient_in(name), table.place());
      if (of) take_findings(*of, findings, table);
    }
  }

  void take_findings(const Added& of, const std::vector<std::pair<size_t, std::string>>& findings,
                     const CsvTable& table) {
    std::map<std::string, Heard> heard;
    for (const auto& [column, finding] : findings) heard[finding] = heard_in(table.at(column), finding, table.place());
    const bool is_negated = settings_.no_finding_negates && heard[kNoFinding] == Heard::pos;
    for (const auto& [column, finding] : findings) {
      Heard what = heard[finding];
      if (is_negated && what == Heard::nothing && finding != kSupportDevices) what = Heard::neg;
      if (what == Heard::pos) run_.say(kLayer, of, finding, Kind::pos);
      if (what == Heard::neg) run_.say(kLayer, of, finding, Kind::neg);
      if (what == Heard::unsure) run_.say(kLayer, of, finding, Kind::unknown);
    }
  }

  Heard heard_in(const std::string& text, const std::string& finding, const std::string& place) {
    const auto is_in = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), finding) != list.end();
    };
    if (trimmed(text).empty()) return Heard::nothing;
    const double value = number_of(text).value_or(2);
    if (value == 1) return Heard::pos;
    if (value == 0) return Heard::neg;
    if (value == -1)
      return is_in(settings_.uncertain_pos) ? Heard::pos : is_in(settings_.uncertain_neg) ? Heard::neg : Heard::unsure;
    run_.meet(Problem::malformed_label, place, "the value of " + finding + " is none of 1, 0, -1 and blank");
    return Heard::nothing;
  }

  void read_nih(CsvTable& table, const Path& file) {
    const size_t image = table.wanted("Image Index"), labels = table.wanted("Finding Labels");
    const int patient = table.find("Patient ID");
    declare(kNihFindings, table);
    note_left_out(file, table, {"Image Index", "Finding Labels", "Patient ID"});
    if (by_stem_.empty()) by_stem_ = pictures_by_stem(folder_);
    while (table.next()) {
      if (!is_whole(table)) continue;
      const std::string name = trimmed(table.at(image));
      const auto found = by_stem_.find(Path(name).stem().string());
      const auto picture = found == by_stem_.end() ? std::nullopt : std::optional<Path>(found->second);
      const auto of = add(picture, name, patient < 0 ? "" : trimmed(table.at(patient)), table.place());
      if (!of) continue;
      for (std::string finding : split_trimmed(table.at(labels), "|")) {
        std::replace(finding.begin(), finding.end(), '_', ' ');
        if (is_known(finding, table.place())) run_.say_text(kLayer, *of, finding, table.place());
      }
    }
  }
  bool is_known(const std::string& finding, const std::string& place) {
    if (declared_.contains(finding)) return true;
    if (!run_.meet(Problem::unknown_class, place, "the finding \"" + finding + "\" is none of ChestX-ray14's", true))
      return false;
    run_.add_class(kLayer, finding, place);
    return declared_.insert(finding).second;
  }

  // CheXpert's paths begin with the name of the folder that holds the tables, which may be called otherwise here.
  std::optional<Path> file_of(const std::string& name) const {
    std::string rest = name;
    while (true) {
      if (auto file = find_picture(folder_, rest)) return file;
      const size_t slash = rest.find('/');
      if (slash == std::string::npos) return std::nullopt;
      rest.erase(0, slash + 1);
    }
  }

  // Bytes, not files, go to the dataset, so that no message can name a file.
  std::optional<Added> add(const std::optional<Path>& file, const std::string& name, const std::string& patient,
                           const std::string& place) {
    if (!file) {
      run_.meet(Problem::missing_image, place, "the picture of this row is not there");
      return std::nullopt;
    }
    Bytes content;
    try {
      content = read_bytes(*file);
    } catch (const Error&) {
      run_.meet(Problem::unreadable_image, place, "the picture of this row cannot be read");
      return std::nullopt;
    }
    const std::string key = "picture-" + hashed(name);
    if (patient.empty()) ++pictures_without_patient_;
    const auto of = run_.add_bytes(content, key, place, patient.empty() ? key : "patient-" + hashed(patient));
    if (of && !split_.empty()) run_.put_in_split(*of, split_, place);
    return of;
  }
  std::string hashed(const std::string& text) const {
    const std::string salted = settings_.salt + '\0' + text;
    return content_uid(salted.data(), salted.size()).text();
  }

  const ChexpertImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  Path folder_;
  std::string split_;
  std::set<std::string> declared_;
  std::unordered_map<std::string, Path> by_stem_;
  size_t pictures_without_patient_ = 0;
};

}  // namespace

void ChexpertImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("images", images, any, "folder of the pictures, seen from SOURCE's folder");
  visit("salt", salt, any,
        "secret that goes into the hashes of paths and patients; without one, who guesses a path can check the guess");
  visit("no_finding_negates", no_finding_negates, any,
        "\"No Finding\" says NEG of the findings left blank, but Support Devices. Off, for no one said so: it is a "
        "labeller's reading of a report that mentions none of them");
  visit("uncertain_pos", uncertain_pos, any, "findings whose -1 counts as POS");
  visit("uncertain_neg", uncertain_neg, any, "findings whose -1 counts as NEG");
}

ImportReport ChexpertImporter::run(const ImportRequest& request) const {
  return ChexpertRun(*this, request).go();
}

}  // namespace weft
