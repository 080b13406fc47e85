"""The hash of a model's weights, which is computed beside its load and the first call of a run.

Recipes and films name it; until it is known, a model's `ModelIdentity` has "" in its place.
"""

from collections.abc import Generator, Iterable
from pathlib import Path

from core.checkpoints.cache import CheckpointCache
from core.engine.loading.loaded_model import LoadedModel
from core.engine.weights.components import identity_of
from core.errors import ModelBroken
from core.files.stamps import stamps_of_model
from core.language.words import tr
from core.models.catalogue import hashed_files
from core.recipes.recipe import ModelIdentity
from core.runs.events import Loading, Phase

HASHED_AT_ONCE = 64 * 2**20


def identified(loaded: LoadedModel) -> Generator[Loading, None, ModelIdentity]:
    """Returns the identity of a model with all hashes; waits for them. Raises ModelBroken, also if it has changed.

    A hash is of the files as they are when it is computed: it must not name weights that were read of others.
    """
    model, known = loaded.model, loaded.family.identity
    if not known.hash or len(known.parts) < len(model.parts.places):
        yield from hashes_of(hashed_files(model), loaded.catalogue.memory)
        found = loaded.catalogue.identified(model)
        if loaded.stamps != stamps_of_model(model.folder, *model.places):
            raise ModelBroken(model.place, tr("it changes while it is read"))
        loaded.family.identity = identity_of(found)
    return loaded.family.identity


def hashes_of(files: Iterable[Path], memory: CheckpointCache) -> Generator[Loading]:
    """Waits until the hashes of files are known; a run can be stopped meanwhile. Raises ModelBroken."""
    for file in files:
        for done in memory.hashing(file):
            if done % HASHED_AT_ONCE == 0:
                yield Loading(Phase.loading_model)
