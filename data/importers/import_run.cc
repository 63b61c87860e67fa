// SPDX-License-Identifier: Apache-2.0
// Problems, pictures, splits and the end of an import; regions and texts are in import_regions.cc.
#include "data/importers/import_run.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <sstream>

#include "base/error.h"
#include "data/image.h"
#include "data/importers/import_run_state.h"
#include "data/manifest.h"
#include "data/tokenizer.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

StoreWriter::Options store_options(const ImportRequest& request, const Importer& settings) {
  return {.name = request.name,
          .licence = settings.licence,
          .shard_bytes = static_cast<uint64_t>(settings.shard_megabytes) << 20};
}

std::optional<std::regex> compiled(const std::string& expression) {
  if (expression.empty()) return std::nullopt;
  try {
    std::regex regex(expression);
    check(regex.mark_count() > 0, "group_from is \"", expression, "\"; wanted parentheses around what is the group");
    return regex;
  } catch (const std::regex_error& error) {
    fail("group_from is \"", expression, "\", which is no regular expression: ", error.what());
  }
}

std::string plain_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '_' && c != '-'; },
      '_');
  return name.empty() || name[0] == '.' || name == "all" ? "split_" + name : name;
}

}  // namespace

ImportRun::Impl::Impl(const ImportRequest& request, const Importer& settings)
    : request(request),
      settings(settings),
      group_from(compiled(settings.group_from)),
      writer(request.dataset, store_options(request, settings)) {}

ImportRun::ImportRun(const ImportRequest& request, const Importer& settings)
    : impl_(std::make_unique<Impl>(request, settings)) {}

ImportRun::~ImportRun() = default;
ImportRun::ImportRun(ImportRun&&) noexcept = default;

bool ImportRun::meet(Problem problem, const std::string& place, const std::string& what, bool can_repair) {
  const std::string& policy = impl_->settings.on.chosen.at(problem);
  if (policy == "refuse") fail(place, ": ", what, "\n  hint: ", hint_for(problem));
  const std::string text = place + ": " + what;
  const bool is_repaired = policy == "repair" && can_repair;
  if (is_repaired)
    impl_->report.repaired[name_of(problem)].push_back(text + "; " + repair_of(problem));
  else
    impl_->report.leave_out(name_of(problem), text);
  return is_repaired;
}

void ImportRun::note(const std::string& text) {
  std::vector<std::string>& notes = impl_->report.notes;
  if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(text);
}

ImportReport& ImportRun::report() {
  return impl_->report;
}

StoreWriter& ImportRun::writer() {
  return impl_->writer;
}

std::optional<std::string> ImportRun::Impl::group_of(const std::string& key, const std::string& named,
                                                     const std::string& place) {
  if (!named.empty()) return named;
  if (!group_from) return std::nullopt;
  group_from_is_used = true;
  std::smatch found;
  check(std::regex_search(key, found, *group_from), place, ": group_from = \"", settings.group_from,
        "\" is nowhere in \"", key, "\"\n  hint: give an expression that every image has, e.g. with |(.*) at its end");
  const auto caught = std::find_if(found.begin() + 1, found.end(), [](const auto& part) { return part.matched; });
  check(caught != found.end() && caught->length() > 0, place, ": group_from = \"", settings.group_from,
        "\" catches nothing of \"", key, "\"");
  return caught->str();
}

std::optional<Added> ImportRun::add_file(const Path& file, const std::string& key, const std::string& place,
                                         const std::string& group) {
  if (find(key)) return add_bytes({}, key, place, group);
  std::error_code error;
  if (!fs::exists(file, error)) {
    meet(Problem::missing_image, place, join("the image ", file.string(), " is not there"));
    return std::nullopt;
  }
  Bytes content;
  try {
    content = read_bytes(file);
  } catch (const Error& problem) {
    meet(Problem::unreadable_image, place, problem.what());
    return std::nullopt;
  }
  return add_bytes(content, key, place, group, file);
}

