// SPDX-License-Identifier: Apache-2.0
#include "trainer/trainer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "trainer/device.h"
#include "trainer/gather.h"
#include "trainer/texts.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

// Adds the time of its life to a sum.
class Timer {
 public:
  explicit Timer(double& sum) : sum_(sum) {}
  ~Timer() { sum_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  double& sum_;
  Clock::time_point start_ = Clock::now();
};

// Runs body; false where memory ran out in it.
template <class Body>
bool fits_in_memory(const Body& body) {
  try {
    body();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const c10::OutOfMemoryError&) {
    return false;
  } catch (const c10::Error& error) {  // LibTorch's allocator for CPUs has no type of its own
    if (std::string(error.what()).find("DefaultCPUAllocator") == std::string::npos) throw;
    return false;
  }
}

// For the fault plan: in the first weight that this rank owns.
void flip_a_bit(FlatParameters& flat) {
  const int width = flat.precision() == Precision::bf16 ? 2 : 4;
  std::byte* const place = flat.exchange().leaves() + flat.layout().piece(0, flat.rank()).begin * width;
  std::byte value{};
  copy_to_host(flat.device(), &value, place, 1);
  value ^= std::byte{1};
  copy_from_host(flat.device(), place, &value, 1);
}

Range part_of(Range whole, int64_t i, int64_t parts) {
  const Range part = share_of(whole.size(), static_cast<int>(i), static_cast<int>(parts));
  return {whole.begin + part.begin, whole.begin + part.end};
}

}  // namespace

Learner::Learner(std::unique_ptr<Model> m, const FlatSettings& flat_settings, const OptimizerSettings& settings,
                 Comm& comm)
    : model(std::move(m)),
      groups(group_parameters(model->parameters(), settings)),
      flat(model->parameters(), flat_settings, comm),
      optimizer(flat, settings, groups) {}

Trainer::Trainer(Learner& learner, std::vector<std::unique_ptr<Loss>> losses, OptimizerSettings optimizer,
                 ScheduleSettings schedule, StepSettings step, Comm& comm)
    : learner_(learner),
      losses_(std::move(losses)),
      optimizer_(std::move(optimizer)),
      schedule_(std::move(schedule)),
      step_(std::move(step)),
      comm_(comm),
      reducer_(learner.flat),
      guard_(learner.flat, comm) {
  for (const auto& loss : losses_)
    check(loss->couples() == Couples::batch,
          "this trainer takes losses that couple the batch; found one that does not");
}

StepReport Trainer::take(Batch& batch, const StepInput& input) {
  for (;;) {
    StepReport report;
    report.lr = learning_rate(schedule_, optimizer_.lr, batch.step, step_.steps);
    if (attempt(batch, input, report) == Outcome::taken) return report;
    halve_micro_batch(batch);
  }
}

Trainer::Outcome Trainer::attempt(Batch& batch, const StepInput& input, StepReport& report) {
  const Clock::time_point start = Clock::now();
  learner_.flat.exchange().take_times();
  std::vector<Piece> pieces = pieces_of(batch);
  comm_.tell("forward", batch.step, input.sample);
  fault::at("forward", batch.step);
  if (fault::due("desync", batch.step)) comm_.barrier();
  const bool encoded = encode(batch, pieces);
  if (!agree(batch, input, encoded, report)) return Outcome::out_of_memory;
  const PairFeatures features = gather(batch, pieces, report);
  const Judgement judgement = judge(batch, features, report);
  comm_.tell("backward", batch.step, input.sample);
  fault::at("backward", batch.step);
  const bool went_back = go_back(batch, pieces, judgement);
  const auto times = learner_.flat.exchange().take_times();
  report.hidden_seconds = times.hidden;
  report.exposed_seconds = times.exposed;
  if (fault::due("flip", batch.step)) flip_a_bit(learner_.flat);
  if (checks_weights(batch.step)) guard_.verify();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!agree_after(went_back, seconds - report.control_seconds - times.exposed, input, report))
    return Outcome::out_of_memory;
  comm_.tell("update", batch.step, input.sample);
  fault::at("update", batch.step);
  if (step_.before_update) step_.before_update();
  update(input.updates, report);
  if (checks_weights(batch.step + 1)) guard_.note();
  return Outcome::taken;
}

