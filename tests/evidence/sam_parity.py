#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""segment-anything's side of segmenter.1.
   sam_parity.py make FOLDER IMAGE ...   models filled by counters: names, features, what they answer, odd pictures
   sam_parity.py check FOLDER            reads the weights that weft wrote, strictly; compares every bit, and
                                         transformers' answers from them with segment-anything's"""
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from segment_anything import sam_model_registry
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from segment_anything.utils.transforms import ResizeLongestSide

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
import counter_fill  # noqa: E402
import make_automatic_masks  # noqa: E402
import make_sam  # noqa: E402

TINY = dict(img_size=256, embed_dim=192, depth=6, num_heads=3, window_size=8, global_attn_indexes=(2, 5), out_chans=256)
ODD = [(1000, 31), (1023, 7), (1024, 768), (1025, 3), (999, 1501), (1, 1), (1, 40), (37, 2), (640, 427), (427, 640), (333, 500), (2048, 1024),
       (255, 256), (257, 256), (801, 1200), (19, 7), (1500, 1499), (64, 1000), (511, 513), (1200, 1)]


def build(name):
    if name != "tiny":
        return sam_model_registry[name]()
    return Sam(
        image_encoder=ImageEncoderViT(mlp_ratio=4, norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), qkv_bias=True, use_rel_pos=True, patch_size=16, **TINY),
        prompt_encoder=PromptEncoder(embed_dim=256, image_embedding_size=(16, 16), input_image_size=(256, 256), mask_in_chans=16),
        mask_decoder=MaskDecoder(num_multimask_outputs=3, transformer=TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8),
                                 transformer_dim=256, iou_head_depth=3, iou_head_hidden_dim=256))


def view(image, size):
    """u8 [3, S, S] with the mean's bytes as padding, and the same as f32 with the mean itself."""
    seen = ResizeLongestSide(size).apply_image(np.asarray(image.convert("RGB"))).transpose(2, 0, 1)
    exact = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1).repeat(1, size, size)
    exact[:, : seen.shape[1], : seen.shape[2]] = torch.from_numpy(seen.copy())
    return exact.round().to(torch.uint8), exact


def scaled(case, size):
    """The golden's prompts lie in 128 pixels."""
    return case | {key: (np.array(case[key]) * size / 128).tolist() for key in ("points", "box") if key in case}


def answers(sam, features):
    out, tensors = [], {}
    side = sam.prompt_encoder.mask_input_size[0]
    for i, case in enumerate(make_sam.CASES):
        case = scaled(case, sam.image_encoder.img_size)
        image = i % len(features)
        points = (torch.tensor([case["points"]]), torch.tensor([case["labels"]])) if "points" in case else None
        box = torch.tensor([case["box"]]) if "box" in case else None
        mask = torch.from_numpy(8 * counter_fill.values("mask", (1, 1, side, side))) if "mask" in case else None
        sparse, dense = sam.prompt_encoder(points=points, boxes=box, masks=mask)
        tensors[f"sparse.{i}"], tensors[f"dense.{i}"] = sparse[0].contiguous(), dense[0].flatten(1).t().contiguous()
        for name, multimask in (("one", False), ("three", True)):
            low, iou = sam.mask_decoder(image_embeddings=features[image, None], image_pe=sam.prompt_encoder.get_dense_pe(),
                                        sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense, multimask_output=multimask)
            tensors[f"{name}.masks.{i}"], tensors[f"{name}.iou.{i}"] = low[0].contiguous(), iou[0].contiguous()
        out.append({"image": image, "case": case})
    return out, tensors