std::optional<Added> ImportRun::add_bytes(const Bytes& content, const std::string& key, const std::string& place,
                                          const std::string& group, const Path& link_file, uint64_t link_offset) {
  const std::optional<std::string> name = utf8(key, place), named_group = utf8(group, place);
  if (!name || !named_group) return std::nullopt;
  const std::optional<std::string> own_group = impl_->group_of(*name, *named_group, place);
  std::optional<Added> added = find(key);
  if (!added) {
    try {
      read_image_header(content.data(), content.size());
    } catch (const Error& error) {
      meet(Problem::unreadable_image, place, join("cannot read the image ", key, ": ", error.what()));
      return std::nullopt;
    }
    const bool is_linked = impl_->settings.link && !link_file.empty();
    if (impl_->settings.link && !is_linked) note("link=true: images that lie in no file of their own were stored");
    const StoreWriter::Link link{link_file, link_offset};
    const Uid uid = impl_->writer.add(content, *name, own_group.value_or(*name), is_linked ? &link : nullptr);
    const SampleInfo& info = impl_->writer.info(uid);
    added = Added{uid,
                  *name,
                  static_cast<double>(info.upright_width()),
                  static_cast<double>(info.upright_height()),
                  info.orientation,
                  info.views};
  }
  const std::string& group_before = impl_->writer.info(added->uid).group;
  const bool agrees = !own_group || *own_group == group_before;
  if (!agrees && !meet(Problem::conflict, place,
                       join("puts ", key, " into the group \"", *own_group, "\", but ",
                            impl_->writer.info(added->uid).key, ", the same image, is in \"", group_before, "\""),
                       true))
    return std::nullopt;
  impl_->by_key.try_emplace(key, *added);
  return added;
}

std::optional<Added> ImportRun::find(const std::string& key) const {
  const auto place = impl_->by_key.find(key);
  return place == impl_->by_key.end() ? std::nullopt : std::optional(place->second);
}

void ImportRun::put_in_split(const Added& of, const std::string& split, const std::string& place) {
  const std::string name = plain_name(split);
  if (name != split) note(join("the split \"", split, "\" is called ", name));
  const std::string& group = impl_->writer.info(of.uid).group;
  const auto [before, is_new] = impl_->split_of.try_emplace(group, Impl::Put{name, place});
  if (!is_new && before->second.split != name)
    meet(Problem::conflict, place,
         join("puts ", of.key, " into the split ", name, ", but its group \"", group, "\" is in ", before->second.split,
              " by ", before->second.place),
         true);
}

// Whole groups into "held_back", and of the others into "dev".
void ImportRun::Impl::draw_splits() {
  std::vector<std::string> rest = writer.groups();
  const auto draw = [&](const std::string& name, double fraction, uint64_t seed) {
    if (fraction == 0) return;
    const std::vector<std::string>& groups = splits[name] = draw_groups(rest, fraction, seed);
    std::erase_if(rest, [&](const auto& group) { return std::binary_search(groups.begin(), groups.end(), group); });
    if (groups.empty()) report.notes.push_back(name + " is empty: none of so few groups was drawn");
  };
  const auto seed = static_cast<uint64_t>(settings.split_seed);
  draw("held_back", settings.held_back, seed);
  draw("dev", settings.dev, seed + 1);
}

// The user's own splits stand in the place of the source's.
void ImportRun::Impl::read_split_lists() {
  if (settings.split_lists.empty()) return;
  const std::vector<std::string> all = writer.groups();
  const std::set<std::string> groups(all.begin(), all.end());
  split_of.clear();
  for (const std::string& list : settings.split_lists) {
    const size_t equals = list.find('=');
    const std::string name = plain_name(list.substr(0, equals));
    const Path file = list.substr(equals + 1);
    std::istringstream lines(read_text(file));
    std::string group;
    for (int line = 1; std::getline(lines, group); ++line) {
      if (group.empty()) continue;
      const std::string place = join(file.string(), ":", line);
      check(groups.contains(group), place, ": \"", group, "\" is no group of images here; one that is: \"", all.front(),
            "\"\n  hint: group_from=REGEX says what of an image's key is its group");
      const auto [before, is_new] = split_of.try_emplace(group, Put{name, place});
      check(is_new, place, ": puts \"", group, "\" into the split ", name, ", but ", before->second.place, " into ",
            before->second.split);
    }
  }
}

