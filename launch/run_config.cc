// SPDX-License-Identifier: Apache-2.0
#include "launch/run_config.h"

#include "losses/metrics/masks.h"

namespace weft {
namespace {

const Check with_place{"texts with {} in them", nullptr,
                       [](const std::string& text) { return text.find("{}") != std::string::npos; }};

}  // namespace

void RunSettings::fields(Fields& visit) {
  visit("folder", folder, any, "run folder (empty: runs/<name of the recipe>)");
  visit("steps", steps, at_least(1), "steps of the whole run");
  visit("seed", seed, non_negative, "of every random stream");
  visit("log_every", log_every, at_least(1), "steps between lines of metrics.jsonl");
  visit("save_every", save_every, at_least(1), "steps between checkpoints; the last step is always saved");
  visit("save_seconds", save_seconds, non_negative, "also save when this long has passed since the last save (0: no)");
  visit("keep", keep, at_least(1), "newest checkpoints kept");
  visit("keep_every", keep_every, non_negative, "also keep those whose step is a multiple of this (0: none)");
  visit("keep_best", keep_best, non_negative, "also keep so many with the lowest mean loss since the save before");
  visit("skips_allowed", skips_allowed, non_negative,
        "steps in a row that may be skipped for a number that is not finite; one more ends the run (exit 3)");
}

void BatchSettings::fields(Fields& visit) {
  visit("global", global, at_least(2), "images of a step over all ranks");
  visit("micro", micro, non_negative,
        "images that a rank encodes at once (0: its whole share); changes memory, not results");
}

void EngineSettings::fields(Fields& visit) {
  visit("device", device, one_of({"auto", "cpu", "cuda"}),
        "cuda: a GPU for each rank of a host, by its number there; auto: that where this weft has CUDA and sees a GPU, "
        "else cpu");
  visit("precision", precision, one_of({"bf16", "fp32"}),
        "of weights and activations; bf16 keeps f32 master weights, gradients and losses");
  visit("determinism", determinism, one_of({"elastic", "off", "run"}),
        "run: the same command gives the same bits; elastic: so does any number of ranks that divides virtual_ranks, "
        "through any kill and resume; off: neither is promised");
  visit("virtual_ranks", virtual_ranks, non_negative,
        "elastic only: a power of two; a step is computed as if by so many ranks");
  visit("bucket_mib", bucket_mib, positive, "gradients are summed over ranks in runs of this size, under the backward");
  visit("check_every", check_every, non_negative,
        "steps between checks that no weight changed but by an update (0: never)");
  visit("threads", threads, non_negative, "computing threads of a rank (0: cores / ranks of the host; 1 if elastic)");
  visit("thread_ranks", thread_ranks, at_least(1), "ranks as threads of one process, where mpirun did not start it");
  visit("deadline_seconds", deadline_seconds, positive, "longest wait for another rank before the run ends (exit 5)");
  visit("most_logit_scale", most_logit_scale, at_least(1), "the factor on cosines stays in [1, this]");
  visit("faults", faults, not_empty, "faults on purpose, as kind:rank:step[:argument][@point] (docs/CLUSTER.md)");
}

void EvaluateSettings::fields(Fields& visit) {
  visit("split", split, not_empty, "split whose images are ranked");
  visit("layers", layers, not_empty, "evidence layers whose texts are retrieved (none: all)");
  visit("known_layers", known_layers, not_empty,
        "of these, layers of which only texts that training images have as well are judged");
  visit("across", across, not_empty,
        "two layers, e.g. of two languages: the texts of each also rank those of the other, by their embeddings");
  visit("color_baseline_dev", color_baseline_dev, any,
        "also judge a ridge regression from colour histograms on known_layers, its strength chosen on this split "
        "(empty: no)");
  visit("zero_shot", zero_shot, not_empty,
        "layers whose texts are classes: images of which one class is true are classified by the classes' texts");
  visit("verified", verified, not_empty,
        "layers judged text by text (AP, AUROC), over images of which the text is known to be true or not true alone");
  visit("templates", templates, with_place, "what zero_shot and verified ask: sentences with {} for the text");
  visit("synonyms", synonyms, any, "also ask by a text's synonyms and prompts, where the dataset has some");
  visit("probe", probe, any,
        "also judge zero_shot and verified by logistic regression on the frozen features of the training split");
  visit("neighbours", neighbours, any, "also judge zero_shot by the nearest images of the training split");
  visit("dev_split", dev_split, not_empty, "split on which probe and neighbours choose their strength and number");
  visit("specificity", specificity, unit, "of the operating point of verified texts");
  visit("prevalence", prevalence, unit, "at which the precision of that operating point is given");
  visit("clicks", clicks, between(1, kMostClicks), "of a segmenter: clicks on each object, each on the last error");
  visit("zoom", zoom, at_least(1),
        "of a segmenter: it looks at a square of the picture's longer side / this around the first click");
  visit.section("objects", objects, "of a segmenter: which regions are judged");
  visit("gallery_texts", gallery_texts, non_negative, "texts of each layer whose retrieved images the report shows");
  visit("gallery_images", gallery_images, at_least(1), "images shown for each of them");
}

void ResumeSettings::fields(Fields& visit) {
  visit("allow", allow, not_empty, "keys that may differ when a run folder is resumed, e.g. \"run.steps\"");
}

void RunConfig::fields(Fields& visit) {
  visit.section("run", run, "how long, where to, how often");
  visit.section("data", data, "what to train on");
  visit.choose("model", kModels, model, "what to train");
  visit.section("init", init, "which weights it starts with");
  visit.choose_some("loss", kLosses, losses, "what is asked of it");
  visit.section("prompts", prompts, "how a segmenter is asked in training, round by round");
  visit.section("batch", batch, "how many images a step has");
  visit.section("optimizer", optimizer, "AdamW");
  visit.section("schedule", schedule, "the learning rate over the run");
  visit.section("engine", engine, "how it is computed");
  visit.section("evaluate", evaluate, "what `weft evaluate` judges");
  visit.section("resume", resume, "what may change between a start and the next");
}

}  // namespace weft
