// SPDX-License-Identifier: Apache-2.0
// DICOM files below a folder to volumes, one per series (SeriesInstanceUID) and kind of picture in it.  Nothing that
// identifies a patient leaves the files: a volume is called series-<hash>, its group patient-<hash>, by SHA-256 of a
// salt and the identifier; and because file names may hold names too, places are numbers: file 17 is the 17th of `find
// SOURCE -type f | LC_ALL=C sort`.
#include "data/importers/import_dicom.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "data/formats/dicom.h"
#include "data/formats/sha256.h"
#include "data/importers/import_run.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

struct Found {
  size_t number;  // from 1
  Path path;
};

struct Series {
  std::string patient, study;
  std::vector<Found> files;
};

std::string hashed(const std::string& salt, const std::string& kind, const std::string& identifier) {
  constexpr size_t kDigits = 16;
  return kind + "-" + sha256(join(salt, '\0', kind, '\0', identifier)).substr(0, kDigits);
}

std::vector<Found> list_files(const Path& source) {
  std::vector<Path> paths = fs::is_directory(source) ? files_below(source) : std::vector<Path>{source};
  std::sort(paths.begin(), paths.end(), [](const Path& a, const Path& b) { return a.native() < b.native(); });
  std::vector<Found> files;
  for (const Path& path : paths) files.push_back({files.size() + 1, path});
  return files;
}

class DicomRun {
 public:
  DicomRun(const DicomImporter& settings, const ImportRequest& request)
      : settings_(settings), run_(request, settings), files_(list_files(request.source)) {}

  ImportReport go() {
    for (const Found& file : files_) sort_in(file);
    for (auto& [uid, series] : series_) salt_ += uid + "\n";
    for (auto& [uid, series] : series_) take(uid, series);
    return run_.finish();
  }

 private:
  std::string place_of(const Found& file) const { return join("file ", file.number, " of ", files_.size()); }

  // Elements; nothing where the file is left out.
  std::optional<DicomFile> open(const Found& file) {
    Bytes content;
    try {
      content = read_bytes(file.path);
    } catch (const Error&) {  // whose message has the file's name
      run_.meet(Problem::unreadable_image, place_of(file), "the file cannot be opened");
      return std::nullopt;
    }
    if (!is_dicom(content.data(), content.size())) {
      run_.report().leave_out("no DICOM file", place_of(file));
      return std::nullopt;
    }
    try {
      return read_dicom_elements(std::move(content));
    } catch (const Error& error) {
      run_.meet(Problem::unreadable_image, place_of(file), error.what());
      return std::nullopt;
    }
  }

  void sort_in(const Found& file) {
    const std::optional<DicomFile> dicom = open(file);
    if (!dicom) return;
    if (!has_pixels(*dicom)) return run_.report().leave_out("a DICOM object without pixels", place_of(file));
    if (is_said_burned_in(*dicom) && settings_.burned_in != "keep") {
      check(settings_.burned_in == "skip", place_of(file), ": its pixels are said to show names or dates",
            "\n  hint: burned_in=skip leaves such files out, burned_in=keep takes them");
      return run_.report().leave_out("its pixels are said to show names or dates", place_of(file));
    }
    DicomIdentity identity = identity_of(*dicom);
    if (identity.series.empty()) identity.series = join("file ", file.number);  // a series of its own
    Series& series = series_[identity.series];
    series.patient = identity.patient;
    series.study = identity.study;
    series.files.push_back(file);
  }

  void take(const std::string& uid, const Series& series) {
    const std::string& salt = settings_.salt.empty() ? salt_ : settings_.salt;
    const std::string name = hashed(salt, "series", uid);
    std::vector<DicomImage> images;
    for (const Found& file : series.files) {
      const std::optional<DicomFile> dicom = open(file);
      if (!dicom) continue;
      try {
        images.push_back(read_dicom(*dicom));
      } catch (const Error& error) {
        run_.meet(Problem::unreadable_image, join(name, ", ", place_of(file)), error.what());
      }
    }
    const std::string group = group_of(series, salt, name);
    const std::vector<DicomStack> stacks = stack_frames(std::move(images));
    for (size_t i = 0; i < stacks.size(); ++i)
      take_stack(stacks[i], stacks.size() == 1 ? name : join(name, "-", i + 1), group);
    if (stacks.size() > 1)
      run_.note(join(name, " holds pictures of ", stacks.size(), " sizes, spacings or directions: a volume each"));
  }

  std::string group_of(const Series& series, const std::string& salt, const std::string& name) const {
    if (settings_.group_by == "patient" && !series.patient.empty()) return hashed(salt, "patient", series.patient);
    if (settings_.group_by != "series" && !series.study.empty()) return hashed(salt, "study", series.study);
    return name;
  }

  void take_stack(const DicomStack& stack, const std::string& key, const std::string& group) {
    for (const std::string& note : stack.notes) run_.note(join(key, ": ", note));
    if (stack.same_place > 0 &&
        !run_.meet(Problem::conflict, key, join(stack.same_place, " slices lie where another one lies"), true))
      return;
    in_context([&] { run_.add_bytes(encode_volume(stack.volume), key, key, group); }, "adding ", key);
  }

  const DicomImporter& settings_;
  ImportRun run_;
  std::vector<Found> files_;
  std::map<std::string, Series> series_;
  std::string salt_;  // where none was given: all series' identifiers, which leave the files no more than others do
};

}  // namespace

void DicomImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("salt", salt, any,
        "a secret of yours that goes into every hash: the same salt names the same series and patients alike in every "
        "import; empty: one made of the identifiers of all series, so that other files have other names");
  visit("group_by", group_by, one_of({"patient", "study", "series"}),
        "what must not straddle a split; a file without the identifier falls to the next one");
  visit("burned_in", burned_in, one_of({"skip", "keep", "refuse"}),
        "files whose pixels are said to show names or dates (BurnedInAnnotation)");
}

ImportReport DicomImporter::run(const ImportRequest& request) const {
  return DicomRun(*this, request).go();
}

}  // namespace weft
