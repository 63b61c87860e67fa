// SPDX-License-Identifier: Apache-2.0
#include "data/check/pictures.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <thread>

#include "base/error.h"
#include "data/geometry.h"
#include "data/image.h"

namespace weft {
namespace {

constexpr int kMiniature = 16;

// Grey as BT.601 has it, transparent parts over white; one float a pixel.
std::vector<float> grey_of(const Image& image) {
  std::vector<float> grey(static_cast<size_t>(image.width) * image.height);
  const uint8_t* pixel = image.pixels.data();
  for (float& value : grey) {
    value = image.channels >= 3 ? 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2] : pixel[0];
    if (image.channels == 4) value = 255 + (value - 255) * pixel[3] / 255;
    pixel += image.channels;
  }
  return grey;
}

// The part of pixel i, which covers [i, i + 1), that lies in [from, to).
double overlap(int i, double from, double to) {
  return std::max(0.0, std::min(i + 1.0, to) - std::max(1.0 * i, from));
}

// Means over a grid of equal cells, exact at their fractional edges.
std::vector<float> shrunk(const std::vector<float>& grey, int width, int height, int columns, int rows) {
  std::vector<double> narrow(static_cast<size_t>(columns) * height);
  for (int x = 0; x < columns; ++x) {
    const double from = 1.0 * x * width / columns, to = (x + 1.0) * width / columns;
    for (int i = static_cast<int>(from); i < std::min(width, static_cast<int>(std::ceil(to))); ++i) {
      const double weight = overlap(i, from, to) / (to - from);
      for (int y = 0; y < height; ++y)
        narrow[static_cast<size_t>(y) * columns + x] += weight * grey[static_cast<size_t>(y) * width + i];
    }
  }
  std::vector<float> out(static_cast<size_t>(columns) * rows);
  for (int y = 0; y < rows; ++y) {
    const double from = 1.0 * y * height / rows, to = (y + 1.0) * height / rows;
    for (int x = 0; x < columns; ++x) {
      double sum = 0;
      for (int i = static_cast<int>(from); i < std::min(height, static_cast<int>(std::ceil(to))); ++i)
        sum += overlap(i, from, to) / (to - from) * narrow[static_cast<size_t>(i) * columns + x];
      out[static_cast<size_t>(y) * columns + x] = static_cast<float>(sum);
    }
  }
  return out;
}

double deviation_of(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value, squares += 1.0 * value * value;
  const auto n = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squares / n - sum / n * sum / n));
}

void describe_looks(const Image& image, PictureFacts& facts) {
  const std::vector<float> grey = grey_of(image);
  const std::vector<float> small = shrunk(grey, image.width, image.height, kMiniature, kMiniature);
  for (size_t i = 0; i < small.size(); ++i) facts.miniature[i] = static_cast<uint8_t>(std::lround(small[i]));
  facts.is_flat = deviation_of(small) < 2;
  const std::vector<float> grid = shrunk(grey, image.width, image.height, 9, 8);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x)
      if (grid[9 * y + x] - grid[9 * y + x + 1] > 1) facts.difference |= uint64_t{1} << (8 * y + x);
}

// Of `all` places in a row, which come piece by piece: `count` evenly spread ones, each moved by a draw that depends on
// the place alone, so that no pattern is hit again and again.
class Spread {
 public:
  Spread(uint64_t all, uint64_t count, uint64_t seed) : all_(all), count_(std::min(count, all)), seed_(seed) {}

  // take(place - first) of those in [first, first + length), where `first` is how many came before.
  template <class Take>
  void each_in(uint64_t length, const Take& take) {
    for (; next_ < count_ && place_of(next_) < first_ + length; ++next_) take(place_of(next_) - first_);
    first_ += length;
  }

 private:
  uint64_t place_of(uint64_t i) const {
    const uint64_t from = i * all_ / count_, room = (i + 1) * all_ / count_ - from;
    return from + (i * 0x9e3779b97f4a7c15u + seed_) % room;
  }
  uint64_t all_, count_, seed_, next_ = 0, first_ = 0;
};

// Which pixels of a sample are foreground, as nnU-Net calls it: those that a positive mask of any concept covers.
class Foreground {
 public:
  Foreground(const Store& store, size_t sample) : info_(store.info(sample)) {
    for (const Record& record : store.records(sample)) {
      if (record.scope != Scope::mask || record.kind != Kind::pos) continue;
      const Rle mask = mask_of(record.geometry);
      if (mask.width != info_.upright_width() || mask.height != info_.upright_height()) continue;
      by_view_[record.view].push_back(mask);
    }
  }
  bool is_empty() const { return by_view_.empty(); }

