// SPDX-License-Identifier: Apache-2.0
// Every rank tries everything, for hosts differ; rank 0 prints the worst answer to each question and who gave it.
#include "launch/run_doctor.h"

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/tensor.h"
#include "data/image.h"
#include "data/store.h"
#include "launch/env_report.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr double kMiB = 1 << 20, kGiB = 1 << 30;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  char text[200];
  std::snprintf(text, sizeof text, pattern, arguments...);
  return text;
}

enum class Status { ok, warning, failed };

struct Finding {
  Status status = Status::ok;
  std::string found;
  std::string hint;  // what to do; empty where all is well
};

struct Surroundings {
  Environment environment;
  int ranks_of_host = 1;
  int hosts = 1;
  int threads = 1;  // that training would give this rank
};

// ---- what is tried

void check_exchange(Comm& comm) {
  const int n = comm.size(), last = n - 1;
  const int64_t mine = int64_t{comm.rank()} * comm.rank() + 1;
  std::vector<int64_t> all(static_cast<size_t>(n));
  comm.all_gather(&mine, sizeof mine, all.data());
  for (int64_t rank = 0; rank < n; ++rank)
    check(all[static_cast<size_t>(rank)] == rank * rank + 1, "all_gather brought ", all[static_cast<size_t>(rank)],
          " from rank ", rank, "; wanted ", rank * rank + 1);
  double sums[] = {1, static_cast<double>(comm.rank())};
  comm.all_reduce(std::span<double>(sums));
  check(sums[0] == n && sums[1] == n * (n - 1) / 2.0, "all_reduce counted ", sums[0], " ranks that add up to ", sums[1],
        "; wanted ", n, " and ", n * (n - 1) / 2.0);
  float greatest[] = {static_cast<float>(comm.rank()), static_cast<float>(-comm.rank())};
  comm.all_reduce(std::span<float>(greatest), Comm::Op::max);
  check(greatest[0] == static_cast<float>(last) && greatest[1] == 0, "all_reduce found ", greatest[0], " and ",
        greatest[1], " to be the greatest; wanted ", last, " and 0");
  const std::string word = comm.broadcast_text(comm.rank() == last ? "loom" : "", last);
  check(word == "loom", "broadcast from rank ", last, " brought \"", word, "\"; wanted \"loom\"");
}

Finding try_ranks(Comm& comm, const Surroundings& around) {
  check_exchange(comm);
  if (comm.size() == 1) return {.found = "one rank alone; start with mpirun -np N to try more"};
  std::vector<float> buffer(size_t{1} << 20, 1.0f);
  comm.barrier();
  const auto start = Clock::now();
  comm.all_reduce(std::span<float>(buffer));
  return {.found = format("%d ranks on %d host%s agree; 4 MiB summed in %.1f ms", comm.size(), around.hosts,
                          around.hosts == 1 ? "" : "s", 1e3 * seconds_since(start))};
}

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "weft-doctor-XXXXXX").string()) {
    const bool made = ::mkdtemp(path_.data()) != nullptr;
    check(made, path_, ": cannot make the folder: ", std::strerror(errno));
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // nothing depends on its absence
    std::filesystem::remove_all(path_, ignored);
  }
  Path path() const { return path_; }

 private:
  std::string path_;
};

Finding try_dataset() {
  const TemporaryFolder folder;
  Image image(16, 16, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i);
  const Bytes png = encode_png(image);
  StoreWriter writer(folder.path() / "dataset", {.name = "doctor", .licence = "none"});
  const Uid uid = writer.add(png, "key", "group");
  writer.layer("labels").add(uid, "a weft");
  writer.finish();
  const Store store(folder.path() / "dataset");
  check(store.size() == 1 && store.info(0).uid == uid, "one image was written, ", store.size(), " came back");
  Bytes back;
  store.read(0, back);
  check(back == png, "the image that came back is not the one that was written");
  check(decode_image(back.data(), back.size()).pixels == image.pixels, "the decoded pixels are not those encoded");
  check(store.texts(0).size() == 1 && store.vocabulary().text(store.texts(0)[0].row) == "a weft",
        "the label that came back is not the one that was written");
  return {.found = "an image and its label written, read back and compared"};
}

// Small multiples of 1/8: their products and sums are exact in every precision and order.
std::vector<float> eighths(size_t count, int start) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>((static_cast<int>(i) * 7 + start) % 17 - 8) / 8;
  return values;
}

