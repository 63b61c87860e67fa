# SPDX-License-Identifier: Apache-2.0
"""Writes folders as CheXpert and ChestX-ray14 have them, with made-up patients.      make_chexpert.py FOLDER

CheXpert-v1.0-small/{train,valid}.csv with 14 findings of 1.0, 0.0, -1.0 or nothing, and the pictures they name;
nih/Data_Entry_2017.csv with "Finding Labels" and a header whose brackets hold commas, pictures in images_001/images.
"""
import csv
import pathlib
import random
import sys

import tiny_png

FINDINGS = ["No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema",
            "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other",
            "Fracture", "Support Devices"]
NIH = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Pleural_Thickening", "Hernia"]


def main():
    folder, rng, shade = pathlib.Path(sys.argv[1]), random.Random(7), 0
    small = folder / "CheXpert-v1.0-small"
    for split, patients in (("train", range(1, 31)), ("valid", range(64541, 64547))):
        small.mkdir(parents=True, exist_ok=True)
        with open(small / f"{split}.csv", "w", newline="") as text:
            rows = csv.writer(text)
            rows.writerow(["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA"] + FINDINGS)
            for patient in patients:
                for study in range(rng.randint(1, 3)):
                    name = f"CheXpert-v1.0-small/{split}/patient{patient:05}/study{study + 1}/view1_frontal.jpg"
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_bytes(tiny_png.plain_png(shade := shade + 1))
                    healthy = rng.random() < .2
                    states = ["1.0" if healthy else ""] + [
                        "" if healthy else rng.choice(["1.0", "0.0", "-1.0", "", "", ""]) for _ in FINDINGS[1:]]
                    rows.writerow([name, rng.choice(["Male", "Female", "Unknown"]), rng.randint(18, 90), "Frontal",
                                   rng.choice(["AP", "PA", ""])] + states)
    nih = folder / "nih"
    (nih / "images_001" / "images").mkdir(parents=True, exist_ok=True)
    with open(nih / "Data_Entry_2017.csv", "w") as text:
        text.write("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
                   "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n")
        for patient in range(1, 11):
            for visit in range(rng.randint(1, 3)):
                name = f"{patient:08}_{visit:03}.png"
                (nih / "images_001" / "images" / name).write_bytes(tiny_png.plain_png(shade := shade + 1))
                found = "|".join(rng.sample(NIH, rng.randint(0, 3))) or "No Finding"
                text.write(f"{name},{found},{visit},{patient},0{rng.randint(20, 80)}Y,M,PA,2682,2749,0.143,0.143,\n")


if __name__ == "__main__":
    main()
