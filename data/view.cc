// SPDX-License-Identifier: Apache-2.0
// One decode, one resize: a view's map is split into a box of the stored picture that is resized on the way out of the
// decoder (data/box_resize.h), and what remains of it at the view's own size: nothing, an exchange of rows and columns,
// padding, or a turn.  EXIF orientations are maps like any other.  Of JPEGs the largest of 1/8, 1/4, 1/2 is decoded at
// which every view still has its pixels.
#include "data/view.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "data/image_codecs.h"
#include "data/view_parts.h"

namespace weft {
namespace {

// How the pixels of a source, the stored picture at some scale, become a view.
struct Placement {
  Affine to_view;             // source -> view
  Box box;                    // what of the source is resized
  int width = 0, height = 0;  // to what
  bool mirror_x = false, mirror_y = false, exchanged = false;
  int left = 0, top = 0;  // where it comes to lie, where nothing is left to be turned
  bool is_turned = false;
};

// Where nothing is turned: the part of the view that shows the picture, in whole pixels, and its box.
void place_upright(Placement& p, const Box& picture, int size) {
  const Box shown = intersection(mapped_box(p.to_view, picture), {0, 0, 1.0 * size, 1.0 * size});
  const auto part = [size](double from, double to) {
    const int first = std::clamp(static_cast<int>(std::lround(from)), 0, size - 1);
    return std::pair{first, std::clamp(static_cast<int>(std::lround(to)), first + 1, size)};
  };
  const auto [left, right] = part(shown.x0, shown.x1);
  const auto [top, bottom] = part(shown.y0, shown.y1);
  p.box = intersection(mapped_box(p.to_view.inverse(), {1.0 * left, 1.0 * top, 1.0 * right, 1.0 * bottom}), picture);
  p.left = left;
  p.top = top;
  p.exchanged = p.to_view.a == 0;
  p.width = p.exchanged ? bottom - top : right - left;
  p.height = p.exchanged ? right - left : bottom - top;
  p.mirror_x = p.exchanged ? p.to_view.d < 0 : p.to_view.a < 0;
  p.mirror_y = p.exchanged ? p.to_view.b < 0 : p.to_view.e < 0;
}

// What the view reaches, at the view's scale where that is smaller, so that a turn never shrinks.
void place_turned(Placement& p, const Box& picture, int size) {
  const double x_scale = std::min(1.0, std::hypot(p.to_view.a, p.to_view.d));
  const double y_scale = std::min(1.0, std::hypot(p.to_view.b, p.to_view.e));
  const Box seen = mapped_box(p.to_view.inverse(), {0, 0, 1.0 * size, 1.0 * size});
  constexpr double kReach = 3;  // of the cubic taps, in resized pixels
  p.box = intersection(
      {seen.x0 - kReach / x_scale, seen.y0 - kReach / y_scale, seen.x1 + kReach / x_scale, seen.y1 + kReach / y_scale},
      picture);
  if (p.box.is_empty()) p.box = picture;
  p.width = std::max(1, static_cast<int>(std::lround(p.box.width() * x_scale)));
  p.height = std::max(1, static_cast<int>(std::lround(p.box.height() * y_scale)));
  p.is_turned = true;
}

Placement place(const Affine& to_view, double width, double height, int size) {
  Placement p;
  p.to_view = to_view;
  const bool is_straight = (to_view.b == 0 && to_view.d == 0) || (to_view.a == 0 && to_view.e == 0);
  (is_straight ? place_upright : place_turned)(p, {0, 0, width, height}, size);
  return p;
}

// Pixels of the source to one of the view's, the lesser of both axes.
double shrinkage(const Affine& m) {
  return 1 / std::max(std::hypot(m.a, m.d), std::hypot(m.b, m.e));
}

// Resized pixels to the view, where that is more than a copy.
template <class T>
void lay_out(const Placement& p, const Planes<T>& resized, bool mirrored, const Planes<T>& view) {
  if (p.is_turned) {
    const Affine to_resized = {p.width / p.box.width(),
                               0,
                               -p.box.x0 * p.width / p.box.width(),
                               0,
                               p.height / p.box.height(),
                               -p.box.y0 * p.height / p.box.height()};
    return sample_planes(resized, p.to_view.inverse().then(to_resized), mirrored, view);
  }
  const int width = p.exchanged ? p.height : p.width, height = p.exchanged ? p.width : p.height;
  if (width < view.width || height < view.height) fill_grey(view, {0, 0, 1.0 * view.width, 1.0 * view.height});
  for (int c = 0; c < view.channels; ++c)
    for (int y = 0; y < height; ++y) {
      T* to = view.row(c, p.top + y) + p.left;
      if (p.exchanged)
        for (int x = 0; x < width; ++x) to[x] = resized.row(c, x)[y];
      else
        std::copy_n(resized.row(c, y), width, to);
    }
}

bool is_whole_view(const Placement& p, int size) {
  return !p.is_turned && !p.exchanged && p.width == size && p.height == size;
}

// Rows of a picture in memory, which may begin elsewhere than the picture they are part of.
class MemoryRows final : public RowSource {
 public:
  MemoryRows(const Image& image, int64_t first_row, int64_t first_column)
      : image_(image), first_row_(first_row), first_column_(first_column) {}
  const uint8_t* row(int y) override {
    return image_.row(static_cast<int>(y - first_row_)) + first_column_ * image_.channels;
  }