Finding try_arithmetic(const Surroundings& around) {
  constexpr int64_t rows = 37, inner = 64, columns = 29;
  std::vector<float> a = eighths(rows * inner, 3), b = eighths(inner * columns, 5);
  const Tensor product = at::mm(at::from_blob(a.data(), {rows, inner}), at::from_blob(b.data(), {inner, columns}));
  const float* found = product.const_data_ptr<float>();
  for (int64_t i = 0; i < rows * columns; ++i) {
    float wanted = 0;
    for (int64_t k = 0; k < inner; ++k)
      wanted += a[static_cast<size_t>(i / columns * inner + k)] * b[static_cast<size_t>(k * columns + i % columns)];
    check(found[i] == wanted, "element ", i, " of a matrix product is ", found[i], "; wanted ", wanted);
  }
  constexpr int64_t side = 768;
  const Tensor ones = at::ones({side, side});
  at::mm(ones, ones);  // threads start
  const auto start = Clock::now();
  constexpr int repeats = 5;
  for (int i = 0; i < repeats; ++i) at::mm(ones, ones);
  const double rate = repeats * 2.0 * side * side * side / seconds_since(start);
  return {.found = format("a matrix product is exact; %.0f GFLOP/s with %d thread%s", rate / 1e9, around.threads,
                          around.threads == 1 ? "" : "s")};
}

Finding try_threads(const Surroundings& around) {
  const int cores = around.environment.cores, allowed = around.environment.cores_allowed;
  if (around.ranks_of_host > cores)
    return {Status::warning, format("%d ranks share the %d cores of this host", around.ranks_of_host, cores),
            format("start at most %d ranks here", cores)};
  if (around.threads > allowed)
    return {Status::warning,
            format("the launcher lets this rank run on %d core%s only, but it would have %d threads", allowed,
                   allowed == 1 ? "" : "s", around.threads),
            "mpirun --bind-to none, or set engine.threads to the cores of a rank"};
  const char* variable = std::getenv("OMP_NUM_THREADS");
  if (variable != nullptr && std::atoi(variable) * around.ranks_of_host > cores)
    return {Status::warning,
            format("OMP_NUM_THREADS=%.20s asks for %d threads on the %d cores of this host", variable,
                   std::atoi(variable) * around.ranks_of_host, cores),
            format("export OMP_NUM_THREADS=%d; ranks that fight for cores run many times slower", around.threads)};
  return {.found = format("%d cores for %d rank%s: %d thread%s each", cores, around.ranks_of_host,
                          around.ranks_of_host == 1 ? "" : "s", around.threads, around.threads == 1 ? "" : "s")};
}

Finding try_shared_memory() {
  struct statvfs info;
  if (::statvfs("/dev/shm", &info) != 0)
    return {Status::warning, "/dev/shm is not there", "mount a tmpfs there; ranks of one host exchange through it"};
  const double free = static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize);
  const std::string found = format("%.0f MiB free in /dev/shm", free / kMiB);
  if (free < 128 * kMiB)
    return {Status::warning, found, "ranks of one host exchange through it; in a container, --shm-size=1g"};
  return {.found = found};
}

Finding try_disk() {
  const double free = static_cast<double>(std::filesystem::space(".").available);
  const std::string found = format("%.1f GiB free in this folder", free / kGiB);
  if (::access(".", W_OK) != 0)
    return {Status::warning, "this folder cannot be written to", "start training elsewhere, or set run.folder"};
  if (free < 2 * kGiB)
    return {Status::warning, found, "checkpoints and datasets may not fit; set run.folder elsewhere"};
  return {.found = found};
}

Finding try_gpu(const Surroundings& around) {
  if (around.environment.gpus > 0) return {.found = format("%d usable", around.environment.gpus)};
  if (around.environment.nvidia_driver)
    return {Status::warning, "there is an NVIDIA driver, but this build of weft uses the processor alone",
            "configure with -DWEFT_CUDA=ON"};
  return {.found = "none; training runs on the processor"};
}

// Where tools/setup and quickstart look: the system's folder, and that of people who brought their own packages.
Finding try_emoji() {
  std::vector<Path> shares{"/usr/share"};
  if (const char* prefix = std::getenv("WEFT_PREFIX")) shares.insert(shares.begin(), Path(prefix) / "share");
  for (const char* file : {"fonts/truetype/noto/NotoColorEmoji.ttf", "unicode/cldr/common/annotations/en.xml"}) {
    const auto has_it = [&](const Path& share) { return std::filesystem::exists(share / file); };
    if (std::none_of(shares.begin(), shares.end(), has_it))
      return {Status::warning,
              join(file, " is not in ", shares.front().string(), "; the first example is drawn from it"),
              "apt-get install fonts-noto-color-emoji unicode-cldr-core"};
  }
  return {.found = "font and names for the first example are installed"};
}

struct Trial {
  const char* name;
  std::function<Finding(Comm&, const Surroundings&)> run;
  const char* hint;  // where it throws
};

const Trial kTrials[] = {
    {"ranks", try_ranks, "try mpirun -np 2 on one host first; then check the network between the hosts"},
    {"threads", [](Comm&, const Surroundings& around) { return try_threads(around); }, ""},
    {"arithmetic", [](Comm&, const Surroundings& around) { return try_arithmetic(around); },
     "LibTorch does not fit this processor or is damaged; install it again with tools/setup"},
    {"dataset", [](Comm&, const Surroundings&) { return try_dataset(); },
     "check space and permissions of the temporary folder (TMPDIR), and the installed HDF5"},
    {"shared memory", [](Comm&, const Surroundings&) { return try_shared_memory(); }, ""},
    {"disk", [](Comm&, const Surroundings&) { return try_disk(); }, "start weft in a folder that exists"},
    {"GPU", [](Comm&, const Surroundings& around) { return try_gpu(around); }, ""},
    {"emoji", [](Comm&, const Surroundings&) { return try_emoji(); }, ""},
};

