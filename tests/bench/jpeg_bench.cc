// SPDX-License-Identifier: Apache-2.0
// JPEG bytes in memory to views of 224 x 224, images/s on one thread, for boxes that a peer drew (--boxes of its
// script): {"set/file.jpg": [[top, left, height, width], ...]}.
//   jpeg_bench FOLDER BOXES.json [seconds a case=3]       FOLDER holds set/file.jpg
// Prints `set.way rate images/s`: weft, and eighth, which is a bare decode of the whole file at 1/8 (entropy decoding
// and hardly more).  Then where weft's time goes, in us an image: entropy decoding up to the box's last row (its limit:
// the rate in MB/s of `eighth`), inverse transforms and colours (limit: ns a pixel of a whole decode without its
// entropy), the resize (limit: ns a multiply-add of rows that stay in the first level of cache), and the rest.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "data/image_codecs.h"

namespace weft {
namespace {

constexpr int kSize = 224;

struct Job {
  const Bytes* file;
  Box box;
};

// Plans a view as data/view.cc does: the smallest scale that still has the view's pixels.
struct Reader {
  JpegDecoder decoder;
  BoxResizer resizer;
  Bytes view = Bytes(size_t{3} * kSize * kSize);

  int plan(const Job& job) {
    const ImageHeader head = decoder.open(job.file->data(), job.file->size(), nullptr);
    const int channels = head.channels;
    int k = 8;
    while (k > 1 && (job.box.width() < k * kSize || job.box.height() < k * kSize)) k /= 2;
    const Box box = {job.box.x0 / k, job.box.y0 / k, job.box.x1 / k, job.box.y1 / k};
    resizer.plan.fill(scaled_length(head.width, k), scaled_length(head.height, k), box, kSize, kSize,
                      channels, Filter::bilinear);
    decoder.start(k, channels, resizer.plan.along.source, resizer.plan.down.source, resizer.plan.down.stride);
    return channels;
  }
  void make_view(const Job& job) { resizer.run(decoder, plan(job), view.data()); }
  void decode_only(const Job& job) {
    plan(job);
    const Range rows = resizer.plan.down.source;
    for (int64_t y = rows.begin; y < rows.end; ++y) decoder.row(static_cast<int>(y));
  }
  void plan_only(const Job& job) { plan(job); }
  // Rows up to `share` of the file at 1 / denominator, whole width.
  void decode(const Job& job, int denominator, double share) {
    const ImageHeader found = decoder.open(job.file->data(), job.file->size(), nullptr);
    const int width = scaled_length(found.width, denominator);
    const int height = scaled_length(found.height, denominator);
    decoder.start(denominator, found.channels, {0, width}, {0, height}, 1);
    const int end = std::min(height, static_cast<int>(std::ceil(share * height)));
    for (int y = 0; y < end; ++y) decoder.row(y);
  }
};

// Seconds of the fastest of several passes over the jobs.
double best_seconds(double budget, const std::function<void()>& pass) {
  using Clock = std::chrono::steady_clock;
  pass();
  double best = 1e9, total = 0;
  for (int n = 0; n < 3 || total < budget; ++n) {
    const Clock::time_point start = Clock::now();
    pass();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::min(best, seconds);
    total += seconds;
  }
  return best;
}

void measure(const std::string& set, const std::vector<Job>& jobs, double budget) {
  Reader reader;
  const auto microseconds = [&](const auto& way) {
    return 1e6 / static_cast<double>(jobs.size()) * best_seconds(budget, [&] {
             for (const Job& job : jobs) way(job);
           });
  };
  const double view = microseconds([&](const Job& job) { reader.make_view(job); });
  const double eighth = microseconds([&](const Job& job) { reader.decode(job, 8, 1); });
  std::printf("%s.weft %.1f images/s\n%s.eighth %.1f images/s\n", set.c_str(), 1e6 / view, set.c_str(), 1e6 / eighth);
  const double decode = microseconds([&](const Job& job) { reader.decode_only(job); });
  const double plan = microseconds([&](const Job& job) { reader.plan_only(job); });
  const double full = microseconds([&](const Job& job) { reader.decode(job, 1, 1); });
  std::printf("  view %.0f decode %.0f (plan and skip %.0f) full %.0f eighth %.0f\n", view, decode, plan, full, eighth);
}

void run(const Path& folder, const Path& boxes, double budget) {
  std::map<std::string, Bytes> files;
  std::map<std::string, std::vector<Job>> sets;
  const Bytes text = read_bytes(boxes);
  const nlohmann::json drawn = nlohmann::json::parse(text.begin(), text.end());
  for (const auto& [name, list] : drawn.items()) {
    const Bytes& file = files[name] = read_bytes(folder / name);
    for (const auto& box : list) {
      const double top = box[0], left = box[1], height = box[2], width = box[3];
      sets[name.substr(0, name.find('/'))].push_back({&file, {left, top, left + width, top + height}});
    }
  }
  for (const auto& [set, jobs] : sets) measure(set, jobs, budget);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) try {
  weft::check(argc >= 3, "usage: jpeg_bench FOLDER BOXES.json [seconds]");
  weft::run(argv[1], argv[2], argc > 3 ? std::atof(argv[3]) : 3);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
