// SPDX-License-Identifier: Apache-2.0
// Prompts against pixels.  Each object of an image is asked for in an episode: a first prompt, then clicks on what the
// prediction has wrong, with the prediction before as a prompt beside them (Kirillov et al., arXiv 2304.02643, appendix
// A).  An image is encoded once for all its prompts and rounds; each round goes back on its own, into the gradient of
// the image's features, so that the memory is that of one round.  Prompts come from streams of (seed, step, object):
// ranks, micro-batches and a resume change none of them.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "data/prompts/episode.h"
#include "losses/mask_loss.h"
#include "trainer/learner.h"
#include "trainer/objective.h"

namespace weft {

// What annotators do; by default PromptSettings' simulation (data/prompts/episode.h).
class Prompter {
 public:
  explicit Prompter(const PromptSettings& settings) : settings_(settings) {}
  virtual ~Prompter() = default;
  // `object`: its place among those of the world's step, by image; `elsewhere` may be null.
  struct Asked {
    int64_t step, image, object;
    const ViewObject& truth;
    const MaskView* elsewhere;
  };
  virtual FirstPrompt first(const Asked& asked, const MaskView& truth, Stream& stream);
  // What round `round` >= 1 adds.
  virtual PromptPoints next(const Asked& asked, const MaskView& target, const uint8_t* prediction, int64_t round,
                            Stream& stream);

 protected:
  PromptSettings settings_;
};

struct MaskObjectiveSettings {
  uint64_t seed = 0;
  PromptSettings prompts;
};

class MaskObjective final : public Objective {
 public:
  // prompter: nullptr for the simulation.
  MaskObjective(Learner& learner, std::vector<std::unique_ptr<Loss>> losses, MaskObjectiveSettings settings, Comm& comm,
                std::unique_ptr<Prompter> prompter = nullptr);

  void forward(const Batch& batch, const std::vector<Piece>& pieces, bool keeps_graph) override;
  void judge(const Batch& batch, const std::vector<Piece>& pieces, StepReport& report) override;
  void backward(const Batch& batch, size_t piece, const std::function<void()>& arm) override;
  std::vector<double> sums(int j) const override;
  void tell(const std::vector<double>& world_sums, StepReport& report) const override;

 private:
  // One object in its episode.
  struct Episode {
    const ViewObject* truth;
    std::vector<uint8_t> target;  // side x side; empty where nothing is there to be found
    MaskView target_view, elsewhere;
    int64_t image, object;  // place in the world's step; among the image's
    int64_t row;            // of the image among the piece's
    FirstPrompt said;       // and its points grow
    Stream stream;
  };
  // A piece with what is asked of it.
  struct Work {
    Piece piece;
    Tensor features;  // with their graph where it is kept
    std::vector<Episode> episodes;
    MaskTargets targets;
  };
  Tensor encode(const Batch& batch, const Piece& piece) const;
  void ask(const Batch& batch, Work& work);
  void take_round(const Batch& batch, Work& work, int64_t round, const Tensor& features, Tensor& previous,
                  const std::function<void()>& arm);
  void correct(const Batch& batch, Work& work, int64_t round, const Tensor& previous);
  Prompter::Asked asked(const Batch& batch, const Episode& episode) const;
  size_t term_count() const;

  Learner& learner_;
  std::vector<std::unique_ptr<MaskLoss>> losses_;
  MaskObjectiveSettings settings_;
  Comm& comm_;
  std::unique_ptr<Prompter> prompter_;
  std::vector<Work> work_;
  std::vector<bool> adds_no_point_;        // of each round of this step
  std::vector<double> counts_;             // of the world, by term
  std::vector<std::vector<double>> sums_;  // by virtual rank of this rank, then term
};

}  // namespace weft
