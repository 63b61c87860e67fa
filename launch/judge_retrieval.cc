// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/mv.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "launch/color_ridge.h"
#include "launch/evaluation.h"
#include "launch/judged_layer.h"
#include "launch/shares.h"
#include "launch/views.h"
#include "losses/metrics/retrieval.h"

namespace weft {
namespace {

constexpr int kRecallAt[] = {1, 5, 10};
constexpr int kRidgeDraws = 4;
constexpr const char* kRidgeName = "ridge on colours";
constexpr double kRidgeStrengths[] = {1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3};

// Rows of gathered numbers, one a query, and back.
std::vector<double> packed(const Ranking& ranking) {
  std::vector<double> numbers;
  for (size_t q = 0; q < ranking.queries.size(); ++q) {
    numbers.push_back(static_cast<double>(ranking.queries[q]));
    for (const auto* column :
         {&ranking.average_precision, &ranking.chance, &ranking.first_place, &ranking.chance_first_place})
      numbers.push_back((*column)[q]);
    for (const int k : kRecallAt) numbers.push_back(ranking.hit.at(k)[q]);
    for (const int k : kRecallAt) numbers.push_back(ranking.chance_hit.at(k)[q]);
  }
  return numbers;
}

Ranking unpacked(const std::vector<double>& numbers) {
  Ranking ranking;
  for (const int k : kRecallAt) ranking.hit[k], ranking.chance_hit[k];
  for (auto next = numbers.begin(); next != numbers.end();) {
    ranking.queries.push_back(static_cast<int64_t>(*next++));
    for (auto* column :
         {&ranking.average_precision, &ranking.chance, &ranking.first_place, &ranking.chance_first_place})
      column->push_back(*next++);
    for (const int k : kRecallAt) ranking.hit[k].push_back(*next++);
    for (const int k : kRecallAt) ranking.chance_hit[k].push_back(*next++);
  }
  return ranking;
}

// On every rank the figures of all queries, of which each judged its share.
Ranking rank_all(const Tensor& query_QD, const Tensor& candidate_CD, const std::vector<std::vector<int64_t>>& truth,
                 Comm& comm) {
  Ranking mine;
  for_my_tiles(query_QD, candidate_CD, comm, [&](int64_t first, std::span<const float> scores) {
    rank_queries(scores, candidate_CD.size(0), first, truth, kRecallAt, mine);
  });
  return unpacked(gather_numbers(packed(mine), comm));
}

struct Retrieval {
  Ranking text_to_image, image_to_text;
};

Retrieval retrieve(const Tensor& image_ND, const Tensor& text_TD, const JudgedLayer& layer, Comm& comm) {
  return {rank_all(text_TD, image_ND, layer.images_of, comm), rank_all(image_ND, text_TD, layer.texts_of, comm)};
}

// The ridge's figures on the gallery, its strength chosen by text -> image mAP on another split.
Retrieval judge_ridge(const Evaluated& e, const JudgedLayer& layer) {
  const std::string& dev_split = e.config.evaluate.color_baseline_dev;
  const std::vector<uint32_t> dev = e.store.split(dev_split);
  const auto histograms = [&](const std::vector<uint32_t>& samples) {
    return color_histograms(e.store, samples, e.view_size(), 0, e.comm);
  };
  const auto fit = [&](const JudgedLayer& of) {
    return ColorRidge(e.store, e.train, e.view_size(), kRidgeDraws, true_texts(e.known, of, e.train),
                      static_cast<int64_t>(of.texts.size()), e.comm);
  };
  const JudgedLayer dev_layer = judged_layer(e.store, e.known, layer.name, dev, e.train);
  const ColorRidge on_dev = fit(dev_layer);
  const Tensor dev_images = on_dev.centred(histograms(dev));
  double best = -1, strength = 0;
  for (const double candidate : kRidgeStrengths) {
    const Ranking ranking = rank_all(on_dev.weights(candidate), dev_images, dev_layer.images_of, e.comm);
    const double map = mean_of(ranking.average_precision);
    if (map > best) best = map, strength = candidate;
  }
  log_info("ridge on colours: strength ", strength, " chosen on ", dev_split, " (mAP ", best, ")");
  const ColorRidge ridge = fit(layer);
  return retrieve(ridge.centred(histograms(e.images)), ridge.weights(strength), layer, e.comm);
}

void add_direction(const std::string& layer, const char* name, const char* title, const Ranking& ours,
                   const Ranking* ridge, Findings& findings) {
  const auto add = [&](const std::string& figure, const std::string& words, auto column, auto chance,
                       Statistic statistic = mean_of) {
    Figure out{.group = "Retrieval",
               .name = join(layer, ".", name, "_", figure),
               .title = join(layer, ": ", title, words),
               .values = column(ours),
               .chance = statistic(chance(ours)),
               .statistic = statistic,
               .lower_is_better = statistic == median_of};
    if (ridge) out.baselines[kRidgeName] = statistic(column(*ridge));
    findings.add(std::move(out));
  };
  add("map", " mAP", [](const Ranking& r) { return r.average_precision; }, [](const Ranking& r) { return r.chance; });
  for (const int k : kRecallAt)
    add(
        join("recall@", k), join(" recall@", k), [k](const Ranking& r) { return r.hit.at(k); },
        [k](const Ranking& r) { return r.chance_hit.at(k); });
  add(
      "median_rank", " median rank", [](const Ranking& r) { return r.first_place; },
      [](const Ranking& r) { return r.chance_first_place; }, median_of);
}

void add_queries(const JudgedLayer& layer, const Retrieval& ours, const Retrieval* ridge, Findings& findings) {
  Json& queries = findings.queries[layer.name];
  for (size_t q = 0; q < ours.text_to_image.queries.size(); ++q) {
    Json& row = queries[layer.texts[static_cast<size_t>(ours.text_to_image.queries[q])]];
    row["weft"] = ours.text_to_image.average_precision[q];
    if (ridge) row[kRidgeName] = ridge->text_to_image.average_precision[q];
  }
}

// The best images of the texts that are true of most images, with their pictures.
void add_galleries(const Evaluated& e, const JudgedLayer& layer, const Tensor& text_TD, Findings& findings) {
  std::vector<size_t> shown(layer.texts.size());
  std::iota(shown.begin(), shown.end(), 0);
  std::stable_sort(shown.begin(), shown.end(),
                   [&](size_t a, size_t b) { return layer.images_of[a].size() > layer.images_of[b].size(); });
  shown.resize(std::min(shown.size(), static_cast<size_t>(e.config.evaluate.gallery_texts)));
  for (const size_t text : shown) {
    const Tensor scores = at::mv(e.image_ND, text_TD.select(0, static_cast<int64_t>(text))).contiguous();
    const float* score = scores.data_ptr<float>();
    std::vector<int64_t> order(e.images.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return score[a] > score[b]; });
    order.resize(std::min(order.size(), static_cast<size_t>(e.config.evaluate.gallery_images)));
    Json items = Json::array();
    for (const int64_t image : order) {
      const uint32_t sample = e.images[static_cast<size_t>(image)];
      const auto& true_images = layer.images_of[text];
      items.push_back({{"key", e.store.info(sample).key},
                       {"score", score[image]},
                       {"right", std::find(true_images.begin(), true_images.end(), image) != true_images.end()},
                       {"png", picture_of(e, sample)}});
    }
    findings.galleries.push_back({{"text", layer.texts[text]}, {"items", items}});
  }
}

bool is_known(const Evaluated& e, const std::string& layer) {
  const auto& layers = e.config.evaluate.known_layers;
  return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

JudgedLayer judged(const Evaluated& e, const std::string& layer) {
  return judged_layer(e.store, e.known, layer, e.images, is_known(e, layer) ? e.train : std::vector<uint32_t>());
}

// A layer's judged texts that the tokenizer spells like none of the other's.
std::vector<size_t> unlike(const Evaluated& e, const JudgedLayer& layer, const JudgedLayer& other) {
  const auto ids = [&](const std::string& text) { return e.tokenizer.encode(text, e.model.context()); };
  std::set<std::vector<int32_t>> theirs;
  for (const std::string& text : other.texts) theirs.insert(ids(text));
  std::vector<size_t> places;
  for (size_t i = 0; i < layer.texts.size(); ++i)
    if (!theirs.contains(ids(layer.texts[i]))) places.push_back(i);
  return places;
}

std::vector<std::string> texts_at(const JudgedLayer& layer, const std::vector<size_t>& places) {
  std::vector<std::string> texts;
  for (const size_t place : places) texts.push_back(layer.texts[place]);
  return texts;
}

}  // namespace

void judge_across(const Evaluated& e, const std::string& from, const std::string& to, Findings& findings) {
  const JudgedLayer query_layer = judged(e, from), candidate_layer = judged(e, to);
  const std::vector<size_t> queries = unlike(e, query_layer, candidate_layer),
                            candidates = unlike(e, candidate_layer, query_layer);
  check(!queries.empty() && !candidates.empty(), e.store.folder().string(), ": of the layers \"", from, "\" and \"", to,
        "\" no texts are left that can be judged on ", e.images.size(), " images and are not the same");
  std::vector<std::vector<int64_t>> truth;  // candidates of which an image has both
  for (const size_t query : queries) {
    const std::vector<int64_t>& images = query_layer.images_of[query];
    std::vector<int64_t>& both = truth.emplace_back();
    for (size_t c = 0; c < candidates.size(); ++c) {
      const std::vector<int64_t>& others = candidate_layer.images_of[candidates[c]];
      if (std::find_first_of(images.begin(), images.end(), others.begin(), others.end()) != images.end())
        both.push_back(static_cast<int64_t>(c));
    }
  }
  const std::vector<std::string> texts = texts_at(query_layer, queries);
  const Ranking ours =
      rank_all(embed_texts(e.model, e.tokenizer, texts, e.comm),
               embed_texts(e.model, e.tokenizer, texts_at(candidate_layer, candidates), e.comm), truth, e.comm);
  if (!e.comm.is_first()) return;
  const std::string name = join(from, " to ", to);
  add_direction(name, "text_to_text", "text → text", ours, nullptr, findings);
  for (size_t q = 0; q < ours.queries.size(); ++q)
    findings.queries[name][texts[static_cast<size_t>(ours.queries[q])]]["weft"] = ours.average_precision[q];
}

void judge_retrieval(const Evaluated& e, const std::string& name, bool is_required, Findings& findings) {
  const bool known = is_known(e, name);
  const JudgedLayer layer = judged(e, name);
  if (layer.rows.empty()) {
    check(!is_required, e.store.folder().string(), ": no text of layer \"", name, "\" can be judged on ",
          e.images.size(), " images");
    log_info("layer ", name, " says nothing of these images that could be retrieved");
    return;
  }
  const Tensor text_TD = embed_texts(e.model, e.tokenizer, layer.texts, e.comm);
  const Retrieval ours = retrieve(e.image_ND, text_TD, layer, e.comm);
  const bool has_ridge = known && !e.config.evaluate.color_baseline_dev.empty();
  const Retrieval ridge = has_ridge ? judge_ridge(e, layer) : Retrieval();
  if (!e.comm.is_first()) return;
  const Retrieval* beside = has_ridge ? &ridge : nullptr;
  add_direction(name, "text_to_image", "text → image", ours.text_to_image, beside ? &beside->text_to_image : nullptr,
                findings);
  add_direction(name, "image_to_text", "image → text", ours.image_to_text, beside ? &beside->image_to_text : nullptr,
                findings);
  add_queries(layer, ours, beside, findings);
  add_galleries(e, layer, text_TD, findings);
  findings.texts += layer.texts.size();
}

}  // namespace weft
