// SPDX-License-Identifier: Apache-2.0
// The verb `data`: make a dataset, examine one, look at one.
#include "launch/run_data.h"

#include <cstdio>

#include "base/log.h"
#include "configs/recipe.h"
#include "data/check_dataset.h"
#include "data/contact_sheet.h"
#include "data/importers/importers.h"

namespace weft {
namespace {

struct ShowSettings final : Settings {
  std::string split = "all";
  int64_t images = 48;
  int64_t columns = 8;
  int64_t side = 96;
  std::string picture = "contact_sheet.png";
  void fields(Fields& visit) override {
    visit("split", split, not_empty, "which samples");
    visit("images", images, at_least(1), "how many, evenly spread over the split");
    visit("columns", columns, at_least(1), "of the contact sheet");
    visit("side", side, at_least(16), "of one picture, pixels");
    visit("picture", picture, not_empty, "the PNG to write");
  }
};

// Settings from key=value words alone.
void fill_from_words(Settings& settings, const std::vector<std::string>& options) {
  Recipe::parse("", "command line", options).fill(settings);
}

Exit import(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  std::string kinds;
  for (const auto& kind : importers()) kinds += std::string("\n  ") + kind.name + ": " + kind.describe;
  check(words.size() == 3 || words.size() == 4,
        "wanted: weft data import KIND [SOURCE] FOLDER [key=value ...]; kinds:", kinds);
  const std::unique_ptr<Importer> importer = make_importer(words[1]);
  fill_from_words(*importer, options);
  ImportRequest request;
  request.source = words.size() == 4 ? words[2] : "";
  request.dataset = words.back();
  request.name = request.dataset.filename().string();
  log_info(importer->run(request).text());
  return Exit::done;
}

Exit examine(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  check(words.size() == 2, "wanted: weft data check FOLDER [json=true]");
  struct : Settings {
    bool json = false;
    void fields(Fields& visit) override { visit("json", json, any, "print JSON"); }
  } settings;
  fill_from_words(settings, options);
  const DatasetCheck found = check_dataset(words[1]);
  std::puts((settings.json ? found.json() : found.text()).c_str());
  return found.is_sound() ? Exit::done : Exit::user_error;
}

Exit show(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  check(words.size() == 2, "wanted: weft data show FOLDER [split=train images=48 picture=contact_sheet.png]");
  ShowSettings settings;
  fill_from_words(settings, options);
  const Store store(words[1]);
  const std::vector<uint32_t> all = store.split(settings.split);
  check(!all.empty(), words[1], ": split \"", settings.split, "\" is empty");
  const size_t wanted = std::min(all.size(), static_cast<size_t>(settings.images));
  std::vector<uint32_t> samples;
  for (size_t i = 0; i < wanted; ++i) samples.push_back(all[i * all.size() / wanted]);
  for (const uint32_t sample : samples) {
    const SampleInfo& info = store.info(sample);
    std::string line = std::to_string(sample) + "  " + info.key + "  " + std::to_string(info.width) + "x" +
                       std::to_string(info.height) + "  group " + info.group;
    for (const TextStatement& said : store.texts(sample))
      line += "\n    " + store.layers()[said.layer] + ": " + name_of(said.kind) + " \"" +
              store.vocabulary().text(said.row) + "\"";
    std::puts(line.c_str());
  }
  const Image sheet =
      contact_sheet(store, samples, static_cast<int>(settings.columns), static_cast<int>(settings.side));
  write_atomically(settings.picture, encode_png(sheet));
  log_info("contact sheet of ", samples.size(), " images: ", settings.picture);
  return Exit::done;
}

}  // namespace

Exit run_data(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  const std::string what = words.empty() ? "" : words[0];
  if (what == "import") return import(words, options);
  if (what == "check") return examine(words, options);
  if (what == "show") return show(words, options);
  fail("weft data has no \"", what, "\"; wanted import, check or show");
}

}  // namespace weft