def compared(name, sam, images, folder, weights=False):
    """Leaves what released models are compared by, tools/compare_sam.py too."""
    size = sam.image_encoder.img_size
    views = [view(image, size) for image in images]
    pixels = torch.stack([exact for _, exact in views])
    features = torch.cat([sam.image_encoder((each[None] - sam.pixel_mean) / sam.pixel_std) for each in pixels])
    cases, tensors = answers(sam, features)
    save_file(tensors | {"pixels": pixels, "features": features.contiguous()}, folder / f"{name}.safetensors")
    parts = {"image_encoder.": sam.image_encoder, "prompt_encoder.": sam.prompt_encoder, "mask_decoder.": sam.mask_decoder}
    state = sam.state_dict()
    if weights:
        save_file({key: tensor.contiguous() for key, tensor in state.items()}, folder / f"{name}.weights")
    (folder / f"{name}.json").write_text(json.dumps({
        "shapes": {key: list(tensor.shape) for key, tensor in state.items()},
        "counts": {start: sum(p.numel() for p in part.parameters()) for start, part in parts.items()}, "answers": cases}))
    print(f"{name}: {len(state)} tensors, features of {len(images)} images, {len(cases)} prompts", flush=True)


@torch.no_grad()
def make(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    images = [Image.open(file) for file in files]
    for name, count in (("tiny", len(images)), ("vit_b", 1)):
        sam = build(name).eval()
        counter_fill.fill(sam)
        compared(name, sam, images[:count], folder)
    odd = {}
    for i, (width, height) in enumerate(ODD):
        noisy = (counter_fill.bits(f"odd.{i}", width * height * 3) >> np.uint64(56)).astype(np.uint8).reshape(height, width, 3)
        Image.fromarray(noisy).save(folder / f"odd.{i:02}.png")
        odd[f"odd.{i:02}.png"] = view(Image.fromarray(noisy), 1024)[0]
    save_file(odd, folder / "odd.views")
    golden = json.loads((Path(make_automatic_masks.__file__).parent / "automatic_masks.json").read_text())
    if golden["cases"] != [make_automatic_masks.case(each) for each in make_automatic_masks.CASES]:
        raise SystemExit("automatic_masks.json is not what segment-anything makes here")
    print(f"automatic masks: {sum(len(case['masks']) for case in golden['cases'])} of {len(golden['cases'])} pictures are the golden's")


def as_transformers(file):
    c = TINY
    model = transformers.SamModel(transformers.SamConfig(
        vision_config=transformers.SamVisionConfig(hidden_size=c["embed_dim"], num_hidden_layers=c["depth"], num_attention_heads=c["num_heads"],
                                                   image_size=c["img_size"], window_size=c["window_size"], mlp_dim=4 * c["embed_dim"],
                                                   global_attn_indexes=list(c["global_attn_indexes"]), output_channels=256),
        prompt_encoder_config=transformers.SamPromptEncoderConfig(image_size=c["img_size"]),
        mask_decoder_config=transformers.SamMaskDecoderConfig(layer_norm_eps=1e-5)))  # segment-anything's; the class has 1e-6
    model.load_state_dict(load_file(file), strict=True)
    return model.eval()


@torch.no_grad()
def check(folder):
    bad = 0
    for name in ("tiny", "vit_b"):
        sam = build(name)
        sam.load_state_dict(load_file(folder / f"{name}.weft.safetensors"), strict=True)
        wrong = [key for key, tensor in sam.state_dict().items() if not np.array_equal(tensor.numpy(), counter_fill.values(key, tuple(tensor.shape)))]
        print(f"{name}: segment-anything reads weft's file: {len(wrong)} tensors differ", flush=True)
        bad += len(wrong)
    model, facts, tensors = as_transformers(folder / "tiny.hugging_face.safetensors"), json.loads((folder / "tiny.json").read_text()), load_file(folder / "tiny.safetensors")
    pixels = (tensors["pixels"] - sam.pixel_mean) / sam.pixel_std
    most = 0.0
    for i in (0, 1):
        case = facts["answers"][i]
        found = model(pixel_values=pixels[case["image"], None], input_points=torch.tensor([[case["case"]["points"]]]), input_labels=torch.tensor([[case["case"]["labels"]]]))
        most = max(most, (found.pred_masks[0, 0] - tensors[f"three.masks.{i}"]).abs().max().item())
    print(f"tiny: transformers' SamModel reads weft's file and answers within {most:.2e} of segment-anything")
    return bad > 0 or most > 1e-4


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(check(Path(sys.argv[2])))
    make(Path(sys.argv[2]), [Path(file) for file in sys.argv[3:]])
