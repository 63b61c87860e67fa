// SPDX-License-Identifier: Apache-2.0
// JPEG bytes in memory to views of 224 x 224 on one thread, for boxes that a peer drew (--boxes of its script):
// {"set/file.jpg": [[top, left, height, width], ...]}.
//   jpeg_bench FOLDER BOXES.json [seconds a case=1]       FOLDER holds set/file.jpg
// Prints `set.weft` and `set.eighth` in images/s: views, and a bare decode of the whole file at 1/8, which is entropy
// decoding and hardly more.  Then where the time of a view goes, and how far each part is from its limit: the rate of
// entropy decoding up to the box's last row against that of the whole file; transforms and colours, time per pixel
// against a whole decode's; the resize against one whose rows stay in the first level of cache; the rest.
#include <algorithm>
#include <chrono>
#include <cmath>
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

class SameRow final : public RowSource {
 public:
  explicit SameRow(size_t bytes) : row_(bytes, 100) {}
  const uint8_t* row(int) override { return row_.data(); }

 private:
  Bytes row_;
};

// What data/view.cc does with a box: the smallest scale that still has the view's pixels, rows straight into the
// resize.
class Reader {
 public:
  void plan(const Job& job) {
    const ImageHeader header = decoder_.open(job.file->data(), job.file->size(), nullptr);
    channels_ = header.channels;
    denominator_ = 8;
    const auto is_too_small = [&](double length) { return length < denominator_ * kSize; };
    while (denominator_ > 1 && (is_too_small(job.box.width()) || is_too_small(job.box.height()))) denominator_ /= 2;
    const double k = denominator_;
    const Box box = {job.box.x0 / k, job.box.y0 / k, job.box.x1 / k, job.box.y1 / k};
    height_ = scaled_length(header.height, denominator_);
    resizer_.plan.fill(scaled_length(header.width, denominator_), height_, box, kSize, kSize, channels_,
                       Filter::bilinear);
  }
  void make_view(const Job& job) {
    start(job);
    resizer_.run(decoder_, channels_, view_.data());
  }
  void decode_part(const Job& job) {
    start(job);
    const Range rows = resizer_.plan.down.source;
    for (int64_t y = rows.begin; y < rows.end; ++y) decoder_.row(static_cast<int>(y));
  }
  void resize_cached(const Job& job) {
    plan(job);
    SameRow rows(static_cast<size_t>(resizer_.plan.along.source.size()) * channels_);
    resizer_.run(rows, channels_, view_.data());
  }
  // Whole rows at 1 / denominator, from the top to `share` of them.
  void decode(const Job& job, int denominator, double share) {
    const ImageHeader header = decoder_.open(job.file->data(), job.file->size(), nullptr);
    const int width = scaled_length(header.width, denominator), height = scaled_length(header.height, denominator);
    decoder_.start(denominator, header.channels, {0, width}, {0, height}, 1);
    for (int y = 0; y < std::min<int>(height, static_cast<int>(std::ceil(share * height))); ++y) decoder_.row(y);
  }
  double last_row_share() const { return static_cast<double>(resizer_.plan.down.source.end) / height_; }
  double pixels() const {
    return static_cast<double>(resizer_.plan.along.source.size() * resizer_.plan.down.source.size());
  }

 private:
  void start(const Job& job) {
    plan(job);
    const ResizePlan& p = resizer_.plan;
    decoder_.start(denominator_, channels_, p.along.source, p.down.source, p.down.stride);
  }

  JpegDecoder decoder_;
  BoxResizer resizer_;
  Bytes view_ = Bytes(size_t{3} * kSize * kSize);
  int channels_ = 3, denominator_ = 1, height_ = 0;
};

// us an image of the fastest of several passes over the jobs.
double microseconds(const std::vector<Job>& jobs, double budget, const std::function<void(const Job&)>& way) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9, total = 0;
  for (int pass = 0; pass < 4 || total < budget; ++pass) {
    const Clock::time_point start = Clock::now();
    for (const Job& job : jobs) way(job);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (pass > 0) best = std::min(best, seconds);
    total += seconds;
  }
  return 1e6 * best / static_cast<double>(jobs.size());
}

void measure(const std::string& set, const std::vector<Job>& jobs, double budget) {
  Reader reader;
  const auto time = [&](const auto& way) { return microseconds(jobs, budget, way); };
  double bytes = 0, bytes_used = 0, part_pixels = 0, whole_pixels = 0;
  for (const Job& job : jobs) {
    const ImageHeader header = read_image_header(job.file->data(), job.file->size());
    reader.plan(job);
    const double count = static_cast<double>(jobs.size()), size = static_cast<double>(job.file->size());
    bytes += size / count;
    bytes_used += size * reader.last_row_share() / count;
    part_pixels += reader.pixels() / count;
    whole_pixels += 1.0 * header.width * header.height / count;
  }
  const double eighth = time([&](const Job& job) { reader.decode(job, 8, 1); });
  const double view = time([&](const Job& job) { reader.make_view(job); });
  const double part = time([&](const Job& job) { reader.decode_part(job); });
  const double plan = time([&](const Job& job) { reader.plan(job); });
  const double cached = time([&](const Job& job) { reader.resize_cached(job); }) - plan;
  const double whole = time([&](const Job& job) { reader.decode(job, 1, 1); });
  const double entropy = time([&](const Job& job) {
                           reader.plan(job);
                           reader.decode(job, 8, reader.last_row_share());
                         }) -
                         plan;
  std::printf("%s.weft %.1f images/s\n%s.eighth %.1f images/s\n", set.c_str(), 1e6 / view, set.c_str(), 1e6 / eighth);
  std::printf(
      "  of %.0f us a view: entropy decoding %.0f (%.0f MB/s; of whole files %.0f), transforms and colours %.0f "
      "(%.2f ns a pixel; of whole pictures %.2f), resize %.0f (from cached rows %.0f), the rest %.0f\n",
      view, entropy, bytes_used / entropy, bytes / eighth, part - plan - entropy,
      1e3 * (part - plan - entropy) / part_pixels, 1e3 * (whole - eighth) / whole_pixels, view - part, cached, plan);
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
  weft::check(argc >= 3, "usage: jpeg_bench FOLDER BOXES.json [seconds a case]");
  weft::run(argv[1], argv[2], argc > 3 ? std::atof(argv[3]) : 1);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
