// SPDX-License-Identifier: Apache-2.0
#include "launch/show_data.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/log.h"
#include "configs/recipe.h"
#include "data/check_dataset.h"
#include "data/contact_sheet.h"
#include "data/draw_evidence.h"
#include "launch/data_page.h"

namespace weft {
namespace {

struct ExamineSettings final : Settings {
  bool json = false;
  std::string html;
  int64_t threads = 0;
  int64_t near_bits = 4;
  int64_t concepts = 20;
  int64_t shuffle = 0;
  void fields(Fields& visit) override {
    visit("json", json, any, "print JSON instead of text");
    visit("html", html, any, "write a page, pictures included, to this file");
    visit("threads", threads, non_negative, "that decode; 0: one a core");
    visit("near_bits", near_bits, between(0, 16), "of 64, by which the hashes of pictures that look alike may differ");
    visit("concepts", concepts, non_negative, "most texts in the printed table");
    visit("shuffle", shuffle, non_negative, "examine the order of batches of this size; 0: do not");
  }
};

struct ShowSettings final : Settings {
  std::string split = "all";
  std::string sample;
  int64_t images = 12;
  int64_t columns = 4;
  int64_t side = 320;
  int64_t slice = -1;
  bool evidence = true;
  std::string picture = "contact_sheet.png";
  std::string each;
  void fields(Fields& visit) override {
    visit("split", split, not_empty, "which samples");
    visit("sample", sample, any, "one sample by its key, uid or #number; empty: some of the split");
    visit("images", images, at_least(1), "how many, evenly spread over the split");
    visit("columns", columns, at_least(1), "of the contact sheet");
    visit("side", side, between(16, 8192), "longer side of one picture, pixels");
    visit("slice", slice, at_least(-1), "of volumes; -1: the one of which most is said");
    visit("evidence", evidence, any, "draw what is said onto the pictures");
    visit("picture", picture, any, "the PNG to write: a contact sheet");
    visit("each", each, any, "a folder for one PNG a sample instead");
  }
};

uint32_t sample_named(const Store& store, const std::string& name) {
  for (uint32_t i = 0; i < store.size(); ++i)
    if (store.info(i).key == name || store.info(i).uid.text() == name) return i;
  uint32_t number = 0;
  const char* end = name.data() + name.size();
  if (name.starts_with('#') && std::from_chars(name.data() + 1, end, number).ptr == end && number < store.size())
    return number;
  std::vector<std::string> keys;
  for (uint32_t i = 0; i < store.size(); ++i) keys.push_back(store.info(i).key);
  const std::string near = nearest(name, keys);
  fail(store.folder().string(), ": has no sample \"", name, "\"; wanted a key, a uid or #0 .. #", store.size() - 1,
       near.empty() ? "" : "; did you mean \"" + near + "\"?");
}

std::vector<uint32_t> chosen(const Store& store, const ShowSettings& settings) {
  if (!settings.sample.empty()) return {sample_named(store, settings.sample)};
  const std::vector<uint32_t> all = store.split(settings.split);
  check(!all.empty(), store.folder().string(), ": split \"", settings.split, "\" is empty");
  const size_t wanted = std::min(all.size(), static_cast<size_t>(settings.images));
  std::vector<uint32_t> samples;
  for (size_t i = 0; i < wanted; ++i) samples.push_back(all[i * all.size() / wanted]);
  return samples;
}

void print_sample(const Store& store, uint32_t sample, uint32_t view) {
  const SampleInfo& info = store.info(sample);
  std::string text = join("#", sample, "  ", info.key, "  ", info.upright_width(), "x", info.upright_height(),
                          "  group ", info.group, info.views > 1 ? join("  slice ", view, " of ", info.views) : "");
  for (const ShownStatement& statement : statements_of(store, sample, view)) {
    const Record& first = statement.records.front();
    text += join("\n    ", store.layers()[first.source], ": ", statement.look->name, " ", name_of(first.scope),
                 first.id != 0 ? join(" ", first.id) : "", first.parent != 0 ? join(" of ", first.parent) : "", "  ",
                 statement.text);
  }
  std::puts(text.c_str());
}

}  // namespace

Exit examine_data(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  check(words.size() == 2, "wanted: weft data check FOLDER [json=true html=FILE shuffle=BATCH]");
  ExamineSettings settings;
  Recipe::parse("", "command line", options).fill(settings);
  const DatasetCheck found = check_dataset(words[1], {.threads = static_cast<int>(settings.threads),
                                                      .near_bits = static_cast<int>(settings.near_bits),
                                                      .shuffle_batch = settings.shuffle});
  std::puts((settings.json ? found.json() : found.text(static_cast<size_t>(settings.concepts))).c_str());
  if (!settings.html.empty()) write_atomically(settings.html, data_page(found, Store(words[1])));
  return found.is_sound() ? Exit::done : Exit::user_error;
}

Exit show_data(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  check(words.size() == 2,
        "wanted: weft data show FOLDER [split=train images=12 sample=KEY picture=out.png each=FOLDER]");
  ShowSettings settings;
  Recipe::parse("", "command line", options).fill(settings);
  const Store store(words[1]);
  const std::vector<uint32_t> samples = chosen(store, settings);
  CardSettings card{.side = static_cast<int>(settings.side), .evidence = settings.evidence};
  if (settings.slice >= 0) card.view = static_cast<uint32_t>(settings.slice);
  for (const uint32_t sample : samples) print_sample(store, sample, card.view.value_or(telling_view(store, sample)));
  if (settings.each.empty()) {
    write_atomically(settings.picture,
                     encode_png(contact_sheet(store, samples, static_cast<int>(settings.columns), card)));
    log_info(samples.size(), " samples: ", settings.picture);
    return Exit::done;
  }
  make_folder(settings.each);
  for (const uint32_t sample : samples) {
    char name[32];
    std::snprintf(name, sizeof name, "%08u.png", sample);
    write_atomically(Path(settings.each) / name, encode_png(contact_sheet(store, {sample}, 1, card)));
  }
  log_info(samples.size(), " pictures in ", settings.each);
  return Exit::done;
}

}  // namespace weft