// A hash cuts few groups unevenly, which another seed may mend.
void ImportRun::Impl::cut_folds() {
  const Folds folds{static_cast<uint64_t>(settings.folds), static_cast<uint64_t>(settings.split_seed)};
  writer.set_folds(folds.count, folds.seed);
  if (folds.count == 0) return;
  std::set<std::string> elsewhere;
  for (const auto& [name, groups] : splits) elsewhere.insert(groups.begin(), groups.end());
  std::vector<size_t> sizes(folds.count);
  for (const std::string& group : writer.groups())
    if (!elsewhere.contains(group)) ++sizes[folds.of(group)];
  const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
  if (2 * *least < *most)
    report.notes.push_back(join("the folds are uneven, ", *least, " to ", *most,
                                " groups; split_seed=N with another N cuts them otherwise"));
}

const std::map<std::string, std::vector<std::string>>& ImportRun::settle_splits() {
  if (impl_->splits_are_settled) return impl_->splits;
  impl_->splits_are_settled = true;
  impl_->read_split_lists();
  for (const auto& [group, put] : impl_->split_of)
    if (put.split != "train") impl_->splits[put.split].push_back(group);
  if (impl_->splits.empty()) {
    impl_->draw_splits();
  } else {
    const std::vector<std::string> groups = impl_->writer.groups();
    const auto unnamed = std::count_if(groups.begin(), groups.end(),
                                       [&](const auto& group) { return !impl_->split_of.contains(group); });
    if (unnamed > 0) note(join(unnamed, " groups of images are in no split of the source: they are in train"));
  }
  std::vector<std::pair<std::string, size_t>>& sizes = impl_->report.splits;
  for (const auto& [name, groups] : impl_->splits) impl_->writer.set_split(name, groups);
  impl_->cut_folds();
  sizes.emplace_back("train", impl_->writer.split_size("train"));
  for (const auto& split : impl_->splits) sizes.emplace_back(split.first, impl_->writer.split_size(split.first));
  if (sizes.front().second == 0) note("train is empty: every group is in another split");
  return impl_->splits;
}

ImportReport ImportRun::finish() {
  StoreWriter& writer = impl_->writer;
  ImportReport& report = impl_->report;
  check(writer.size() > 0, impl_->request.source.string(), ": no image was found to import\n", report.text());
  if (impl_->group_from && !impl_->group_from_is_used) note("group_from was not used: the source names the groups");
  settle_splits();
  const Path staged = impl_->request.dataset / "tokenizer.txt.tmp";
  train_tokenizer(writer.train_texts(), static_cast<int>(impl_->settings.tokenizer_merges)).save(staged);
  writer.set_tokenizer(staged);
  writer.finish();
  report.images = writer.size();
  report.merged = writer.merged();
  report.continued = writer.continued();
  report.statements = writer.statements();
  report.already_there = writer.already_there();
  const Path file =
      impl_->settings.report.empty() ? impl_->request.dataset / kReportFile : Path(impl_->settings.report);
  write_atomically(file, report.json());
  return report;
}

std::vector<Path> files_below(const Path& folder) {
  check(fs::is_directory(folder), folder.string(), ": wanted a folder");
  std::vector<Path> files;
  try {
    constexpr auto kFollow = fs::directory_options::follow_directory_symlink;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, kFollow))
      if (!entry.is_directory()) files.push_back(entry.path());
  } catch (const fs::filesystem_error& error) {
    fail(folder.string(), ": cannot list the folder: ", error.what());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace weft
