// SPDX-License-Identifier: Apache-2.0
#include "launch/bench_comm.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "launch/mpi_comm.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr double kLeast = 256, kMostControl = 1 << 20;
constexpr char kMpi[] = "MPI_Allreduce";

// A collective over a buffer of so many bytes.
class Collective {
 public:
  virtual ~Collective() = default;
  virtual double bytes() const = 0;
  virtual void fill() = 0;  // before run(), whose result holds() then judges
  virtual void run() = 0;
  virtual bool holds() const = 0;
};

// Every rank brings its number, counted from 1, everywhere; their sum:
float sum_of_numbers(const Comm& comm) {
  const int twice = comm.size() * (comm.size() + 1);
  return static_cast<float>(twice) / 2;
}

class AllGather final : public Collective {
 public:
  AllGather(Comm& comm, double bytes)
      : comm_(comm),
        mine_(std::max<size_t>(1, static_cast<size_t>(bytes) / comm.size())),
        all_(mine_.size() * comm.size()) {}
  double bytes() const override { return static_cast<double>(all_.size()); }
  void fill() override { std::fill(mine_.begin(), mine_.end(), static_cast<char>(comm_.rank() + 1)); }
  void run() override { comm_.all_gather(mine_.data(), mine_.size(), all_.data()); }
  bool holds() const override { return all_.back() == static_cast<char>(comm_.size()); }

 private:
  Comm& comm_;
  std::vector<char> mine_, all_;
};

class Broadcast final : public Collective {
 public:
  Broadcast(Comm& comm, double bytes) : comm_(comm), data_(static_cast<size_t>(bytes)) {}
  double bytes() const override { return static_cast<double>(data_.size()); }
  void fill() override { std::fill(data_.begin(), data_.end(), static_cast<char>(comm_.rank() + 1)); }
  void run() override { comm_.broadcast(data_.data(), data_.size(), 0); }
  bool holds() const override { return data_.back() == 1; }

 private:
  Comm& comm_;
  std::vector<char> data_;
};

// As training cuts them: 256 units, buckets of 16 MiB.
FlatLayout layout_of(double bytes, int ranks) {
  const auto numbers = static_cast<int64_t>(bytes / sizeof(float));
  const auto padded = [](int64_t count, int64_t to) { return (count + to - 1) / to * to; };
  FlatLayout layout;
  layout.ranks = layout.virtual_ranks = ranks;
  layout.unit = padded(std::max(numbers / 256, std::min<int64_t>(numbers, 4096)), FlatLayout::kPad * ranks);
  layout.count = padded(numbers, layout.unit);
  layout.bucket_units = std::max<int64_t>(1, (16 << 20) / static_cast<int64_t>(sizeof(float)) / layout.unit);
  return layout;
}

class Flats : public Collective {
 public:
  Flats(Comm& comm, double bytes)
      : comm_(comm), layout_(layout_of(bytes, comm.size())), flats_(comm.open_flats(layout_, sizeof(float))) {}
  double bytes() const override { return static_cast<double>(layout_.count) * sizeof(float); }
  void fill() override { std::fill_n(flats_->gradient(), layout_.count, static_cast<float>(comm_.rank() + 1)); }

 protected:
  Comm& comm_;
  const FlatLayout layout_;
  std::unique_ptr<FlatExchange> flats_;
};

class Reduce final : public Flats {
 public:
  using Flats::Flats;
  void run() override {
    for (int bucket = 0; bucket < layout_.buckets(); ++bucket) flats_->reduce(bucket);
    flats_->finish_reduce();
  }
  bool holds() const override {
    return flats_->gradient()[layout_.piece(layout_.units() - 1, comm_.rank()).begin] == sum_of_numbers(comm_);
  }
};

class AllReduce final : public Flats {
 public:
  using Flats::Flats;
  void run() override { flats_->all_reduce(); }
  bool holds() const override {
    return flats_->gradient()[0] == sum_of_numbers(comm_) &&
           flats_->gradient()[layout_.count - 1] == sum_of_numbers(comm_);
  }
};

