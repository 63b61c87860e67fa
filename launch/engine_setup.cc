// SPDX-License-Identifier: Apache-2.0
#include "launch/engine_setup.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include <bit>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/fault.h"
#include "trainer/device.h"

namespace weft {

namespace {

// STRICT makes MKL's results independent of the alignment of memory as well, and is had for a named branch only.  The
// processor's own branch costs nothing; AVX2 on a processor with AVX-512 took 40 % more time.
std::string strict_mkl_branch() {
  const std::string capability = at::get_cpu_capability();
  if (capability == "AVX512" || capability == "AVX2") return capability + ",STRICT";
  return "COMPATIBLE";
}

}  // namespace

int set_up_engine(const EngineSettings& engine, int ranks_of_host) {
  if (engine.elastic())
    check(engine.virtual_ranks > 0 && std::has_single_bit(static_cast<uint64_t>(engine.virtual_ranks)),
          "engine.virtual_ranks is ", engine.virtual_ranks, "; engine.determinism = \"elastic\" wants a power of two");
  else
    check(engine.virtual_ranks == 0, "engine.virtual_ranks = ", engine.virtual_ranks,
          " belongs to engine.determinism = \"elastic\"; found \"", engine.determinism, "\"");
  fault::add_plan(engine.faults);
  if (engine.determinism != "off") {
    // MKL reads it at its first product.
    ::setenv("MKL_CBWR", engine.elastic() ? strict_mkl_branch().c_str() : "AUTO", 0);
    // cuBLAS and NCCL read theirs at their first call; rings add in the same order every time.
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    ::setenv("NCCL_ALGO", "Ring", 0);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setDeterministicFillUninitializedMemory(false);  // nothing here reads what it has not written
  }
  int threads = static_cast<int>(engine.threads);
  if (threads == 0 && engine.elastic()) threads = 1;
  if (threads == 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / ranks_of_host);
  at::set_num_threads(threads);
  return threads;
}

int device_of(const EngineSettings& engine, Comm& comm, int visible) {
  const bool wants_gpu = engine.device == "cuda" || (engine.device == "auto" && visible > 0);
  float ways[] = {wants_gpu ? 0.f : 1.f, wants_gpu ? 1.f : 0.f};
  comm.all_reduce(ways, Comm::Op::max);
  check(ways[0] + ways[1] == 1,
        "some ranks see a GPU and some see none; engine.device = \"cpu\" lets all of them do without");
  if (!wants_gpu) return kCpu;
  const HostPlace& place = comm.place();
  check(visible > 0, "engine.device = \"cuda\", but rank ", comm.rank(),
        " sees no GPU (weft doctor says what it sees; a weft without CUDA sees none)");
  check(visible == 1 || place.local_rank < visible, "rank ", comm.rank(), " is one of ", place.local_ranks,
        " ranks on a host where it sees ", visible, " GPUs; wanted at most one rank for each");
  check(
      !engine.elastic() || comm.size() == 1, "engine.determinism = \"elastic\" on ", comm.size(),
      " GPUs: NCCL adds in an order of its own, so that another number of ranks would give other bits; wanted one GPU, "
      "engine.device = \"cpu\" or engine.determinism = \"run\"");
  return visible == 1 ? 0 : place.local_rank;  // a launcher may show each rank its own GPU alone
}

std::map<std::string, std::string> pinned_by(const RunConfig& config, int threads, int device) {
  const char* mkl = std::getenv("MKL_CBWR");
  return {{"batch.micro", std::to_string(config.batch.micro)},
          {"engine.virtual_ranks", std::to_string(config.engine.virtual_ranks)},
          {"device", device_name(device)},
          {"instruction set", at::get_cpu_capability()},
          {"MKL_CBWR", mkl == nullptr ? "" : mkl},
          {"threads of a rank", std::to_string(threads)}};
}

void check_pinned(const std::map<std::string, std::string>& saved, const std::map<std::string, std::string>& now) {
  std::string changes;
  for (const auto& [name, value] : now) {
    const auto before = saved.find(name);
    if (before == saved.end() || before->second != value)
      changes +=
          "\n  " + name + " was \"" + (before == saved.end() ? "" : before->second) + "\", is now \"" + value + "\"";
  }
  check(changes.empty(), "an elastic run goes on only where it gives the same bits:", changes,
        "\nhint: engine.determinism = \"run\" in a new run.folder has no such limits");
}

}  // namespace weft