Finding attempt(const Trial& trial, Comm& comm, const Surroundings& around) {
  try {
    return trial.run(comm, around);
  } catch (const std::exception& error) {  // LibTorch throws its own kind
    return {Status::failed, error.what(), trial.hint};
  }
}

// ---- what is told

Surroundings look_around(Comm& comm) {
  Surroundings around{.environment = read_environment()};
  // One number for each time a host was booted: tells hosts apart without their names.
  const auto boots = comm.gather_texts(read_text("/proc/sys/kernel/random/boot_id"));
  const std::string& mine = boots[static_cast<size_t>(comm.rank())];
  around.ranks_of_host = static_cast<int>(std::count(boots.begin(), boots.end(), mine));
  auto distinct = boots;
  std::sort(distinct.begin(), distinct.end());
  around.hosts = static_cast<int>(std::unique(distinct.begin(), distinct.end()) - distinct.begin());
  around.threads = std::max(1, around.environment.cores / around.ranks_of_host);
  return around;
}

// The worst finding of all ranks, with the ranks that share it unless all do.
Finding worst_of(const std::vector<Finding>& by_rank) {
  const auto worse = [](const Finding& a, const Finding& b) { return a.status < b.status; };
  Finding worst = *std::max_element(by_rank.begin(), by_rank.end(), worse);
  std::string ranks;
  size_t count = 0;
  for (size_t rank = 0; rank < by_rank.size(); ++rank)
    if (by_rank[rank].status == worst.status && ++count <= 8) ranks += (count > 1 ? ", " : "") + std::to_string(rank);
  if (worst.status != Status::ok && count < by_rank.size())
    worst.found += join(" (rank ", ranks, count > 8 ? ", ..." : "", ")");
  return worst;
}

std::vector<Finding> agree(Comm& comm, const std::vector<Finding>& mine) {
  Json json = Json::array();
  for (const Finding& f : mine) json.push_back({f.status, f.found, f.hint});
  const auto texts = comm.gather_texts(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::vector<std::vector<Finding>> by_trial(mine.size());
  for (const std::string& text : texts) {
    const Json findings = Json::parse(text);
    for (size_t i = 0; i < mine.size(); ++i)
      by_trial[i].push_back({findings[i][0].get<Status>(), findings[i][1], findings[i][2]});
  }
  std::vector<Finding> worst;
  for (const auto& by_rank : by_trial) worst.push_back(worst_of(by_rank));
  return worst;
}

void print_row(const char* name, const std::string& text) {
  std::printf("  %-14s %s\n", name, text.c_str());
}

void print_environment(const Surroundings& around, int ranks) {
  const Environment& e = around.environment;
  std::string flags;
  for (const std::string& flag : e.cpu_flags) flags += ", " + flag;
  std::printf("weft doctor\n\n");
  print_row("weft", e.weft + ", built by " + e.compiler);
  print_row("LibTorch", e.libtorch);
  print_row("MPI", e.mpi);
  print_row("HDF5", e.hdf5 + (e.hdf5 == e.hdf5_headers ? "" : " (built against " + e.hdf5_headers + ")"));
  print_row("processor", e.cpu + flags);
  print_row("memory", format("%.1f GiB", e.memory_gib));
  print_row("ranks", format("%d, %d on this host", ranks, around.ranks_of_host));
  std::printf("\n");
}

void print_findings(const std::vector<Finding>& findings, double seconds) {
  constexpr const char* kNames[] = {"ok", "warning", "FAILED"};
  int counts[3] = {};
  for (size_t i = 0; i < findings.size(); ++i) {
    const auto status = static_cast<size_t>(findings[i].status);
    ++counts[status];
    std::printf("  %-8s %-14s %s\n", kNames[status], kTrials[i].name, findings[i].found.c_str());
    if (!findings[i].hint.empty()) std::printf("  %-23s hint: %s\n", "", findings[i].hint.c_str());
  }
  std::printf("\n%d ok, %d warning%s, %d failed, in %.1f s\n", counts[0], counts[1], counts[1] == 1 ? "" : "s",
              counts[2], seconds);
  std::fflush(stdout);
}

}  // namespace

Exit run_doctor(Comm& comm) {
  const auto start = Clock::now();
  const Surroundings around = look_around(comm);
  at::set_num_threads(around.threads);
  std::vector<Finding> mine;
  for (const Trial& trial : kTrials) mine.push_back(attempt(trial, comm, around));
  const std::vector<Finding> findings = agree(comm, mine);
  if (comm.is_first()) {
    print_environment(around, comm.size());
    print_findings(findings, seconds_since(start));
  }
  const bool failed =
      std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.status == Status::failed; });
  return failed ? Exit::failed : Exit::done;
}

}  // namespace weft