  // Places in one view's rows, ascending.
  std::vector<uint32_t> places(uint32_t view) const {
    std::vector<uint8_t> bitmap;
    for (const uint32_t key : {view, kEveryView})
      if (const auto masks = by_view_.find(key); masks != by_view_.end()) {
        bitmap.resize(size_t{info_.upright_width()} * info_.upright_height());
        for (const Rle& mask : masks->second) paint_rle(mask, bitmap.data(), 1);
      }
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < bitmap.size(); ++i)
      if (bitmap[i]) found.push_back(i);
    return found;
  }

 private:
  const SampleInfo& info_;
  std::map<uint32_t, std::vector<Rle>> by_view_;
};

// The values of a sample that are kept.
class Sampled {
 public:
  Sampled(const Store& store, size_t sample, size_t most, PictureFacts& facts)
      : facts_(facts), foreground_(store, sample), all_(0, 0, 0), covered_(0, 0, 0) {
    const SampleInfo& info = store.info(sample);
    const uint64_t pixels = uint64_t{info.upright_width()} * info.upright_height();
    all_ = Spread(pixels * info.views, most, info.uid.low);
    uint64_t covered = 0;
    for (uint32_t view = 0; view < info.views && !foreground_.is_empty(); ++view)
      covered += foreground_.places(view).size();
    covered_ = Spread(covered, most, info.uid.low);
  }

  // The pixels of one view, the first `kept` of their channels.
  template <class Value>
  void take(uint32_t view, const std::vector<Value>& pixels, size_t channels, size_t kept) {
    const auto put = [&](std::vector<std::vector<float>>& into, size_t place) {
      into.resize(kept);
      for (size_t c = 0; c < kept; ++c) into[c].push_back(static_cast<float>(pixels[place * channels + c]));
    };
    all_.each_in(pixels.size() / channels, [&](size_t place) { put(facts_.values, place); });
    if (foreground_.is_empty()) return;
    const std::vector<uint32_t> places = foreground_.places(view);
    covered_.each_in(places.size(), [&](size_t i) { put(facts_.foreground, places[i]); });
  }

 private:
  PictureFacts& facts_;
  Foreground foreground_;
  Spread all_, covered_;
};

template <class Value>
uint64_t hash_of(const std::vector<Value>& pixels, uint64_t seed) {
  return hash64({reinterpret_cast<const char*>(pixels.data()), pixels.size() * sizeof(Value)}, seed);
}

void look_at(const Store& store, size_t sample, size_t most_values, PictureFacts& facts) {
  const SampleInfo& info = store.info(sample);
  Bytes content;
  store.read(sample, content);
  const bool has_raster = info.codec == Codec::volume || info.bits > 8;
  const size_t grey = info.channels <= 2 && info.codec != Codec::volume ? 1 : 0;  // the others repeat it
  facts.pixels = uint64_t{info.upright_width()} << 32 | info.upright_height();
  Sampled sampled(store, sample, most_values, facts);
  in_context(
      [&] {
        for (uint32_t slice = 0; has_raster && slice < info.views; ++slice) {
          const Raster raster = decode_raster(content.data(), content.size(), slice);
          facts.pixels = hash_of(raster.values, facts.pixels);
          const auto channels = static_cast<size_t>(raster.channels);
          sampled.take(slice, raster.values, channels, grey ? grey : channels);
        }
        const Image image = decode_image(content.data(), content.size());
        describe_looks(image, facts);
        if (has_raster) return;
        facts.pixels = hash_of(image.pixels, facts.pixels);
        const auto channels = static_cast<size_t>(image.channels);
        sampled.take(0, image.pixels, channels, grey ? grey : channels);
      },
      "decoding sample ", sample, " (", info.key, ")");
}

