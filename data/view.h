// SPDX-License-Identifier: Apache-2.0
// A stored picture becomes the square that a model sees.  One affine map says where every place of the upright picture
// lies in the view; pixels follow it here, and boxes, points, scribbles and masks follow it in data/algebra.h
// (in_view). A picture with alpha is laid over a background drawn from a stream, so that the background is an
// augmentation in training and the same for every model in evaluation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/hash.h"
#include "base/random.h"
#include "configs/fields.h"
#include "data/image.h"
#include "data/window.h"

namespace weft {

struct AugmentSettings : Settings {
  // Where the view looks.
  double crop_scale_min = 0.9, crop_scale_max = 1.0;            // share of the image's area
  double crop_ratio_max = 4.0 / 3;                              // width / height in [1/max, max]
  double scale_jitter_min = 0.0, scale_jitter_max = 0.0;        // instead of a crop; 0: off
  double rotate_degrees = 0.0, shear_degrees = 0.0;             // uniform in [-this, this]
  double translate = 0.0;                                       // share of the view, either way
  double rescale = 0.0;                                         // factor log-uniform in [1 / (1 + r), 1 + r]
  double flip = 0.0, flip_vertical = 0.0, quarter_turns = 0.0;  // probabilities
  double zoom_min = 0.6, zoom_max = 1.0;  // side of an image with alpha, as a share of the view's side
  std::string filter = "bicubic";
  // What it looks like.
  double color_jitter = 0.0;  // brightness, contrast, saturation factors in [1 - j, 1 + j]
  double hue = 0.0;           // turn of the colour circle, uniform in [-this, this]
  double grayscale = 0.0;     // probability
  double blur = 0.0, blur_sigma_max = 2.0;
  double noise = 0.0;
  double cutout = 0.0, cutout_area_max = 0.2;
  void fields(Fields& visit) override;
};

// Where the upright picture lies in a view, and how much of it.
struct ViewMap {
  Affine to_view;
  double kept_share = 1;  // of the picture's area that the view shows
  bool flipped = false;   // left and right are exchanged
  double picture_width = 0, picture_height = 0;
  bool has_background = false;  // drawn by us: it is known to hold nothing
  Box hidden;                   // by a cutout, in the view; empty: nothing is
};

// 1 where the view shows the picture (or a background), 0 where padding, a mirrored edge or a cutout is: unknown.
void paint_known(const ViewMap& map, int size, uint8_t* known);
bool is_all_known(const ViewMap& map, int size);  // 1 everywhere: picture and view are convex, so four corners tell it

// One view: u8 planes (3, of size x size) into `pixels`, or 0 .. 1 into `values` (value_channels() planes).
struct ViewRequest {
  const AugmentSettings* augment = nullptr;
  int size = 0;
  Stream stream;
  uint8_t* pixels = nullptr;
  float* values = nullptr;
};

// Planes of a sample's f32 views: its channels but opacity, or one for each window.
int value_channels(const SampleInfo& info, const WindowSettings& windows);

// Makes training views; one for each thread, because it keeps its decoder and its buffers.
class ViewMaker {
 public:
  explicit ViewMaker(WindowSettings windows = {});
  ~ViewMaker();
  // Views of one sample (of one slice of a volume), from one decode of the part that they show together.  Error where
  // the content is not what `info` says.
  void make(const SampleInfo& info, const Bytes& content, uint32_t slice, std::span<ViewRequest> requests,
            std::span<ViewMap> maps);
  ViewMap make(const SampleInfo& info, const Bytes& content, uint32_t slice, ViewRequest request);
  // The same of a picture that is decoded and upright.
  ViewMap make(const Image& image, ViewRequest request);
  ViewMap make(const Raster& values, ViewRequest request);  // windowed; into request.values

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How a picture of any shape becomes the square that a model is shown: its short side fits and the middle is cut out
// (CLIP), both sides are made to fit (SigLIP), its long side fits and the rest is padded with zeros on both sides, or
// its long side fits, in the corner where x and y begin, and the rest is padded with a colour (SAM).
enum class Resize : uint8_t { shortest, squash, longest, corner };
// A picture with alpha, in evaluation: whole and centred, 0.9 of the view's side, over a background that is drawn; or
// as other trainers take it, opaque, with the colours that its transparent pixels happen to have.
enum class Alpha : uint8_t { over_background, dropped };

struct EvaluationShape {
  int size = 0;
  Resize resize = Resize::shortest;
  Alpha alpha = Alpha::over_background;
  // NOLINTNEXTLINE(google-explicit-constructor): a size alone is a shape
  EvaluationShape(int size, Resize resize = Resize::shortest, Alpha alpha = Alpha::over_background)
      : size(size), resize(resize), alpha(alpha) {}
};

// The evaluation preprocessing of open_clip 3.3 before its normalisation, byte for byte: Pillow 13's
// bicubic of the whole picture in the channels it has (grey, colour, premultiplied alpha, inks), its middle, then
// three colours.  Otherwise than there, pictures are turned upright by their EXIF orientation, palettes and 1-bit
// pictures are resized as smoothly as others, and 16 bits are seen through their window.
ViewMap evaluation_view(const SampleInfo& info, const Bytes& content, const EvaluationShape& shape, Stream& background,
                        uint8_t* out);
ViewMap evaluation_view(const Image& image, const EvaluationShape& shape, Stream& background, uint8_t* out);

// The background of a sample's evaluation view: (seed, Purpose::background, 0, uid), the same for every model.
Stream evaluation_background(const Uid& uid, uint64_t seed);

// One of: one colour, a gradient between two, soft blobs of a few colours, stripes.  size * size * 3 (HWC).
void draw_background(int size, Stream& stream, uint8_t* out);

}  // namespace weft