// Images of each virtual rank are cut into runs of at most micro_batch, and texts into as many.
std::vector<Trainer::Piece> Trainer::pieces_of(const Batch& batch) const {
  // The number of runs follows from the virtual rank with the most images, so that every rank takes the same path.
  const int64_t world = learner_.flat.layout().virtual_ranks, each = reducer_.virtual_ranks();
  const int64_t most = (static_cast<int64_t>(batch.picks.size()) + world - 1) / world;
  const int64_t size = step_.micro_batch > 0 ? step_.micro_batch : most;
  const int64_t runs = (most + size - 1) / size;
  const auto share = [&](int64_t count, int64_t j) {
    return share_of(count, static_cast<int>(comm_.rank() * each + j), static_cast<int>(world));
  };
  std::vector<Piece> pieces;
  for (int64_t j = 0; j < each; ++j) {
    const Range images = share(static_cast<int64_t>(batch.picks.size()), j);
    const Range texts = share(static_cast<int64_t>(batch.tokens.size()), j);
    for (int64_t i = 0; i < runs; ++i)
      pieces.push_back({static_cast<int>(j), part_of(images, i, runs), part_of(texts, i, runs), {}, {}});
  }
  return pieces;
}

namespace {

// The first view of some images of this rank, 0 .. 255; of one channel, all three are alike.
Tensor pixels_of(const Batch& batch, Range images) {
  const int64_t side = batch.image_size, skipped = images.begin - batch.images.begin;
  const bool wide = !batch.values.empty();
  const int64_t channels = wide ? batch.channels : 3, one = channels * side * side;
  check(channels == 1 || channels == 3, "step ", batch.step, ": the images have ", channels,
        " channels; models take 1 or 3\nhint: data.window chooses what of a volume is shown");
  const std::vector<int64_t> shape = {images.size(), channels, side, side};
  if (!wide) return at::from_blob(const_cast<uint8_t*>(batch.pixels.data()) + skipped * one, shape, at::kByte);
  const Tensor values = at::from_blob(const_cast<float*>(batch.values.data()) + skipped * one, shape, at::kFloat);
  return values.mul(255).expand({images.size(), 3, side, side});
}

}  // namespace

void Trainer::encode_piece(const Batch& batch, Range images, Range texts, Tensor& image_features,
                           Tensor& text_features) const {
  const Model& model = *learner_.model;
  const auto draws = [&](Range rows) { return Draws{true, step_.seed, batch.step, rows.begin, {}}; };
  // What is encoded a second time is for the way back, which a frozen tower does not have.
  if (images.size() > 0 && (image_tower_trains_ || !image_features.defined())) {
    const Tensor pixels = pixels_of(batch, images).to(model.logit_scale().value.device());
    image_features = model.encode(pixels, draws(images));
  }
  if (texts.size() > 0 && (text_tower_trains_ || !text_features.defined()))
    text_features = embed_trimmed(model, batch.tokens, texts, draws(texts));
}

// With one run for each virtual rank the graph is kept for go_back(); with several, what is encoded here is encoded
// again there, so that the memory is that of one run.
bool Trainer::encode(const Batch& batch, std::vector<Piece>& pieces) const {
  const bool keeps_graph = static_cast<int>(pieces.size()) == reducer_.virtual_ranks();
  return fits_in_memory([&] {
    if (fault::due("oom", batch.step)) throw std::bad_alloc();
    at::AutoGradMode mode(keeps_graph);
    for (Piece& p : pieces) encode_piece(batch, p.images, p.texts, p.image_features, p.text_features);
  });
}

// The control exchange before the backward: who ran out of memory, who wants to stop, which images nobody can judge.
// False where the step must be taken again.
bool Trainer::agree(Batch& batch, const StepInput& input, bool encoded, StepReport& report) {
  const Timer timer(report.control_seconds);
  constexpr size_t kFlags = 4;
  std::vector<float> flags(kFlags + batch.picks.size(), 0.f);
  flags[0] = !encoded;
  flags[1] = input.stop;
  flags[2] = input.save_due;
  flags[3] = -static_cast<float>(input.save_state);
  constexpr int kUnreadable = 1, kReplaced = 2;  // plus which replacement
  for (const Damage& damage : batch.damaged) {
    const bool is_replaced = damage.attempt != Damage::kNone;
    flags[kFlags + static_cast<size_t>(damage.position)] =
        static_cast<float>(is_replaced ? kReplaced + damage.attempt : kUnreadable);
    log_warning("step ", batch.step,
                is_replaced ? ": another image took the place of one: " : ": left out an image: ", damage.reason);
  }
  comm_.all_reduce(flags, Comm::Op::max);
  if (flags[0] > 0) return false;
  report.stop_agreed = flags[1] > 0;
  report.save_agreed = flags[2] > 0;
  report.least_save_state = static_cast<int>(-flags[3]);
  for (size_t image = 0; image < batch.picks.size(); ++image) {
    const int flag = static_cast<int>(flags[kFlags + image]);
    if (flag == 0) continue;
    batch.mend(static_cast<int32_t>(image), flag >= kReplaced ? flag - kReplaced : Damage::kNone);
    ++report.damaged;
  }
  return true;
}