class Share final : public Flats {
 public:
  using Flats::Flats;
  void fill() override {
    for (int64_t unit = 0; unit < layout_.units(); ++unit) {
      const Range mine = layout_.piece(unit, comm_.rank());
      std::fill(leaves() + mine.begin, leaves() + mine.end, static_cast<float>(comm_.rank() + 1));
    }
  }
  void run() override {
    for (int bucket = layout_.buckets() - 1; bucket >= 0; --bucket) flats_->share(bucket);
    for (int bucket = 0; bucket < layout_.buckets(); ++bucket) flats_->wait_leaves(bucket);
  }
  bool holds() const override {
    return leaves()[0] == 1 && leaves()[layout_.count - 1] == static_cast<float>(comm_.size());
  }

 private:
  float* leaves() const { return reinterpret_cast<float*>(flats_->leaves()); }
};

class MpiAllReduce final : public Collective {
 public:
  MpiAllReduce(Comm& comm, double bytes)
      : comm_(comm), values_(static_cast<size_t>(layout_of(bytes, comm.size()).count)) {}
  double bytes() const override { return static_cast<double>(values_.size()) * sizeof(float); }
  void fill() override { std::fill(values_.begin(), values_.end(), static_cast<float>(comm_.rank() + 1)); }
  void run() override { mpi_all_reduce(values_.data(), values_.size()); }
  bool holds() const override { return values_.back() == sum_of_numbers(comm_); }

 private:
  Comm& comm_;
  std::vector<float> values_;
};

template <class Kind>
std::unique_ptr<Collective> make(Comm& comm, double bytes) {
  return std::make_unique<Kind>(comm, bytes);
}

struct Kind {
  const char* name;
  std::unique_ptr<Collective> (*make)(Comm& comm, double bytes);
  double passes;  // over the bus (trainer/predict.h); 0: a broadcast, whose bytes pass once
  double most;
};

const Kind kKinds[] = {
    {"all_gather", make<AllGather>, 1, kMostControl},       {"broadcast", make<Broadcast>, 0, kMostControl},
    {"reduce", make<Reduce>, 1, predict::kInfinite},        {"share", make<Share>, 1, predict::kInfinite},
    {"all_reduce", make<AllReduce>, 2, predict::kInfinite}, {kMpi, make<MpiAllReduce>, 2, predict::kInfinite},
};

const Kind& kind_named(const std::string& name) {
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind;
  fail("no collective \"", name, "\"");
}

// 256 bytes, 4 times as many, ..., and `most`.
std::vector<double> sizes_up_to(double most) {
  std::vector<double> sizes;
  for (double bytes = kLeast; bytes < most; bytes *= 4) sizes.push_back(bytes);
  sizes.push_back(most);
  return sizes;
}

}  // namespace

double median(std::vector<double> values) {
  WEFT_ASSERT(!values.empty());
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

// Who waits long takes naps; the second barrier finds everybody awake.
void start_together(Comm& comm) {
  comm.barrier();
  comm.barrier();
}

double median_of_slowest(Comm& comm, int64_t repeats, const std::function<void()>& prepare,
                         const std::function<void()>& body) {
  std::vector<double> seconds;
  for (int64_t i = 0; i < repeats; ++i) {
    prepare();
    start_together(comm);
    const Clock::time_point start = Clock::now();
    body();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  comm.all_reduce(seconds, Comm::Op::max);
  return median(seconds);
}

std::vector<std::string> collectives() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds)
    if (kind.name != kMpi || started_by_mpi()) names.emplace_back(kind.name);
  return names;
}

