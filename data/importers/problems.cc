// SPDX-License-Identifier: Apache-2.0
// The problems that imports meet: names, defaults and choices, one row each.  Defaults refuse where going on could make
// a false statement or lose a picture unseen, and mend where only one meaning is left.
#include <algorithm>

#include "base/error.h"
#include "data/importers/importers.h"

namespace weft {
namespace {

struct About {
  Problem problem;
  const char* name;
  std::vector<std::string> choices;  // the first is the default
  const char* help;
  const char* repair;  // what a repair does, where there is one
};

const std::vector<About>& problems() {
  static const std::vector<About> all = {
      {Problem::unreadable_image, "unreadable_image", {"refuse", "skip"}, "an image that cannot be read", ""},
      {Problem::missing_image, "missing_image", {"refuse", "skip"}, "a label names an image that is not there", ""},
      {Problem::unlabelled_image,
       "unlabelled_image",
       {"repair", "skip", "refuse"},
       "an image that no label names",
       "kept without a statement"},
      {Problem::malformed_label,
       "malformed_label",
       {"refuse", "skip", "repair"},
       "a label that cannot be understood",
       "mended where it can mean one thing only"},
      {Problem::box_outside,
       "box_outside",
       {"repair", "skip", "refuse"},
       "a region that reaches beyond the picture",
       "cut at the picture's edge"},
      {Problem::box_empty, "box_empty", {"skip", "refuse"}, "a box without an area", ""},
      {Problem::bad_mask,
       "bad_mask",
       {"refuse", "skip", "repair"},
       "an empty mask, runs that do not fill it, a polygon with fewer than three corners",
       "the parts that are sound are kept"},
      // Not repaired by default: nothing says whether the coordinates are of the stated or of the true size.
      {Problem::size_mismatch,
       "size_mismatch",
       {"refuse", "skip", "repair", "scale"},
       "a label states another size than the picture has; scale: its coordinates are of the size it states",
       "its coordinates are taken as they are"},
      {Problem::unknown_class,
       "unknown_class",
       {"refuse", "skip", "repair"},
       "a class that the source's own list lacks",
       "added to the list"},
      {Problem::repeated_label,
       "repeated_label",
       {"repair", "refuse"},
       "the same statement twice, or two classes of one name",
       "it counts once"},
      {Problem::text_not_utf8, "text_not_utf8", {"refuse", "skip", "repair"}, "a text is not UTF-8", "read as Latin-1"},
      {Problem::empty_text, "empty_text", {"repair", "refuse"}, "a text is empty", "the image is kept without it"},
      {Problem::conflict,
       "conflict",
       {"refuse", "skip", "repair"},
       "two places put one image into different groups or splits",
       "the first place counts"},
  };
  return all;
}

const About& about(Problem problem) {
  const auto& all = problems();
  return *std::find_if(all.begin(), all.end(), [&](const About& one) { return one.problem == problem; });
}

}  // namespace

const char* name_of(Problem problem) {
  return about(problem).name;
}

std::string hint_for(Problem problem) {
  const About& it = about(problem);
  const std::pair<std::string, std::string> ways[] = {{"skip", " leaves it out and reports it"},
                                                      {"repair", join(": ", it.repair)},
                                                      {"scale", " scales the coordinates"}};
  std::string hint;
  for (const auto& [choice, does] : ways)
    if (std::find(it.choices.begin(), it.choices.end(), choice) != it.choices.end())
      hint += join(hint.empty() ? "" : "; ", "on.", it.name, "=", choice, does);
  return hint;
}

std::string repair_of(Problem problem) {
  return about(problem).repair;
}

Policies::Policies() {
  for (const About& one : problems()) chosen[one.problem] = one.choices.front();
}

void Policies::fields(Fields& visit) {
  for (const About& one : problems()) {
    const std::string repair = *one.repair ? join("; repair: ", one.repair) : "";
    visit(one.name, chosen[one.problem], one_of(one.choices), one.help + repair);
  }
}

}  // namespace weft
