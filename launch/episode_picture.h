// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/image.h"
#include "data/prompts/prompt.h"

namespace weft {

// What an episode looks like to a person: a part of a picture, enlarged; the prediction as a tint, the truth's outline
// as a line, positive clicks as light discs with a dark rim, negative ones as dark discs with a light rim.  Planes and
// clicks are of the whole picture.
struct PicturePart {
  int x, y, width, height;
};
Image episode_picture(const Image& picture, const PicturePart& part, const uint8_t* truth, const uint8_t* prediction,
                      const PromptPoints& clicks);

}  // namespace weft
