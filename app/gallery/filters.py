"""The parts of a query as text for the filter bar, and how to remove each; no widgets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.gallery.query import Query
from core.language.words import tr
from core.request.settings import SETTINGS


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One filter in words.

    Attributes:
        without: the query when it is taken away.
    """

    words: str
    without: Query


def active_filters(query: Query) -> tuple[ActiveFilter, ...]:
    """Returns all that narrows a query down; its text is not among them, since that stands in its field."""
    return tuple(_filters(query))


def is_filtered(query: Query) -> bool:
    return bool(query.text) or bool(active_filters(query))


def cleared(query: Query) -> Query:
    """Returns the query without text and filters; order, groups and stacks stay."""
    return Query(sort=query.sort, group=query.group, stacks=query.stacks)


def toggled(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    """With the value, or without it when it was there."""
    return tuple(other for other in values if other != value) if value in values else (*values, value)


def with_facet(query: Query, name: str, value: str) -> Query:
    """Returns the query with a value of a setting to filter by, or without it when it was there."""
    return replace(query, facets=query.facets ^ {(name, value)})


def days_back(days: int, today: date | None = None) -> date:
    """Returns the first of so many days up to today."""
    return (today or date.today()) - timedelta(days=days - 1)


def _filters(query: Query) -> Iterator[ActiveFilter]:
    for setting in SETTINGS:
        for name, value in sorted(query.facets):
            if name == setting.name:
                yield ActiveFilter(setting.phrase(value), with_facet(query, name, value))
    if query.since or query.until:
        yield ActiveFilter(_period(query), replace(query, since=None, until=None))
    if query.smallest_rating:
        stars = "★" * query.smallest_rating
        more = "" if query.smallest_rating == 5 else tr(" or more")
        yield ActiveFilter(stars + more, replace(query, smallest_rating=0))
    if query.is_favourite is not None:
        words = tr("Favourites") if query.is_favourite else tr("No favourites")
        yield ActiveFilter(words, replace(query, is_favourite=None))
    if query.has_film is not None:
        yield ActiveFilter(
            tr("With a film") if query.has_film else tr("Without a film"), replace(query, has_film=None)
        )
    if query.is_unreadable is not None:
        words = tr("Cannot be read") if query.is_unreadable else tr("Can be read")
        yield ActiveFilter(words, replace(query, is_unreadable=None))
    if query.seed is not None:
        yield ActiveFilter(tr("Seed {seed}", seed=query.seed), replace(query, seed=None))
    if query.collection is not None:
        yield ActiveFilter(tr("In {collection}", collection=query.collection), replace(query, collection=None))
    for tag in query.tags:
        yield ActiveFilter(f"#{tag}", replace(query, tags=toggled(query.tags, tag)))
    if query.like is not None:
        yield ActiveFilter(tr("Similar pictures"), replace(query, like=None))
    if query.folder is not None:
        yield ActiveFilter(
            tr("Folder {name}", name=query.folder.name or query.folder), replace(query, folder=None)
        )


def _period(query: Query) -> str:
    if query.since and query.until:
        return (
            str(query.since)
            if query.since == query.until
            else tr("{since} to {until}", since=query.since, until=query.until)
        )
    return tr("Since {since}", since=query.since) if query.since else tr("Until {until}", until=query.until)
