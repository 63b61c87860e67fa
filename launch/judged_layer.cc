// SPDX-License-Identifier: Apache-2.0
#include "launch/judged_layer.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_map>

#include "base/base64.h"
#include "base/error.h"
#include "data/image.h"

namespace weft {
namespace {

// Rows said POS of a sample in a layer.
void add_rows(const Store& store, uint16_t layer, uint32_t sample, std::set<uint32_t>& rows) {
  for (const TextStatement& said : store.texts(sample))
    if (said.kind == Kind::pos && said.layer == layer) rows.insert(said.row);
}

Image image_of_view(const Tensor& view_CHW) {
  const Tensor rows = view_CHW.permute({1, 2, 0}).contiguous();
  Image image;
  image.width = static_cast<int>(rows.size(1));
  image.height = static_cast<int>(rows.size(0));
  image.channels = 3;
  const uint8_t* first = rows.data_ptr<uint8_t>();
  image.pixels.assign(first, first + rows.numel());
  return image;
}

}  // namespace

JudgedLayer judged_layer(const Store& store, const std::string& layer, const std::vector<uint32_t>& gallery,
                         const std::vector<uint32_t>& train) {
  const auto& names = store.layers();
  const auto place = std::find(names.begin(), names.end(), layer);
  check(place != names.end(), store.folder().string(), ": has no evidence layer \"", layer, "\"; did you mean \"",
        nearest(layer, names), "\"?");
  const auto number = static_cast<uint16_t>(place - names.begin());
  std::set<uint32_t> rows, known;
  for (const uint32_t sample : gallery) add_rows(store, number, sample, rows);
  for (const uint32_t sample : train) add_rows(store, number, sample, known);
  JudgedLayer judged;
  judged.name = layer;
  for (const uint32_t row : rows) {
    if (!train.empty() && !known.count(row)) continue;
    judged.rows.push_back(row);
    judged.texts.push_back(store.vocabulary().text(row));
  }
  check(!judged.rows.empty(), store.folder().string(), ": no text of layer \"", layer, "\" can be judged on ",
        gallery.size(), " images");
  const auto columns = true_columns(store, judged, gallery);
  for (size_t image = 0; image < columns.size(); ++image)
    for (const int64_t text : columns[image]) judged.truth.push_back({static_cast<int64_t>(image), text});
  return judged;
}

std::vector<std::vector<int64_t>> true_columns(const Store& store, const JudgedLayer& layer,
                                               const std::vector<uint32_t>& samples) {
  std::unordered_map<uint32_t, int64_t> column;
  for (size_t i = 0; i < layer.rows.size(); ++i) column.emplace(layer.rows[i], static_cast<int64_t>(i));
  std::vector<std::vector<int64_t>> result;
  for (const uint32_t sample : samples) {
    std::set<int64_t> columns;
    for (const TextStatement& said : store.texts(sample)) {
      const auto found = column.find(said.row);
      if (said.kind == Kind::pos && found != column.end()) columns.insert(found->second);
    }
    result.emplace_back(columns.begin(), columns.end());
  }
  return result;
}

Retrieval judge(const JudgedLayer& layer, const Tensor& scores_NT) {
  const Tensor scores = scores_NT.contiguous();
  const int recall_at[] = {1, 5, 10};
  return judge_retrieval({scores.data_ptr<float>(), static_cast<size_t>(scores.numel())}, scores.size(0),
                         scores.size(1), layer.truth, recall_at);
}

nlohmann::ordered_json galleries_of(const JudgedLayer& layer, const Tensor& scores_NT, const Tensor& views,
                                    const Store& store, const std::vector<uint32_t>& gallery, int64_t texts,
                                    int64_t images) {
  auto list = nlohmann::ordered_json::array();
  const auto judged = static_cast<int64_t>(layer.texts.size());
  std::set<std::pair<int64_t, int64_t>> truth;
  for (const TruePair& pair : layer.truth) truth.insert({pair.image, pair.text});
  std::vector<int64_t> true_images(layer.texts.size());
  for (const TruePair& pair : layer.truth) ++true_images[static_cast<size_t>(pair.text)];
  std::vector<int64_t> shown(layer.texts.size());
  std::iota(shown.begin(), shown.end(), 0);
  std::stable_sort(shown.begin(), shown.end(), [&](int64_t a, int64_t b) {
    return true_images[static_cast<size_t>(a)] > true_images[static_cast<size_t>(b)];
  });
  shown.resize(static_cast<size_t>(std::min(texts, judged)));
  for (const int64_t text : shown) {
    const Tensor score = scores_NT.select(1, text).contiguous();
    const float* value = score.data_ptr<float>();
    std::vector<int64_t> order(static_cast<size_t>(score.numel()));
    for (size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int64_t>(k);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return value[a] > value[b]; });
    nlohmann::ordered_json items = nlohmann::ordered_json::array();
    for (int64_t k = 0; k < std::min<int64_t>(images, score.numel()); ++k) {
      const int64_t image = order[static_cast<size_t>(k)];
      items.push_back({{"key", store.info(gallery[static_cast<size_t>(image)]).key},
                       {"score", value[image]},
                       {"right", truth.count({image, text}) > 0},
                       {"png", base64(encode_png(image_of_view(views.select(0, image))))}});
    }
    list.push_back({{"text", layer.texts[static_cast<size_t>(text)]}, {"items", items}});
  }
  return list;
}

}  // namespace weft