 private:
  const Image& image_;
  int64_t first_row_, first_column_;
};

ImageHeader header_of(const SampleInfo& info) {
  return {info.codec, info.width, info.height, info.channels};
}

}  // namespace

struct ViewMaker::Impl {
  WindowSettings windows;
  JpegDecoder decoder;
  std::vector<BoxResizer> resizers;  // one for each view of a sample
  std::vector<Placement> placements;
  Image part;  // what several views of a JPEG show together
  std::vector<uint8_t> resized, bytes;
  std::vector<float> resized_values;

  // Where a view of the upright picture looks.
  void draw(ViewRequest& request, ViewMap& map, double width, double height) {
    WEFT_ASSERT(request.augment && request.size > 0 && (request.pixels != nullptr) != (request.values != nullptr));
    map = draw_map(width, height, *request.augment, request.size, request.stream);
  }

  static Filter filter_of(const ViewRequest& request) {
    return request.augment->filter == "bilinear" ? Filter::bilinear : Filter::bicubic;
  }

  // After the geometry: colours, cutout, and what the map says of the view.
  template <class T>
  static void finish(const Planes<T>& view, ViewRequest& request, ViewMap& map) {
    change_colours(view, *request.augment, request.stream);
    map.hidden = draw_cutout(*request.augment, request.size, request.stream);
    if (!map.hidden.is_empty()) fill_grey(view, map.hidden);
    finish_map(map, request.size);
  }

  // u8 pixels of a view that is asked for in f32 are made beside it.
  uint8_t* pixels_of(const ViewRequest& request) {
    if (request.pixels) return request.pixels;
    bytes.resize(size_t{3} * request.size * request.size);
    return bytes.data();
  }

  void hand_over(const ViewRequest& request) {
    if (request.values)
      std::transform(bytes.begin(), bytes.end(), request.values, [](uint8_t byte) { return byte / 255.0f; });
  }

  void render(RowSource& rows, int channels, size_t i, ViewRequest& request, ViewMap& map) {
    const Placement& p = placements[i];
    uint8_t* pixels = pixels_of(request);
    const Planes<uint8_t> view = {pixels, request.size, request.size, 3};
    if (is_whole_view(p, request.size)) {
      resizers[i].run(rows, channels, pixels);
    } else {
      resized.resize(size_t{3} * p.width * p.height);
      resizers[i].run(rows, channels, resized.data());
      lay_out(p, {resized.data(), p.width, p.height, 3}, request.augment->scale_jitter_max == 0, view);
    }
    finish(view, request, map);
    hand_over(request);
  }