Sweep sweep(Comm& comm, const std::string& name, double most_bytes, int64_t repeats) {
  const Kind& kind = kind_named(name);
  Sweep result{name, {}, {}, {}};
  std::vector<predict::Timing> timings;
  for (const double bytes : sizes_up_to(std::min(most_bytes, kind.most))) {
    const auto collective = kind.make(comm, bytes);
    collective->fill();
    collective->run();
    check(collective->holds(), name, " of ", bytes, " bytes brought a wrong result to rank ", comm.rank());
    // Several at once where one is too short for the stopwatch.
    const int calls = bytes < 1e6 ? 20 : 1;
    const double seconds = median_of_slowest(
                               comm, repeats, [&] { collective->fill(); },
                               [&] {
                                 for (int i = 0; i < calls; ++i) collective->run();
                               }) /
                           calls;
    result.bytes.push_back(collective->bytes());
    result.seconds.push_back(seconds);
    const double passes = kind.passes * (comm.size() - 1) / comm.size();
    timings.push_back({(kind.passes == 0 ? 1 : passes) * collective->bytes(), seconds});
  }
  result.link = predict::fit(timings);
  return result;
}

void CommBench::fields(Fields& visit) {
  visit("most_mb", most_mb, between(0.01, 4000), "largest buffer, MB");
  visit("repeats", repeats, at_least(3), "of every measurement, whose median counts");
  visit("json", json, any, "file to write the figures to");
}

namespace {

void print(const std::vector<Sweep>& sweeps, const Comm& comm) {
  std::printf("%d ranks on %d hosts; microseconds on the slowest rank, median\n%12s", comm.size(), comm.place().hosts,
              "bytes");
  for (const Sweep& s : sweeps) std::printf(" %13s", s.name.c_str());
  // Every collective has the first sizes; the longest sweep has the rest.
  const auto& longest = std::max_element(sweeps.begin(), sweeps.end(), [](const Sweep& a, const Sweep& b) {
                          return a.bytes.size() < b.bytes.size();
                        })->bytes;
  for (size_t i = 0; i < longest.size(); ++i) {
    std::printf("\n%12.0f", longest[i]);
    for (const Sweep& s : sweeps)
      i < s.seconds.size() ? std::printf(" %13.1f", 1e6 * s.seconds[i]) : std::printf(" %13s", "");
  }
  std::printf("\n%12s", "latency, us");
  for (const Sweep& s : sweeps) std::printf(" %13.1f", 1e6 * s.link.latency);
  std::printf("\n%12s", "bus, GB/s");
  for (const Sweep& s : sweeps) std::printf(" %13.1f", s.link.bandwidth / 1e9);
  std::printf("\n");
}

Json json_of(const Sweep& s) {
  return {{"bytes", s.bytes}, {"seconds", s.seconds}, {"latency", s.link.latency}, {"bandwidth", s.link.bandwidth}};
}

}  // namespace

void CommBench::run(Comm& comm) const {
  check(comm.size() > 1,
        "one rank exchanges nothing; start with mpirun -np N weft bench comm, or give engine.thread_ranks=N");
  std::vector<Sweep> sweeps;
  for (const std::string& name : collectives()) sweeps.push_back(sweep(comm, name, 1e6 * most_mb, repeats));
  if (!comm.is_first()) return;
  print(sweeps, comm);
  Json all = {{"ranks", comm.size()}, {"hosts", comm.place().hosts}};
  for (const Sweep& s : sweeps) all["collectives"][s.name] = json_of(s);
  if (sweeps.back().name == kMpi) {
    const Sweep &ours = sweeps[sweeps.size() - 2], &theirs = sweeps.back();
    const double ratio = theirs.seconds.back() / ours.seconds.back();
    all["faster_than_mpi"] = ratio;
    std::printf("all_reduce of %.1f MB: %.2f ms, MPI_Allreduce %.2f ms, %.1f times as fast\n", 1e-6 * ours.bytes.back(),
                1e3 * ours.seconds.back(), 1e3 * theirs.seconds.back(), ratio);
  }
  if (!json.empty()) write_atomically(json, all.dump(1) + "\n");
}

}  // namespace weft
