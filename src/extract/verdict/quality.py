#!/usr/bin/env python3
"""Learns the tables of quality.rs: `LEARN_PAGES=1 cargo test --release --lib learn_weights -- --ignored --nocapture >
pages.txt`, then `quality.py pages.txt` prints them, and what they are worth on sites left out.

Of each page it reads the F1 of its text, found with weights learned on other sites, and the facts of `quality::Fact`. A
listing that is taken for an article is worth nothing, and neither is a text that is not the article: who trusts it is
misled. So the number stands a little below the mean F1. Standard library only.
"""
import collections
import math
import sys
import zlib

FOLDS = 5
DECAY = 2.0
# A page of few known passages says less than one of which all is known.
WEIGHTS = {"segments": 0.4, "listings": 2.0}
LEFT_OUT = {"own", "other pages"}
# F1 below which a text is not the article.
BAD = 0.8


def pages(path):
    seen = collections.Counter()
    for line in open(path, encoding="utf8"):
        if line.startswith("cross-validated"):
            return
        if line.startswith("page\t"):
            _, kind, file, site, f1, quality, *facts = line.rstrip("\n").split("\t")
            if kind not in LEFT_OUT:
                seen[kind, file] += 1
                yield kind, file, site, float(f1), int(quality), [1.0] + [float(fact) for fact in facts]


def sigmoid(logit):
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def dot(one, other):
    return sum(a * b for a, b in zip(one, other))


def solve(matrix, right):
    n = len(right)
    rows = [row[:] + [value] for row, value in zip(matrix, right)]
    for column in range(n):
        pivot = max(range(column, n), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(n):
            if row != column and rows[row][column]:
                factor = rows[row][column] / rows[column][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column])]
    return [rows[row][n] / rows[row][row] for row in range(n)]


def regress(examples):
    """Logistic regression by Newton's method; the target is what the text is worth."""
    n = len(examples[0][2])
    weights = [0.0] * n
    for _ in range(12):
        slope = [DECAY * weight for weight in weights]
        bend = [[DECAY if row == column else 0.0 for column in range(n)] for row in range(n)]
        for target, weight, facts in examples:
            probability = sigmoid(dot(weights, facts))
            error, curve = weight * (probability - target), weight * max(probability * (1 - probability), 1e-4)
            for row, fact in enumerate(facts):
                if fact:
                    slope[row] += error * fact
                    scaled, bends = curve * fact, bend[row]
                    for column, other in enumerate(facts):
                        bends[column] += scaled * other
        weights = [weight - step for weight, step in zip(weights, solve(bend, slope))]
    return weights


def isotonic(points, n_least):
    """Knots (logit, worth) of a rising line through groups of at least so many points (pool adjacent violators)."""
    points = sorted(points)
    groups = []
    for start in range(0, len(points), n_least):
        part = points[start:start + n_least]
        weight = sum(w for _, _, w in part)
        groups.append([sum(x * w for x, _, w in part) / weight, sum(y * w for _, y, w in part) / weight, weight])
        while len(groups) > 1 and groups[-2][1] >= groups[-1][1]:
            x, y, w = groups.pop()
            last = groups[-1]
            all_weights = last[2] + w
            groups[-1] = [(last[0] * last[2] + x * w) / all_weights, (last[1] * last[2] + y * w) / all_weights, all_weights]
    return [(x, y) for x, y, _ in groups]


def expected(knots, logit):
    if logit <= knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in zip(knots, knots[1:]):
        if logit <= x1:
            return y0 + (y1 - y0) * (logit - x0) / (x1 - x0)
    return knots[-1][1]


def worth(f1):
    return f1 if f1 >= BAD else 0.0


def learn(rows):
    examples = [(worth(f1), WEIGHTS.get(kind, 1.0), facts) for kind, _, _, f1, _, facts in rows]
    weights = regress(examples)
    points = [(dot(weights, facts), f1, weight) for f1, weight, facts in examples]
    return weights, isotonic(points, max(20, len(points) // 40))


def tell(name, scored):
    print(f"{name}: quality in tenths, pages, mean F1, bad pages; listings")
    for tenth in range(9, -1, -1):
        inside = [(f1, kind) for f1, kind, quality in scored if min(9, int(quality // 10)) == tenth]
        known = [f1 for f1, kind in inside if kind != "listings"]
        listings = len(inside) - len(known)
        if inside:
            mean = sum(known) / max(1, len(known))
            print(f"  {tenth * 10:3}  {len(known):5}  {mean:.3f}  {sum(f1 < BAD for f1 in known):4}  {listings:4}")
    for limit in (90, 95):
        kinds = collections.Counter(kind for f1, kind, quality in scored if round(quality) > limit and f1 < BAD)
        n = collections.Counter(kind for _, kind, quality in scored if round(quality) > limit)
        print(f"  above {limit}: bad", dict(kinds), "of", dict(n))


def main():
    rows = list(pages(sys.argv[1]))
    tell("before", [(f1, kind, quality) for kind, _, _, f1, quality, _ in rows])
    scored, order = [], []
    for fold in range(FOLDS):
        is_out = lambda site: zlib.crc32(site.encode()) % FOLDS == fold
        weights, knots = learn([row for row in rows if not is_out(row[2])])
        for kind, file, site, f1, _, facts in rows:
            if is_out(site):
                order.append((kind, file))
                scored.append((f1, kind, 100 * expected(knots, dot(weights, facts))))
    tell("cross-validated", scored)
    mistakes = {}
    for (f1, _, quality), page in zip(scored, order):
        if f1 < BAD:
            mistakes[page] = max(mistakes.get(page, (0, 0)), (quality, f1))
    for (quality, f1), (kind, file) in sorted(((value, page) for page, value in mistakes.items()), reverse=True)[:10]:
        print(f"  most confident mistakes: {quality:.0f} {f1:.2f} {kind} {file}")
    weights, knots = learn(rows)
    print("const WEIGHTS: [f32; COUNT + 1] = [" + ", ".join(f"{weight:.2f}" for weight in weights) + "];")
    print(f"const KNOTS: [(f32, f32); {len(knots)}] = [" + ", ".join(f"({x:.2f}, {y:.3f})" for x, y in knots) + "];")


main()