  void plan_resizes(const Affine& source_to_upright, double width, double height, int channels,
                    std::span<ViewRequest> requests, std::span<ViewMap> maps) {
    if (resizers.size() < requests.size()) resizers.resize(requests.size());
    placements.resize(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      const Placement& p = placements[i] =
          place(source_to_upright.then(maps[i].to_view), width, height, requests[i].size);
      resizers[i].plan.fill(static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)), p.box, p.width,
                            p.height, channels, filter_of(requests[i]), p.mirror_x, p.mirror_y);
    }
  }

  void make_from_jpeg(const SampleInfo& info, const Bytes& content, std::span<ViewRequest> requests,
                      std::span<ViewMap> maps);
  void make_from_image(const Image& image, std::span<ViewRequest> requests, std::span<ViewMap> maps);
  void make_from_values(const Raster& values, ViewRequest& request, ViewMap& map);
};

void ViewMaker::Impl::make_from_jpeg(const SampleInfo& info, const Bytes& content, std::span<ViewRequest> requests,
                                     std::span<ViewMap> maps) {
  const ImageHeader expected = header_of(info);
  const ImageHeader header = decoder.open(content.data(), content.size(), &expected);
  const int channels = header.channels == 1 ? 1 : 3;
  const Affine upright = upright_map(header.orientation, header.width, header.height);
  const Box whole = mapped_box(upright, {0, 0, 1.0 * header.width, 1.0 * header.height});
  double least = 8;
  for (size_t i = 0; i < requests.size(); ++i) {
    draw(requests[i], maps[i], whole.x1, whole.y1);
    least = std::min(least, shrinkage(maps[i].to_view) * (1 + 1e-9));
  }
  const int denominator = least >= 8 ? 8 : least >= 4 ? 4 : least >= 2 ? 2 : 1;
  const double k = denominator;
  plan_resizes(Affine{k, 0, 0, 0, k, 0}.then(upright), header.width / k, header.height / k, channels, requests, maps);
  const ResizePlan& first = resizers[0].plan;
  if (requests.size() == 1) {
    decoder.start(denominator, channels, first.along.source, first.down.source, first.down.stride);
    return render(decoder, channels, 0, requests[0], maps[0]);
  }
  Range columns = first.along.source, rows = first.down.source;
  for (size_t i = 1; i < requests.size(); ++i) {
    const ResizePlan& other = resizers[i].plan;
    columns = {std::min(columns.begin, other.along.source.begin), std::max(columns.end, other.along.source.end)};
    rows = {std::min(rows.begin, other.down.source.begin), std::max(rows.end, other.down.source.end)};
  }
  part.width = static_cast<int>(columns.size());
  part.height = static_cast<int>(rows.size());
  part.channels = channels;
  part.pixels.resize(static_cast<size_t>(channels) * part.width * part.height);
  decoder.start(denominator, channels, columns, rows, 1);
  for (int y = 0; y < part.height; ++y)
    std::memcpy(part.row(y), decoder.row(static_cast<int>(rows.begin) + y), size_t(channels) * part.width);
  for (size_t i = 0; i < requests.size(); ++i) {
    MemoryRows source(part, rows.begin, resizers[i].plan.along.source.begin - columns.begin);
    render(source, channels, i, requests[i], maps[i]);
  }
}

