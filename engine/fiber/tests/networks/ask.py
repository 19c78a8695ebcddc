"""Real networks (topohub: Topology Zoo, SNDlib, backbones) and networkx's answers about them, as text files in a folder.

Every answer comes from another method than the engine's: disjoint routes from a network simplex over the min-cost flow, the shortest simple
routes from a graph in which every cable has a node of its own, so that parallel cables are different routes.
"""

import random
import sys
from itertools import islice
from pathlib import Path

import networkx as nx
import topohub

NAMES = [
    "topozoo/Abilene", "topozoo/Dfn", "topozoo/Itnet", "topozoo/HostwayInternational", "topozoo/Geant2012",
    "sndlib/germany50", "sndlib/janos-us-ca", "sndlib/nobel-eu", "gabriel/25/3", "gabriel/50/7", "backbone/africa",
]
QUERIES = 4
K = 8


def main(folder):
    done = 0
    for name in NAMES:
        try:
            topology = topohub.get(name)
        except (KeyError, FileNotFoundError, OSError):
            continue
        write(folder, name.replace("/", "-"), topology, random.Random(name))
        done += 1
    print(done)


def write(folder, name, topology, dice):
    numbers = {node["id"]: number for number, node in enumerate(topology["nodes"])}
    # Lengths in metres; now and then a parallel cable, and one that is no way at all.
    cables = [(numbers[e["source"]], numbers[e["target"]], round(1000 * e.get("dist", 1))) for e in topology["edges"]]
    cables += [(u, v, w + dice.choice([0, 0, 7])) for u, v, w in cables if dice.random() < 0.15]
    cables.append((0, 0, 1))
    pairs = [(dice.randrange(len(numbers)), dice.randrange(len(numbers))) for _ in range(QUERIES)]
    lines = [f"{len(numbers)} {len(cables)}"] + [f"{u} {v} {w}" for u, v, w in cables]
    (folder / f"{name}.graph").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.queries").write_text("".join(f"q{i} {s} {t}\n" for i, (s, t) in enumerate(pairs)))
    (folder / f"{name}.answers").write_text("".join(answer(len(numbers), cables, s, t) + "\n" for s, t in pairs))


def answer(nodes, cables, s, t):
    """dist, pairs and triples by cable, pairs by node, cables and length of the route with the fewest, then the k shortest lengths."""
    split = nx.Graph()
    split.add_nodes_from(range(nodes))
    for number, (u, v, w) in enumerate(cables):
        split.add_edge(u, ("cable", number), length=w, hops=1)
        split.add_edge(("cable", number), v, length=0, hops=0)
    if not nx.has_path(split, s, t):
        return "-1 -1 -1 -1 -1 -1"
    dist = nx.dijkstra_path_length(split, s, t, weight="length")
    most = 10**10
    both = nx.dijkstra_path_length(split, s, t, weight=lambda u, v, edge: edge["hops"] * most + edge["length"])
    k = [nx.path_weight(split, p, "length") for p in islice(nx.shortest_simple_paths(split, s, t, weight="length"), K)]
    sums = [flow(nodes, cables, s, t, 2, False), flow(nodes, cables, s, t, 3, False), flow(nodes, cables, s, t, 2, True)]
    return " ".join(map(str, [dist, *sums, *divmod(both, most), *k]))


def flow(nodes, cables, s, t, count, apart):
    """The smallest cost of `count` units from s to t; each cable carries one, and with `apart` so does each node between."""
    if s == t:
        return 0
    arcs = nx.MultiDiGraph()
    for node in range(nodes):
        capacity = 1 if apart and node not in (s, t) else count
        arcs.add_edge(("in", node), ("out", node), capacity=capacity, weight=0)
    for number, (u, v, w) in enumerate(cables):
        if u != v:
            # One gate for both directions.
            arcs.add_edge(("gate in", number), ("gate out", number), capacity=1, weight=w)
            for node in (u, v):
                arcs.add_edge(("out", node), ("gate in", number), capacity=1, weight=0)
                arcs.add_edge(("gate out", number), ("in", node), capacity=1, weight=0)
    arcs.nodes["out", s]["demand"] = -count
    arcs.nodes["in", t]["demand"] = count
    try:
        return nx.network_simplex(arcs)[0]
    except nx.NetworkXUnfeasible:
        return -1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