Intensity::Channel channel_of(std::vector<float>& values) {
  Intensity::Channel out;
  std::erase_if(values, [](float value) { return !std::isfinite(value); });
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  const std::vector<double> sorted(values.begin(), values.end());
  double sum = 0;
  for (const double value : sorted) sum += value;
  out.values = sorted.size(), out.mean = sum / static_cast<double>(sorted.size());
  double squares = 0;
  for (const double value : sorted) squares += (value - out.mean) * (value - out.mean);
  out.deviation = std::sqrt(squares / static_cast<double>(sorted.size()));
  out.least = sorted.front(), out.most = sorted.back();
  out.low = quantile(sorted, 0.005), out.median = quantile(sorted, 0.5), out.high = quantile(sorted, 0.995);
  // Whole numbers fall into bins of whole numbers, or some bins would have one more of them than others.
  const auto bins = static_cast<double>(out.histogram.size());
  const bool whole = std::all_of(sorted.begin(), sorted.end(), [](double value) { return value == std::floor(value); });
  out.first_bin = whole ? std::floor(out.low) : out.low;
  out.bin = whole ? std::ceil((out.high - out.first_bin + 1) / bins) : (out.high - out.low) / bins;
  for (const double value : sorted)
    if (value >= out.first_bin && value <= out.high && out.bin > 0)
      ++out.histogram[static_cast<size_t>(std::min(bins - 1, (value - out.first_bin) / out.bin))];
  return out;
}

std::map<std::string, Intensity> intensities_of(const Store& store, const std::vector<PictureFacts>& facts) {
  using Channels = std::vector<std::vector<float>>;
  const auto append = [](Channels& all, const Channels& more) {
    all.resize(std::max(all.size(), more.size()));
    for (size_t c = 0; c < more.size(); ++c) all[c].insert(all[c].end(), more[c].begin(), more[c].end());
  };
  std::map<std::string, std::pair<Channels, Channels>> values;
  std::map<std::string, Intensity> all;
  for (size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].values.empty()) continue;
    const SampleInfo& info = store.info(i);
    const std::string kind =
        join(name_of(info.codec), ", ", static_cast<int>(info.bits), " bits x ", static_cast<int>(info.channels));
    ++all[kind].pictures;
    append(values[kind].first, facts[i].values);
    append(values[kind].second, facts[i].foreground);
  }
  for (auto& [kind, kept] : values) {
    for (std::vector<float>& channel : kept.first) all[kind].channels.push_back(channel_of(channel));
    for (std::vector<float>& channel : kept.second) all[kind].foreground.push_back(channel_of(channel));
  }
  return all;
}

}  // namespace

const char* name_of(Codec codec) {
  switch (codec) {
    case Codec::jpeg:
      return "jpeg";
    case Codec::png:
      return "png";
    case Codec::volume:
      return "volume";
  }
  return "unknown";
}

std::vector<PictureFacts> look_at_pictures(const Store& store, int threads, size_t most_values) {
  std::vector<PictureFacts> facts(store.size());
  const size_t each = std::max<size_t>(16, most_values / std::max<size_t>(1, store.size()));
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t sample = next++; sample < facts.size(); sample = next++) try {
        look_at(store, sample, each, facts[sample]);
      } catch (const std::exception& error) {  // out of memory, too: a thread that throws would end the program
        facts[sample] = {};
        facts[sample].damage = error.what();
      }
  };
  {
    std::vector<std::jthread> team;
    for (int i = 0; i < threads; ++i) team.emplace_back(work);
  }
  return facts;
}

PictureStatistics picture_statistics(const Store& store, const std::vector<PictureFacts>& facts) {
  PictureStatistics all;
  std::vector<double> width, height, bytes, aspect, views;
  for (size_t i = 0; i < store.size(); ++i) {
    const SampleInfo& info = store.info(i);
    width.push_back(info.upright_width()), height.push_back(info.upright_height()), bytes.push_back(info.bytes);
    aspect.push_back(1.0 * info.upright_width() / std::max(1u, info.upright_height()));
    if (info.codec == Codec::volume) views.push_back(info.views);
    ++all.sizes[join(info.upright_width(), "x", info.upright_height())];
    ++all.codecs[name_of(info.codec)];
    ++all.channels[info.channels], ++all.bits[info.bits], ++all.orientations[info.orientation];
    if (info.spacing[0] > 0) {
      char text[64];
      std::snprintf(text, sizeof text, "%.3g x %.3g x %.3g mm", info.spacing[0], info.spacing[1], info.spacing[2]);
      ++all.spacings[text];
    }
  }
  all.width = quantiles_of(width), all.height = quantiles_of(height), all.bytes = quantiles_of(bytes);
  all.aspect = quantiles_of(aspect), all.views = quantiles_of(views);
  all.intensities = intensities_of(store, facts);
  return all;
}

}  // namespace weft