void ViewMaker::Impl::make_from_image(const Image& image, std::span<ViewRequest> requests, std::span<ViewMap> maps) {
  WEFT_ASSERT(image.channels == 3 || image.channels == 4);
  if (image.channels == 4 && is_opaque(image)) return make_from_image(colours_of(image), requests, maps);
  if (image.channels == 4) {
    for (size_t i = 0; i < requests.size(); ++i) {
      ViewRequest& request = requests[i];
      uint8_t* pixels = pixels_of(request);
      const Planes<uint8_t> view = {pixels, request.size, request.size, 3};
      maps[i] = draw_scene(image, *request.augment, request.stream, view);
      finish(view, request, maps[i]);
      hand_over(request);
    }
    return;
  }
  for (size_t i = 0; i < requests.size(); ++i) draw(requests[i], maps[i], image.width, image.height);
  plan_resizes({}, image.width, image.height, 3, requests, maps);
  for (size_t i = 0; i < requests.size(); ++i) {
    MemoryRows rows(image, 0, resizers[i].plan.along.source.begin);
    render(rows, 3, i, requests[i], maps[i]);
  }
}

void ViewMaker::Impl::make_from_values(const Raster& values, ViewRequest& request, ViewMap& map) {
  const Planes<float> view = {request.values, request.size, request.size, values.channels - values.has_alpha};
  if (values.has_alpha) {
    map = draw_scene(values, *request.augment, request.stream, view);
    return finish(view, request, map);
  }
  draw(request, map, values.width, values.height);
  const Placement p = place(map.to_view, values.width, values.height, request.size);
  if (is_whole_view(p, request.size)) {
    resize_values(values, p.box, filter_of(request), p.mirror_x, p.mirror_y, view);
  } else {
    resized_values.resize(size_t(values.channels) * p.width * p.height);
    const Planes<float> part = {resized_values.data(), p.width, p.height, values.channels};
    resize_values(values, p.box, filter_of(request), p.mirror_x, p.mirror_y, part);
    lay_out(p, part, request.augment->scale_jitter_max == 0, view);
  }
  finish(view, request, map);
}

ViewMaker::ViewMaker(WindowSettings windows) : impl_(std::make_unique<Impl>()) {
  impl_->windows = std::move(windows);
}
ViewMaker::~ViewMaker() = default;

void ViewMaker::make(const SampleInfo& info, const Bytes& content, uint32_t slice, std::span<ViewRequest> requests,
                     std::span<ViewMap> maps) {
  WEFT_ASSERT(requests.size() == maps.size() && !requests.empty());
  if (info.codec == Codec::jpeg) return impl_->make_from_jpeg(info, content, requests, maps);
  const ImageHeader expected = header_of(info);
  if (info.codec == Codec::png && info.bits <= 8)
    return impl_->make_from_image(decode_image(content.data(), content.size(), 0, &expected), requests, maps);
  const Raster raster = decode_raster(content.data(), content.size(), slice, &expected);
  const std::vector<Window> windows = windows_of(impl_->windows, raster);
  Raster values;
  Image image;
  for (size_t i = 0; i < requests.size(); ++i)
    if (requests[i].values) {
      if (values.values.empty()) values = windowed_values(raster, windows);
      impl_->make_from_values(values, requests[i], maps[i]);
    } else {
      if (image.pixels.empty()) image = windowed(raster, windows);
      impl_->make_from_image(image, requests.subspan(i, 1), maps.subspan(i, 1));
    }
}

ViewMap ViewMaker::make(const SampleInfo& info, const Bytes& content, uint32_t slice, ViewRequest request) {
  ViewMap map;
  make(info, content, slice, {&request, 1}, {&map, 1});
  return map;
}

ViewMap ViewMaker::make(const Image& image, ViewRequest request) {
  ViewMap map;
  impl_->make_from_image(image, {&request, 1}, {&map, 1});
  return map;
}

ViewMap ViewMaker::make(const Raster& values, ViewRequest request) {
  ViewMap map;
  impl_->make_from_values(values, request, map);
  return map;
}

int value_channels(const SampleInfo& info, const WindowSettings& windows) {
  if (info.codec == Codec::jpeg || (info.codec == Codec::png && info.bits <= 8)) return 3;
  const int opacity = info.codec == Codec::png && info.channels % 2 == 0;
  return std::max<int>(info.channels - opacity, static_cast<int>(windows.window.size()));
}

}  // namespace weft
