"""Components and chains of merges, by SQL, against union-find and plain walks."""

import random
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment, FileSystemLoader

MACROS = Path(__file__).parents[3] / "macros" / "funnel"

Edges = list[tuple[str, str]]


def components(edges: Edges) -> dict[str, str]:
    """The least key of the component of each node, as the macro finds it."""
    sql = _macro("connected_components").connected_components("links", "stars")
    found = _run(
        f"with recursive {sql} select node_key, min(other_key) from stars group by 1", edges
    )
    return {node: node for edge in edges for node in edge} | dict(found)


def circles(links: Edges) -> set[str]:
    """The nodes whose links run in a circle, as the macro finds them."""
    sql = _macro("chain_ends").chain_ends("links", "chains")
    found = _run(
        f"""
        with recursive {sql}
        select distinct next_key, null from chains
        where round = (select max(round) from chains)
            and next_key in (select node_key from links)
        """,
        links,
    )
    return {node for node, _ in found}


def union_find(edges: Edges) -> dict[str, str]:
    parents: dict[str, str] = {}

    def root(node: str) -> str:
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    for one, other in edges:
        low, high = sorted((root(one), root(other)))
        parents[high] = low
    return {node: root(node) for node in list(parents)}


def walked_circles(links: Edges) -> set[str]:
    following = dict(links)
    found = set()
    for start, first in links:
        node = first
        for _ in range(len(following)):
            if node == start or node not in following:
                break
            node = following[node]
        if node == start:
            found.add(start)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_components_are_those_of_union_find(seed: int) -> None:
    chance = random.Random(seed)
    nodes = [f"{number:04d}" for number in range(chance.choice([2, 30, 300]))]
    count = int(len(nodes) * chance.choice([0.3, 0.9, 2])) + 1
    edges = [tuple(chance.sample(nodes, 2)) for _ in range(count)]
    assert components(edges) == union_find(edges)


@pytest.mark.parametrize("order", ["sorted", "shuffled", "zigzag"])
def test_long_chains_end_in_one_component(order: str) -> None:
    nodes = [f"{number:04d}" for number in range(2000)]
    if order == "shuffled":
        random.Random(1).shuffle(nodes)
    if order == "zigzag":
        nodes = [nodes[n // 2] if n % 2 else nodes[-1 - n // 2] for n in range(2000)]
    edges = list(pairwise(nodes))
    assert set(components(edges).values()) == {"0000"}


def test_five_thousand_merges_into_one_survivor_stay_small() -> None:
    edges = [(f"{number:05d}", "99999") for number in range(5000)]
    assert set(components(edges).values()) == {"00000"}
    assert circles(edges) == set()


@pytest.mark.parametrize("seed", range(8))
def test_circles_are_found_in_chains_of_merges(seed: int) -> None:
    chance = random.Random(seed)
    nodes = [f"{number:03d}" for number in range(60)]
    links = [
        (node, chance.choice([other for other in nodes if other != node]))
        for node in chance.sample(nodes, chance.choice([10, 40, 60]))
    ]
    assert circles(links) == walked_circles(links)


def _macro(name: str):  # type: ignore[no-untyped-def]
    return Environment(loader=FileSystemLoader(MACROS)).get_template(f"{name}.sql").module


def _run(query: str, edges: Edges) -> list[tuple[str, str]]:
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '500MB'; set threads = 1")
        connection.execute("create table links (node_key varchar, other_key varchar)")
        connection.execute("alter table links add column next_key varchar")
        ones, others = zip(*edges, strict=True)
        connection.execute(
            "insert into links select unnest(?), unnest(?), unnest(?)",
            [list(ones), list(others), list(others)],
        )
        return connection.execute(query).fetchall()