void Trainer::halve_micro_batch(const Batch& batch) {
  const int64_t world = learner_.flat.layout().virtual_ranks;
  const int64_t whole = (static_cast<int64_t>(batch.picks.size()) + world - 1) / world;
  const int64_t now = step_.micro_batch > 0 ? std::min(step_.micro_batch, whole) : whole;
  check(step_.halves_on_out_of_memory, "step ", batch.step, ": out of memory with a micro-batch of ", now,
        " images; engine.determinism = \"elastic\" keeps it fixed\nhint: start again with batch.micro = ",
        std::max<int64_t>(1, now / 2));
  check(now > 1, "step ", batch.step, ": out of memory with a micro-batch of one image of ", batch.image_size,
        " pixels; a smaller model, or more memory, is wanted");
  step_.micro_batch = (now + 1) / 2;
  log_info("step ", batch.step, ": out of memory on some rank with a micro-batch of ", now,
           " images; all ranks go on with ", step_.micro_batch);
}

PairFeatures Trainer::gather(const Batch& batch, const std::vector<Piece>& pieces, StepReport& report) {
  std::vector<Tensor> images, texts;
  for (const Piece& p : pieces) {
    if (p.images.size() > 0) images.push_back(p.image_features.detach());
    if (p.texts.size() > 0) texts.push_back(p.text_features.detach());
  }
  Tensor my_images = at::cat(images, 0);
  Tensor my_texts = texts.empty() ? at::zeros({0, my_images.size(1)}, my_images.options()) : at::cat(texts, 0);
  const at::Device device = my_images.device();
  if (comm_.size() > 1) my_images = my_images.cpu(), my_texts = my_texts.cpu();  // of a GPU, this waits for the forward
  PairFeatures features;
  {
    const Timer timer(report.control_seconds);
    features.image_BD = gather_rows(my_images, static_cast<int64_t>(batch.picks.size()), comm_);
    features.text_TD = gather_rows(my_texts, static_cast<int64_t>(batch.tokens.size()), comm_);
  }
  features.image_BD = features.image_BD.to(device);
  features.text_TD = features.text_TD.to(device);
  if (fault::due("nan", batch.step)) features.image_BD.fill_(std::numeric_limits<float>::quiet_NaN());
  features.log_scale = learner_.model->logit_scale().use().item<double>();
  if (const Parameter* bias = learner_.model->logit_bias()) features.bias = bias->use().item<double>();
  return features;
}

PairBlocks Trainer::blocks() const {
  const int each = reducer_.virtual_ranks();
  return {learner_.flat.layout().virtual_ranks, comm_.rank() * each, each};
}

// The loss of the whole step and the gradients of this rank's share of its features.
Judgement Trainer::judge(const Batch& batch, const PairFeatures& features, StepReport& report) {
  Judgement judgement = Judgement::zeros(features, blocks());
  for (const auto& loss : losses_)
    judgement.add(dynamic_cast<const PairLoss&>(*loss).judge(features, batch.cells, blocks(), comm_));
  for (const Term& term : judgement.terms) {
    report.counts.emplace_back(term.name, term.count);
    report.terms.emplace_back(term.name, term.count > 0 ? term.sum / term.count : 0);
  }
  report.loss = judgement.value();
  return judgement;
}

