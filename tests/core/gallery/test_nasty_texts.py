"""Three hundred prompts and names that other programs stumble over: saved, found, told as they are."""

from __future__ import annotations

from pathlib import Path

from core.gallery.marks import MarkChange
from core.gallery.query import Query
from core.pictures.saving import save
from tests.core.gallery.conftest import Library
from tests.pictures import generated_image

PARTS = (
    "CON", "nul.txt", "COM1", "../../etc/passwd", "..\\..\\windows", "/absolute", "C:\\x", "trailing. . .",
    " spaces ", "a\0b", "tab\tand\nline", "\x1b[31mred", "<b>bold</b><img src=x onerror=alert(1)>", "%s%n%x",
    "{0}{prompt}", "'; DROP TABLE picture; --", '"quoted" AND NOT', "NEAR(a b)", "* OR *", "日本語の家", "北京市",
    "ภาษาไทย", "한국어 집", "שלום עולם", "مرحبا بالعالم", "\u202eevil\u202c", "\u200b\u200dzero",
    "👩\u200d👩\u200d👧 family",
    "🏳️\u200d🌈", "e\u0301 é", "Straße İstanbul", "\ufeffbom", "\ud800", "\U0010ffff", "x" * 10_000,
    "word " * 2_000, "?" * 50, "-dash", "--", '"', "`$(id)`", "Steps: 20, Sampler: Euler, Seed: 1, Size: 8x8",
    "Negative prompt: tricked", "\r\n\r\n", "\u2060", "ﷺ", "𝒻𝒶𝓃𝒸𝓎",
)  # fmt: skip
PROMPTS = [f"{part} {number}" for number in range(7) for part in PARTS][:300]


def test_all_are_saved_found_and_told_as_they_are(library: Library) -> None:
    paths = [save(generated_image(prompt, seed=seed), library.pictures) for seed, prompt in enumerate(PROMPTS)]
    assert len(PROMPTS) == len(set(paths)) == 300
    assert all(path.parent.parent == library.pictures for path in paths)
    assert library.scan().added == 300
    by_path = {picture.path: picture for picture in library.found()}
    for path, prompt in zip(paths, PROMPTS, strict=True):
        picture = by_path[path]
        assert picture.problem == ""
        assert picture.prompt == prompt[:20_000].replace("\0", "").encode("utf-8", "ignore").decode()
        found = library.finder.find(Query(text=prompt.lstrip("-"))).ids
        assert picture.id in found, prompt[:50]


def test_all_can_be_notes_tags_and_collections(library: Library) -> None:
    library.add("a.png")
    library.scan()
    (picture,) = library.found()
    library.gallery.mark([picture.id], MarkChange(add_tags=tuple(PARTS), add_collections=tuple(PARTS)))
    tags, collections = library.finder.marks_of(picture.id)
    assert tags == collections
    assert "CON" in tags
    assert max(map(len, tags)) <= 200
    for tag in tags:
        assert library.finder.count(Query(tags=(tag,))) == library.finder.count(Query(collection=tag)) == 1
    for part in PARTS:
        library.gallery.mark([picture.id], MarkChange(note=part))
        library.finder.find(Query(text=part))
    list(library.gallery.rebuild())
    assert library.finder.marks_of(library.found()[0].id) == (tags, collections)


def test_folders_may_have_any_name(library: Library) -> None:
    names = ["家", "🦊", "a'b", 'a"b', "100%", "a[1]", "a*b?", "-x", "~", "a\\b"]
    for number, name in enumerate(names):
        library.add(str(Path(name) / f"{number}.png"))
    assert library.scan().added == len(names)
    for number, name in enumerate(names):
        assert library.names(Query(folder=library.pictures / name)) == [f"{number}.png"]
