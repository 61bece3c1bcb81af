"""The taxonomy's seeds against the published cluster definitions, code by code, by the SQL the models use.

Belongs here: what `cluster_of` makes of the seeds. Does not: what the marts compute from it.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
MACRO = ROOT / "dbt_project" / "macros" / "taxonomy.sql"
SHARED = Path(os.environ.get("CLUSTERS_SHARED", ROOT.parent / "shared"))
REFERENCE = SHARED / "reference"
QCEW_2020 = SHARED / "mirror" / "data.bls.gov" / "cew" / "data" / "api" / "2020" / "a" / "area" / "US000.csv"
VINTAGES = (1997, 2002, 2007, 2012, 2017, 2022)

Key = tuple[int, str]
Membership = dict[Key, dict[str, float]]

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"the published cluster definitions are not at {REFERENCE}"
)


@pytest.fixture
def seeds() -> Iterable[duckdb.DuckDBPyConnection]:
    """A database with the three seeds, typed as their YAML says and read as dbt-duckdb reads them (COPY)."""
    described = yaml.safe_load((SEEDS / "taxonomy.yml").read_text(encoding="utf-8"))["seeds"]
    with duckdb.connect() as connection:
        for seed in described:
            name, types = seed["name"], seed["config"]["column_types"]
            assert [column["name"] for column in seed["columns"]] == list(types)
            connection.execute(f"create table {name} ({', '.join(f'{c} {t}' for c, t in types.items())})")
            connection.execute(f"copy {name} from '{SEEDS / name}.csv' (format csv, header true)")
        yield connection


def cluster_of(connection: duckdb.DuckDBPyConnection, codes: Iterable[Key]) -> Membership:
    """What the macro returns for the codes, as {(vintage, code): {cluster_id: weight}}."""
    rows = sorted(codes)
    connection.execute("create or replace temp table asked (naics integer, code varchar)")
    connection.execute(
        "insert into asked select unnest($1::integer[]), unnest($2::varchar[])",
        [[v for v, _ in rows], [c for _, c in rows]],
    )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    source = MACRO.read_text(encoding="utf-8") + "{{ cluster_of('asked') }}"
    sql = environment.from_string(source).render(ref=lambda name: name)
    found: Membership = defaultdict(dict)
    for naics, code, cluster_id, weight in connection.execute(sql).fetchall():
        assert cluster_id not in found[naics, code], f"{naics} {code}: {cluster_id} comes twice"
        found[naics, code][cluster_id] = weight
    return dict(found)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# --- without the reference ---


def test_51_traded_and_16_local_clusters(seeds: duckdb.DuckDBPyConnection) -> None:
    kinds = seeds.sql("select kind, count(*), count(distinct cluster_id) from clusters group by all order by kind")
    assert kinds.fetchall() == [("local", 16, 16), ("traded", 51, 51)]
    badly_named = seeds.sql(
        "select cluster_id from clusters where cluster_id <> "
        "trim(regexp_replace(lower(name), '[^a-z0-9]+', '_', 'g'), '_')"
    )
    assert badly_named.fetchall() == []


@pytest.mark.parametrize("seed", ["cluster_rules", "cluster_splits"])
def test_seeds_name_only_known_clusters_and_every_cluster_has_a_rule(
    seeds: duckdb.DuckDBPyConnection, seed: str
) -> None:
    known = {row[0] for row in seeds.sql("select cluster_id from clusters").fetchall()}
    named = {row[0] for row in seeds.sql(f"select distinct cluster_id from {seed}").fetchall()} - {None}
    assert named <= known
    if seed == "cluster_rules":
        assert named == known


def test_rules_are_unique_per_vintage_and_prefix(seeds: duckdb.DuckDBPyConnection) -> None:
    seeds.execute(f"create table vintages as select unnest({list(VINTAGES)}) as naics")
    twice = seeds.sql(
        "select naics, prefix from cluster_rules join vintages on naics between naics_from and naics_to "
        "group by all having count(*) > 1"
    )
    assert twice.fetchall() == []
    odd = seeds.sql(
        "select * from cluster_rules where not regexp_full_match(prefix, '[0-9]{2,6}') "
        f"or naics_from > naics_to or naics_from not in {VINTAGES} or naics_to not in {VINTAGES}"
    )
    assert odd.fetchall() == []


def test_rules_are_sorted_by_prefix_then_vintage() -> None:
    order = [(row["prefix"], row["naics_from"]) for row in read(SEEDS / "cluster_rules.csv")]
    assert order == sorted(order)


def test_splits_add_to_one(seeds: duckdb.DuckDBPyConnection) -> None:
    total = "select code, sum(weight), min(weight), count(*) from cluster_splits group by naics, code"
    rows = seeds.sql(total).fetchall()
    assert len(rows) == 49
    for code, sum_, smallest, clusters in rows:
        assert sum_ == pytest.approx(1, abs=1e-12), code
        assert smallest > 0, code
        assert clusters > 1, code


# Memberships in the U.S. Cluster Mapping Project's benchmark definitions (Delgado, Porter & Stern 2016).
CITED = [
    (2012, "334413", "information_technology_and_analytical_instruments"),  # semiconductors
    (2012, "334210", "communications_equipment_and_services"),  # telephone apparatus, within 334
    (2012, "334511", "aerospace_vehicles_and_defense"),  # navigation instruments, within 334
    (2012, "336111", "automotive"),
    (2012, "336411", "aerospace_vehicles_and_defense"),
    (2012, "325412", "biopharmaceuticals"),
    (2012, "339112", "medical_devices"),
    (2012, "315220", "apparel"),
    (2007, "315222", "apparel"),  # a code that NAICS 2012 gave up
    (2012, "315110", "textile_manufacturing"),  # hosiery, within 315
    (2012, "316210", "footwear"),
    (2012, "523110", "financial_services"),
    (2012, "522110", "local_financial_services"),  # commercial banks, within 52
    (2012, "721110", "hospitality_and_tourism"),
    (2012, "622110", "local_health_services"),
    (1997, "421110", "local_motor_vehicle_products_and_services"),  # wholesale before NAICS 2002
    (2022, "513210", "information_technology_and_analytical_instruments"),  # software, 511210 until 2017
]


@pytest.mark.parametrize(("naics", "code", "cluster_id"), CITED)
def test_cited_memberships(seeds: duckdb.DuckDBPyConnection, naics: int, code: str, cluster_id: str) -> None:
    assert cluster_of(seeds, [(naics, code)]) == {(naics, code): {cluster_id: 1.0}}


@pytest.mark.parametrize("code", ["111110", "112120", "482111", "491110", "541120", "814110", "922120", "999999"])
def test_in_no_cluster(seeds: duckdb.DuckDBPyConnection, code: str) -> None:
    assert cluster_of(seeds, [(v, code) for v in VINTAGES]) == {}


def test_bls_building_trades_go_with_the_census_code(seeds: duckdb.DuckDBPyConnection) -> None:
    codes = [(v, f"2381{d}{end}") for v in VINTAGES[1:] for d in (1, 2, 9) for end in (0, 1, 2)]
    found = cluster_of(seeds, codes)
    assert found == {key: {"local_real_estate_construction_and_development": 1.0} for key in codes}


def test_only_six_digits_and_each_code_once(seeds: duckdb.DuckDBPyConnection) -> None:
    once = [(2012, "334413"), (2012, "33441"), (2012, "334"), (2022, "335910"), (2022, "33591")]
    found = cluster_of(seeds, once + once)
    assert set(found) == {(2012, "334413"), (2022, "335910")}
    assert set(found[2022, "335910"]) == {
        "communications_equipment_and_services",
        "lighting_and_electrical_equipment",
    }


# --- against the published definitions ---


def published() -> dict[Key, set[str]]:
    """Clusters of every clustered code in the six reference files (several where 2022 is ambiguous)."""
    slugs = {row["ucm_code"]: row["cluster_id"] for row in read(SEEDS / "clusters.csv")}
    found: dict[Key, set[str]] = defaultdict(set)
    for vintage in VINTAGES:
        suffix = "_derived" if vintage >= 2017 else ""
        for row in read(REFERENCE / f"cluster_definitions_naics{vintage}{suffix}.csv"):
            found[vintage, row["naics6"]].add(slugs[row["cluster_code"]])
    return dict(found)


def universe(clustered: Iterable[Key]) -> set[Key]:
    """Every six-digit code: by the title lists from 2007 on; before, what is clustered or never is later."""
    clustered = set(clustered)
    every = {
        (v, row["code"])
        for v in VINTAGES[2:]
        for row in read(REFERENCE / f"naics_titles_{v}.csv")
        if len(row["code"]) == 6
    }
    never = [{code for v, code in every - clustered if v == vintage} for vintage in VINTAGES[2:]]
    assert all(codes == never[0] for codes in never)
    return every | clustered | {(v, code) for v in VINTAGES[:2] for code in never[0]}


@needs_reference
def test_clusters_are_the_published_ones() -> None:
    path = REFERENCE / "cluster_definitions_naics2012.csv"
    theirs = {(row["cluster_code"], row["cluster_name"], row["traded_local"]) for row in read(path)}
    assert {(row["ucm_code"], row["name"], row["kind"]) for row in read(SEEDS / "clusters.csv")} == theirs


@needs_reference
def test_every_code_of_every_vintage_is_in_the_published_cluster(seeds: duckdb.DuckDBPyConnection) -> None:
    expected = published()
    found = cluster_of(seeds, universe(expected))
    assert {key: set(clusters) for key, clusters in found.items()} == expected
    undivided = {key for key, clusters in expected.items() if len(clusters) == 1}
    assert {weight for key in undivided for weight in found[key].values()} == {1.0}
    counts = [sum(v == vintage for v, _ in found) for vintage in VINTAGES]
    assert counts == [1082, 1092, 1088, 978, 970, 925]


@needs_reference
def test_bls_codes_of_all_building_trades(seeds: duckdb.DuckDBPyConnection) -> None:
    trades = {key: clusters for key, clusters in published().items() if key[1].startswith("238")}
    found = cluster_of(seeds, [(v, code[:5] + end) for v, code in trades for end in "12"])
    assert len(found) == 2 * len(trades)
    assert all(set(clusters) == trades[v, code[:5] + "0"] for (v, code), clusters in found.items())


@needs_reference
def test_no_rule_can_be_dropped(seeds: duckdb.DuckDBPyConnection) -> None:
    codes = universe(published())
    whole = cluster_of(seeds, codes)
    seeds.execute("create table all_rules as from cluster_rules")
    redundant = []
    for first, last, prefix, cluster_id in seeds.sql("from all_rules").fetchall():
        seeds.execute("delete from cluster_rules where naics_from = ? and prefix = ?", [first, prefix])
        touched = {(v, code) for v, code in codes if first <= v <= last and code.startswith(prefix)}
        if cluster_of(seeds, touched) == {key: whole[key] for key in touched & set(whole)}:
            redundant.append((first, last, prefix, cluster_id))
        seeds.execute("insert into cluster_rules values (?, ?, ?, ?)", [first, last, prefix, cluster_id])
    assert redundant == []


@needs_reference
@pytest.mark.skipif(not QCEW_2020.is_file(), reason=f"QCEW's national slice of 2020 is not at {QCEW_2020}")
def test_split_weights_follow_their_stated_convention() -> None:
    """Tolerance 0.0005: the seed has four decimals, and one of them closes the sum of a code to 1."""
    jobs = {r["industry_code"]: int(r["annual_avg_emplvl"]) for r in read(QCEW_2020) if r["own_code"] == "5"}
    slugs = {row["ucm_code"]: row["cluster_id"] for row in read(SEEDS / "clusters.csv")}
    definitions = read(REFERENCE / "cluster_definitions_naics2017_derived.csv")
    cluster_2017 = {row["naics6"]: slugs[row["cluster_code"]] for row in definitions}
    successors = defaultdict(list)
    for row in read(REFERENCE / "naics_concordance_2017_to_2022.csv"):
        successors[row["code_from"]].append(row["code_to"])
    received: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for predecessor, codes in successors.items():
        for code in codes:
            received[code][cluster_2017.get(predecessor, "")] += jobs.get(predecessor, 0) / len(codes)
    for row in read(SEEDS / "cluster_splits.csv"):
        parts = received[row["code"]]
        expected = parts[row["cluster_id"]] / sum(parts.values())
        assert float(row["weight"]) == pytest.approx(expected, abs=5e-4), row
