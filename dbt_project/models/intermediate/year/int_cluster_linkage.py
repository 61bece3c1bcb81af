"""How near traded clusters are to each other, over the regions of one type and year at a time."""

import numpy as np
import pyarrow as pa

from orchestration.indicators import linkage
from orchestration.indicators.linkage import Score
from orchestration.indicators.shares import share_boxes

KEYS = {"year": pa.int32(), "region_type": pa.string(), "cluster_a": pa.string(), "cluster_b": pa.string()}
MEASURES = (
    "lc_employment",
    "lc_employment_coverage",
    "lc_establishments",
    "coagglomeration_lower",
    "coagglomeration_upper",
    "coagglomeration_establishments",
    "input_output",
    "input_output_coverage",
    "occupation",
    "combined",
    "related",
)
DIGITS = 11
SCHEMA = pa.schema(KEYS | dict.fromkeys(MEASURES, pa.float64()))
# Regions that must be known, on average over pairs of industries: below, a correlation speaks of a minority.
LEAST_COVERAGE = 0.5


def model(dbt, session):
    dbt.config(materialized="table")
    tables = {
        "industries": dbt.ref("int_linkage_industries"),
        "accounts": dbt.ref("int_linkage_accounts"),
        "occupations": dbt.ref("int_linkage_occupations"),
    }
    link = links_of_accounts(dbt.ref("industry_multiplier"), dbt.ref("industry_linkage"))
    numbers = dbt.ref("int_linkage_cells")
    regions, totals = dbt.ref("int_concentration_regions"), dbt.ref("int_concentration_totals")
    blocks = numbers.project("year, region_type, naics").distinct().order("year, region_type").fetchall()
    groups, found = {}, [SCHEMA.empty_table()]
    for year, region_type, naics in blocks:
        if naics not in groups:
            groups[naics] = group({n: t.filter(f"naics = {naics}").fetchnumpy() for n, t in tables.items()}, *link)
        here = f"year = {year} AND region_type = '{region_type}'"
        weight = regions.filter(here).order("region_id").fetchnumpy()["weight"]
        cells, total = numbers.filter(here).fetchnumpy(), totals.filter(here).fetchnumpy()
        values = measures(cells, total, weight, groups[naics])
        found.append(as_table(year, region_type, groups[naics]["clusters"], values))
    return pa.concat_tables(found)


def grid(shape, rows, columns, values):
    table = np.zeros(shape)
    # A masked value is not known.
    table[rows, columns] = np.ma.filled(values, np.nan)
    return table


def links_of_accounts(industries, pairs):
    """Industries of the accounts, and the link of every two of them; without any flow it is 0."""
    codes = industries.order("industry_id").fetchnumpy()["industry_id"].astype(str)
    pair = pairs.fetchnumpy()
    sides = [np.searchsorted(codes, pair[side].astype(str)) for side in ("seller_industry_id", "buyer_industry_id")]
    return codes, grid((len(codes), len(codes)), *sides, pair["link"])


def group(table, accounts, link):
    """What the industries of an edition of NAICS have in common wherever they lie: clusters, accounts, occupations."""
    industry, account, staff = table["industries"], table["accounts"], table["occupations"]
    count, clusters = industry["industry_no"].max() + 1, np.unique(industry["cluster_id"].astype(str))
    number = np.searchsorted(accounts, account["industry_id"].astype(str))
    bridge = grid((count, len(accounts)), account["industry_no"], number, account["weight"])
    shape = (staff["occupation_no"].max(initial=0) + 1, count)
    jobs = grid(shape, staff["occupation_no"], staff["industry_no"], staff["employment"])
    return {
        "clusters": clusters,
        "codes": dict(zip(industry["code"], industry["industry_no"], strict=True)),
        "membership": grid((count, len(clusters)), industry["industry_no"], industry["cluster_no"], industry["weight"]),
        "input_output": linkage.link_of_pairs(link, bridge),
        "occupation": linkage.known_correlations(jobs)[0],
    }


def measures(cells, total, weight, group):
    """Matrices of clusters by clusters, in the order of `MEASURES`."""
    shape = len(weight), len(group["membership"])
    plants, lower, upper = (
        grid(shape, cells["region_no"], cells["industry_no"], cells[name])
        for name in ("establishments", "employment_lower", "employment_upper")
    )
    correlation, known = linkage.known_correlations(np.where(lower == upper, lower, np.nan))
    # An industry without plants has no shares.
    of_plants = np.divide(plants, plants.sum(axis=0), out=np.full(shape, np.nan), where=plants.sum(axis=0) > 0)
    least, most = linkage.coagglomeration(*shares_of_jobs(lower, upper, total, group["codes"]), weight)
    pairs = {
        "lc_employment": correlation,
        "lc_employment_coverage": known,
        "lc_establishments": linkage.known_correlations(plants)[0],
        "coagglomeration_lower": least,
        "coagglomeration_upper": most,
        "coagglomeration_establishments": linkage.coagglomeration(of_plants, of_plants, weight)[0],
        "input_output": group["input_output"],
        "occupation": group["occupation"],
    }
    found = {name: linkage.means_of_groups(of, group["membership"]) for name, of in pairs.items()}
    means = {name: mean for name, (mean, _) in found.items()} | {"input_output_coverage": found["input_output"][1]}
    means["lc_employment"][~(means["lc_employment_coverage"] >= LEAST_COVERAGE)] = np.nan
    scores = {name: Score(of, means[name]) for name, of in pairs.items()}
    location = [scores["lc_employment"], scores["lc_establishments"]]
    means["combined"] = linkage.combined(location, [scores["input_output"], scores["occupation"]])
    return means | {"related": linkage.related(means["combined"])}


def shares_of_jobs(lower, upper, total, codes):
    """Least and greatest share of each region in each industry's jobs."""
    regions, industries = lower.shape
    bounds = np.zeros(industries), np.full(industries, np.inf)
    held = [n for n, code in enumerate(total["industry_code"]) if code in codes]
    number = [codes[code] for code in total["industry_code"][held]]
    for bound, name in zip(bounds, ("total_lower", "total_upper"), strict=True):
        bound[number] = total[name][held]
    boxes = share_boxes(np.arange(industries) * regions, lower.T.ravel(), upper.T.ravel(), *bounds)
    return boxes.lower.reshape(industries, regions).T, boxes.upper.reshape(industries, regions).T


def as_table(year, region_type, clusters, values):
    count = len(clusters) ** 2
    keys = [[year] * count, [region_type] * count, np.repeat(clusters, len(clusters)), np.tile(clusters, len(clusters))]
    columns = [*keys, *(values[name].ravel() for name in MEASURES)]
    # The last digits of products of matrices are the processor's. Not a number is not known.
    columns = [of if name in KEYS else np.round(of, DIGITS) for name, of in zip(SCHEMA.names, columns, strict=True)]
    arrays = [pa.array(of, field.type, from_pandas=True) for of, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, SCHEMA)
