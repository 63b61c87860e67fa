// SPDX-License-Identifier: Apache-2.0
#include "data/importers/importers.h"

#include <array>

#include "base/error.h"
#include "data/importers/import_chexpert.h"
#include "data/importers/import_coco.h"
#include "data/importers/import_csv.h"
#include "data/importers/import_cvat.h"
#include "data/importers/import_dicom.h"
#include "data/importers/import_emoji.h"
#include "data/importers/import_folder.h"
#include "data/importers/import_imagenet_list.h"
#include "data/importers/import_labelme.h"
#include "data/importers/import_lvis.h"
#include "data/importers/import_masks.h"
#include "data/importers/import_mvtec.h"
#include "data/importers/import_nifti.h"
#include "data/importers/import_nnunet.h"
#include "data/importers/import_openimages.h"
#include "data/importers/import_pairs.h"
#include "data/importers/import_sa1b.h"
#include "data/importers/import_scenes.h"
#include "data/importers/import_tsv.h"
#include "data/importers/import_voc.h"
#include "data/importers/import_webdataset.h"
#include "data/importers/import_yolo.h"
#include "data/manifest.h"

namespace weft {
namespace {

template <class Kind>
std::unique_ptr<Importer> make() {
  return std::make_unique<Kind>();
}

constexpr std::array kImporters = {
    KindOf<Importer>{"chexpert", "findings of chest X-rays in a table (CheXpert, ChestX-ray14); patients stay hashes",
                     make<ChexpertImporter>},
    KindOf<Importer>{"coco", "COCO's JSON: instances, keypoints, stuff, panoptic, captions, labels; also Roboflow's",
                     make<CocoImporter>},
    KindOf<Importer>{"csv", "a table of images with captions, tags, classes, boxes, groups, splits", make<CsvImporter>},
    KindOf<Importer>{"cvat", "CVAT's XML 1.1 with its pictures, of images or of a video", make<CvatImporter>},
    KindOf<Importer>{"dicom", "DICOM files below a folder: a volume per series, and nothing that names a patient",
                     make<DicomImporter>},
    KindOf<Importer>{"emoji", "emoji of a colour font with CLDR's names and keywords; SOURCE is -",
                     make<EmojiImporter>},
    KindOf<Importer>{"folder", "one sub-folder of images per class", make<FolderImporter>},
    KindOf<Importer>{"imagenet_list", "lines of an image and the number of its class, and synsets.txt",
                     make<ImagenetListImporter>},
    KindOf<Importer>{"labelme", "LabelMe: XML of the web tool, JSON of the desktop tool", make<LabelmeImporter>},
    KindOf<Importer>{"lvis", "LVIS: instances of many classes, with what each picture was searched for",
                     make<LvisImporter>},
    KindOf<Importer>{"masks", "folders of pictures and of masks: a file per object, or a label picture each",
                     make<MasksImporter>},
    KindOf<Importer>{"mvtec", "good and defective pictures with masks, as MVTec AD has them", make<MvtecImporter>},
    KindOf<Importer>{"nifti", "NIfTI-1 volumes, and label volumes of the same names", make<NiftiImporter>},
    KindOf<Importer>{"nnunet", "a raw dataset of nnU-Net 2: volumes or PNGs with label maps", make<NnunetImporter>},
    KindOf<Importer>{"openimages", "Open Images 4 to 6: verified and machine labels, boxes, masks",
                     make<OpenimagesImporter>},
    KindOf<Importer>{"pairs", "templates and tested pictures with boxes of defects, as DeepPCB has them",
                     make<PairsImporter>},
    KindOf<Importer>{"sa1b", "SA-1B: pictures with a JSON of class-agnostic masks beside each", make<Sa1bImporter>},
    KindOf<Importer>{"scenes", "emoji on backgrounds and textures, with masks of everything; SOURCE is -",
                     make<ScenesImporter>},
    KindOf<Importer>{"tsv", "lines of image<TAB>caption, optionally <TAB>group", make<TsvImporter>},
    KindOf<Importer>{"voc", "Pascal VOC: XML boxes and parts, lists of splits, masks", make<VocImporter>},
    KindOf<Importer>{"webdataset",
                     "tar archives (a folder, or a {000..099} pattern) of images, captions, classes, JSON",
                     make<WebdatasetImporter>},
    KindOf<Importer>{"yolo", "YOLO's text labels: darknet, Ultralytics, Roboflow", make<YoloImporter>},
};

}  // namespace

std::span<const KindOf<Importer>> importers() {
  return kImporters;
}

std::unique_ptr<Importer> make_importer(const std::string& name) {
  std::vector<std::string> known;
  for (const KindOf<Importer>& kind : kImporters) {
    if (name == kind.name) return kind.settings();
    known.push_back(kind.name);
  }
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  const std::string near = nearest(name, known);
  fail("there is no importer \"", name, "\"; ", near.empty() ? "" : "did you mean \"" + near + "\"? ", "known: ", list);
}

void Importer::fields(Fields& visit) {
  visit("licence", licence, not_empty, "under which the images and texts may be used; kept in the dataset");
  visit("held_back", held_back, unit, "share of the groups drawn into the split held_back, where the source has none");
  visit("dev", dev, unit, "share of the other groups drawn into the split dev, where the source has no splits");
  visit("split_seed", split_seed, non_negative, "draws other groups");
  const Check folds_or_none{join("0 (none) or 2 to ", Folds::kMost),
                            [](double count) { return count == 0 || (count >= 2 && count <= Folds::kMost); }, nullptr};
  const Check split_and_file{"a name, = and a file, as in \"held_back=names.txt\"", nullptr,
                             [](const std::string& text) {
                               const size_t equals = text.find('=');
                               return equals != std::string::npos && equals > 0 && equals + 1 < text.size();
                             }};
  visit(
      "split_lists", split_lists, split_and_file,
      "splits of your own, \"held_back=FILE\": each line of FILE is a group (where nothing makes groups, the key of an "
      "image); groups of no list are in train");
  visit("folds", folds, folds_or_none, "parts that the train split is cut into: fold0 and train-fold0, ...");
  visit("group_from", group_from, any,
        "regular expression; what its first parentheses catch of an image's name is its group, e.g. the patient");
  visit("tokenizer_merges", tokenizer_merges, non_negative, "most merges of the tokenizer trained on the train split");
  visit("shard_megabytes", shard_megabytes, between(1, 65536), "size (MiB) at which a new image file is begun");
  visit("link", link, any, "leave the images where they are, and keep file, offset, length and checksum");
  visit("report", report, any, "file of the report as JSON; empty: import_report.json in the dataset");
  visit.section("on", on, "what is done about a problem: refuse (stop and say where), skip or repair (and report it)");
}

}  // namespace weft