// False where memory ran out; then the sums are worth nothing, but every bucket has left, so no rank waits.
bool Trainer::go_back(const Batch& batch, const std::vector<Piece>& pieces, const Judgement& judgement) {
  bool fits = true;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    const bool first = i == 0 || pieces[i - 1].virtual_rank != piece.virtual_rank;
    const bool last = i + 1 == pieces.size() || pieces[i + 1].virtual_rank != piece.virtual_rank;
    if (first) reducer_.start(piece.virtual_rank);
    if (i + 1 == pieces.size()) reducer_.arm();
    if (first || i + 1 == pieces.size()) {
      // Each virtual rank's part of the gradient, once a step whatever the micro-batches.
      const auto v = static_cast<size_t>(piece.virtual_rank);
      const auto give = [&](const Parameter& parameter, double gradient) {
        if (first && parameter.trains) learner_.flat.gradient_of(parameter).fill_(gradient);
        if (i + 1 == pieces.size()) reducer_.complete(parameter);
      };
      give(learner_.model->logit_scale(), judgement.log_scale_gradient[v]);
      if (const Parameter* bias = learner_.model->logit_bias()) give(*bias, judgement.bias_gradient[v]);
    }
    fits = fits && fits_in_memory([&] { go_back_through(batch, piece, judgement); });
    if (last) reducer_.finish(piece.virtual_rank);
  }
  return fits;
}

void Trainer::go_back_through(const Batch& batch, const Piece& piece, const Judgement& judgement) {
  Tensor images = piece.image_features, texts = piece.text_features;
  const bool kept = (images.defined() && images.requires_grad()) || (texts.defined() && texts.requires_grad());
  if (!kept) encode_piece(batch, piece.images, piece.texts, images, texts);
  if (images.defined()) image_tower_trains_ = images.requires_grad();
  if (texts.defined()) text_tower_trains_ = texts.requires_grad();
  std::vector<Tensor> roots, seeds;
  const auto add = [&](const Tensor& mine, const Tensor& gradient, Range range, int64_t world) {
    if (range.size() == 0 || !mine.requires_grad()) return;  // a frozen tower has no way back
    roots.push_back(mine);
    seeds.push_back(gradient.narrow(0, range.begin - blocks().mine(world).begin, range.size()));
  };
  add(images, judgement.image_gradient, piece.images, static_cast<int64_t>(batch.picks.size()));
  add(texts, judgement.text_gradient, piece.texts, static_cast<int64_t>(batch.tokens.size()));
  if (!roots.empty()) torch::autograd::backward(roots, seeds);
}

// The control exchange after the backward: the norm, and whether every rank got through.  False where memory ran out.
bool Trainer::agree_after(bool succeeded, double compute_seconds, const StepInput& input, StepReport& report) {
  const Timer timer(report.control_seconds);
  std::vector<double> mine = owned_squares(learner_.flat);
  const size_t squares = mine.size(), width = squares + 4;
  for (const double value :
       {double(!succeeded), double(!std::isfinite(report.loss)), compute_seconds, input.data_seconds})
    mine.push_back(value);
  std::vector<double> all(width * static_cast<size_t>(comm_.size()));
  comm_.all_gather(mine.data(), mine.size() * sizeof(double), all.data());
  bool fits = true, finite = true;
  std::vector<std::vector<double>> by_rank;
  for (auto rank = all.begin(); rank != all.end(); rank += static_cast<int64_t>(width)) {
    by_rank.emplace_back(rank, rank + static_cast<int64_t>(squares));
    const auto rest = rank + static_cast<int64_t>(squares);
    fits = fits && rest[0] == 0;
    finite = finite && rest[1] == 0;
    report.compute_seconds.push_back(rest[2]);
    report.data_seconds.push_back(rest[3]);
  }
  report.gradient_norm = std::sqrt(add_squares(learner_.flat.layout(), by_rank));
  report.skipped = !finite || !std::isfinite(report.gradient_norm);
  return fits;
}

void Trainer::update(int64_t updates, StepReport& report) {
  FlatParameters& flat = learner_.flat;
  const Parameter& scale = learner_.model->logit_scale();
  if (!report.skipped) {
    const int64_t at = flat.seat_of(scale).offset;
    learner_.optimizer.step(report.lr, report.gradient_norm, updates, [&](int bucket) {
      if (flat.owns(at) && flat.layout().bucket_of(at) == bucket) {
        at::from_blob(flat.owned(State::master, at), std::array<int64_t, 1>{1}, on_device(flat.device()))
            .clamp_(0, std::log(step_.most_logit_scale));
        flat.refresh_leaves(at, at + FlatLayout::kPad);
      }
      flat.exchange().share(bucket);
    });
  }
  report.logit_scale = std::exp(flat.scalar(scale));
}

}  // namespace weft
