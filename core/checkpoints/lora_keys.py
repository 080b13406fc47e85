"""The tensors of a LoRA file, gathered layer by layer, and the method by which each layer is changed.

The endings of the names are those of kohya's sd-scripts, diffusers (old and new), peft, and LyCORIS
(``lycoris/modules``, Yeh et al. 2023), as ComfyUI's ``weight_adapter`` reads them, too.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.language.words import tr

LORA, LOHA, LOKR, DIFFERENCE = "LoRA", "LoHa", "LoKr", "difference"
INCOMPLETE, UNKNOWN = "incomplete", "unknown"
SUPPORTED = frozenset({LORA, LOHA, LOKR, DIFFERENCE})

_TAG = r"(?:\.(?!bias\b)\w+)?(?:\.weight)?"  # peft puts an adapter's name between: lora_A.default.weight
_ENDINGS = tuple(
    (re.compile(rf"{pattern}$"), role)
    for pattern, role in (
        (r"\.lora_(?:up|B(?:\.\w+)?)\.bias", "up_bias"),
        (rf"(?:\.lora_down|\.lora_A|[._]lora\.down|\.lora_linear_layer\.down){_TAG}", "down"),
        (rf"(?:\.lora_up|\.lora_B|[._]lora\.up|\.lora_linear_layer\.up){_TAG}", "up"),
        (r"\.lora_mid\.weight", "mid"),
        (rf"\.lora_magnitude_vector{_TAG}", "dora_scale"),
        (rf"\.(hada_w[12]_[ab]|hada_t[12]|lokr_w[12](?:_[ab])?|lokr_t2){_TAG}", ""),
        (r"(?:[._]lora|\.lora_linear_layer)?\.(alpha)", ""),
        (r"\.(dora_scale|scalar|diff|diff_b|w_norm|b_norm)", ""),
        (r"\.(?:oft_\w+|boft_\w+)(?:\.\w+)*", "OFT"),
        (r"\.[ab][12]\.weight", "GLoRA"),
        (r"\.on_input", "IA3"),
        (r"\.lora_embedding_[AB](?:\.\w+)*", "LoRA of embeddings"),
        (r"\.(?:reshape_weight|set_weight)", "replaced weights"),
    )
)
_EMBEDDING = re.compile(r"^(bundle_emb\.[^.]+|emb_params|string_to_param)\b.*")
_METHODS = (
    (LORA, frozenset({"down", "up"}), frozenset({"mid", "up_bias"})),
    (LOHA, frozenset({"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"}), frozenset({"hada_t1", "hada_t2"})),
    *(
        (LOKR, frozenset((*first, *second)), frozenset({"lokr_t2"}))
        for first in (("lokr_w1",), ("lokr_w1_a", "lokr_w1_b"))
        for second in (("lokr_w2",), ("lokr_w2_a", "lokr_w2_b"))
    ),
    *((DIFFERENCE, frozenset({role}), frozenset({"diff", "w_norm", "b_norm"})) for role in ("diff", "w_norm")),
    *((DIFFERENCE, frozenset({role}), frozenset[str]()) for role in ("diff_b", "b_norm")),
)
_BESIDE_ANY = frozenset({"alpha", "dora_scale", "scalar", "diff_b"})
_NAMED = ("OFT", "GLoRA", "IA3", "LoRA of embeddings", "replaced weights", "embedding")
_LYCORIS = ("hada_", "lokr_", "dora_")
MARKS = frozenset(
    {"down", "up", "diff", "diff_b", "w_norm", "b_norm", "OFT", "GLoRA", "IA3", "LoRA of embeddings"}
)
"""Roles that only additions to a model have, beside those that begin as LyCORIS names them."""

_OTHER_ADDITIONS = (
    ("image_proj.", tr("it is an IP-Adapter, which is used as a control, not as a LoRA")),
    ("lora_controlnet", tr("it is a Control-LoRA, which is used as a control, not as a LoRA")),
)


@dataclass(frozen=True, slots=True)
class LoraLayer:
    """The tensors that change one layer of a model.

    Attributes:
        name: the layer's, as the file writes it, with its prefix: ``lora_unet_mid_block_attentions_0_proj_in``.
        method: one of `SUPPORTED`, the name of one that cannot be applied, `INCOMPLETE` or `UNKNOWN`.
        tensors: names in the file, by role: ``down``, ``up``, ``alpha``, ``hada_w1_a``, …; others by themselves.
    """

    name: str
    method: str
    tensors: Mapping[str, str]

    @property
    def kind(self) -> str:
        """Returns the method as users know it: a decomposed one is DoRA (Liu et al. 2024)."""
        if "dora_scale" in self.tensors:
            return "DoRA" if self.method == LORA else tr("{method} with DoRA", method=self.method)
        return self.method


def lora_layers(names: Iterable[str]) -> tuple[LoraLayer, ...]:
    """Returns the layers of a LoRA file; each name of a tensor is in exactly one of them."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted(names):
        layer, role = _split(name)
        tensors = found.setdefault(layer, {})
        tensors[role if role not in tensors else name] = name
    return tuple(LoraLayer(name, _method(tensors), MappingProxyType(tensors)) for name, tensors in found.items())


def is_addition(layers: Iterable[LoraLayer]) -> bool:
    """True when some of the layers change a model in a way of LoRA's kin."""
    roles = {role for layer in layers for role in layer.tensors}
    return bool(roles & MARKS) or any(role[:5] in _LYCORIS for role in roles)


def title(layers: Iterable[LoraLayer]) -> str:
    """Returns the kind of the file: ``"a LoRA"``, ``"a LoRA (DoRA)"``, ``"a LyCORIS file (LoHa, LoRA)"``."""
    counts = Counter(layer.kind for layer in layers if layer.method not in (INCOMPLETE, UNKNOWN))
    kinds = [kind for kind, _ in counts.most_common()]
    if {*kinds} <= {LORA}:
        return tr("a LoRA")
    what = tr("a LoRA") if {*kinds} <= {LORA, "DoRA"} else tr("a LyCORIS file")
    return f"{what} ({', '.join(kinds)})"


def refusal(layers: Iterable[LoraLayer]) -> str:
    """Returns why a file with such layers is of no use to any model, as a sentence; "" when it is a LoRA."""
    layers = tuple(layers)
    for start, sentence in _OTHER_ADDITIONS:
        if any(name.startswith(start) for layer in layers for name in layer.tensors.values()):
            return sentence
    if not is_addition(layers) or any(layer.method in SUPPORTED for layer in layers):
        return ""
    if all(layer.method in (INCOMPLETE, UNKNOWN) for layer in layers):
        return tr("it is a LoRA, and each of its layers lacks a part")
    return tr("it is {title}, not supported yet", title=title(layers))


def _split(name: str) -> tuple[str, str]:
    if embedding := _EMBEDDING.match(name):
        return embedding[1], "embedding"
    for pattern, role in _ENDINGS:
        if found := pattern.search(name):
            return name[: found.start()], role or found[1]
    return name.rpartition(".")[0], name


def _method(tensors: Mapping[str, str]) -> str:
    roles = tensors.keys()
    for name in _NAMED:
        if name in roles:
            return name
    for method, needed, allowed in _METHODS:
        if needed <= roles and roles <= needed | allowed | _BESIDE_ANY:
            return method
    is_known = all(role.isidentifier() for role in roles) and roles & MARKS | {
        r for r in roles if r[:5] in _LYCORIS
    }
    return INCOMPLETE if is_known else UNKNOWN
