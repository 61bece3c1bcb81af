"""Ways in which a finished mart is wrong: a formula, a join, a filter of the build.

Belongs here: mutations of the marts. Does not: those of the tidy tables.
"""

from __future__ import annotations

from tests.corruption.mutation import Mutation, chance, changed, shifted, without


def _of(table: str, **named: str) -> list[Mutation]:
    return [Mutation(f"{table}__{name}", table, sql) for name, sql in named.items()]


_COUNTY = "region_id = 'county:{county}'"
_CELL = "region_id = 'state:{state}' AND industry_id LIKE '%:{industry}' AND year = {year}"

EMPLOYMENT = _of(
    "employment",
    x10=changed(employment="10 * employment", employment_lower="10 * employment_lower",
                employment_upper="10 * employment_upper"),
    bounds_swapped=changed(employment_lower="employment_upper", employment_upper="employment_lower"),
    withheld_as_zero=changed("employment IS NULL", employment="0", employment_upper="0", status="'published'"),
    wages_and_employment_swapped=changed(employment="wages", wages="employment"),
    establishments_and_employment_swapped=changed(
        "employment IS NOT NULL", establishments="employment", employment="establishments",
        employment_lower="establishments", employment_upper="establishments"),
    year_missing=without("year = {year}"),
    years_shifted=changed("year = {year}", year="year + 1"),
    two_states_swapped=changed(
        "region_id IN ('state:{state}', 'state:{state2}')",
        region_id="CASE region_id WHEN 'state:{state}' THEN 'state:{state2}' ELSE 'state:{state}' END"),
    state_lost=without("region_id = 'state:{state}' AND year = {year}"),
    dropped_1_percent=without(chance(0.01, "region_id", "industry_id", "year")),
    rows_doubled="FROM clean UNION ALL FROM clean",
    private_and_local_swapped=changed(
        "ownership IN ('private', 'local')", ownership="CASE ownership WHEN 'local' THEN 'private' ELSE 'local' END"),
    wages_drift_3_percent=changed(wages="round(1.03 * wages)"),
    withheld_bounded_by_nothing=changed("status = 'bounded'", employment_upper="NULL", status="'missing'"),
    quotients_inverted=changed("lq > 0", lq="1 / lq", lq_lower="1 / nullif(lq_upper, 0)",
                               lq_upper="1 / nullif(lq_lower, 0)"),
    quotients_against_the_wrong_nation=changed(lq="1.1 * lq", lq_lower="1.1 * lq_lower", lq_upper="1.1 * lq_upper"),
    quotients_x100=changed(lq="100 * lq", lq_lower="100 * lq_lower", lq_upper="100 * lq_upper"),
    unknown_quotients_as_zero=changed("lq IS NULL", lq="0", lq_lower="0"),
    bounds_of_quotients_swapped=changed(lq_lower="lq_upper", lq_upper="lq_lower"),
    quotients_off_by_one_row=shifted("year, region_id, industry_id, ownership", "lq", "lq_lower", "lq_upper"),
)  # fmt: skip
CLUSTER_SPECIALISATION = _of(
    "cluster_specialisation",
    quotients_inverted=changed("lq > 0", lq="1 / lq", lq_lower="1 / nullif(lq_upper, 0)",
                               lq_upper="1 / nullif(lq_lower, 0)"),
    quotients_all_industries_inverted=changed("lq_all > 0", lq_all="1 / lq_all"),
    quotients_exchanged=changed("lq IS NOT NULL AND lq_all IS NOT NULL", lq="lq_all", lq_all="lq",
                                lq_lower="lq_all", lq_upper="lq_all"),
    quotients_against_the_wrong_nation=changed(lq="1.1 * lq", lq_lower="1.1 * lq_lower", lq_upper="1.1 * lq_upper"),
    shares_x100=changed(share_of_region="100 * share_of_region", share_of_nation="100 * share_of_nation"),
    shares_exchanged=changed(share_of_region="share_of_nation", share_of_nation="share_of_region"),
    bounds_swapped=changed(employment_lower="employment_upper", employment_upper="employment_lower"),
    withheld_as_zero=changed("employment IS NULL", employment="0", employment_lower="0", employment_upper="0"),
    a_clusters_rows_doubled="FROM clean UNION ALL FROM clean WHERE cluster_id = 'automotive'",
    a_cluster_lost=without("cluster_id = 'automotive'"),
    a_cluster_lost_in_counties=without("cluster_id = 'automotive' AND region_id LIKE 'county:%'"),
    two_clusters_swapped=changed(
        "cluster_id IN ('automotive', 'business_services')",
        cluster_id="CASE cluster_id WHEN 'automotive' THEN 'business_services' ELSE 'automotive' END"),
    flags_all_yes=changed(ucm_qualifying="'yes'", ucm_significant="'yes'", ucm_strong="'yes'", ucm_strong10="'yes'"),
    flags_all_undetermined=changed(ucm_qualifying="'undetermined'", ucm_significant="'undetermined'",
                                   ucm_strong="'undetermined'", ucm_strong10="'undetermined'"),
    flags_negated=changed(ucm_strong="CASE ucm_strong WHEN 'yes' THEN 'no' WHEN 'no' THEN 'yes' ELSE ucm_strong END"),
    ranks_reversed=changed(
        rank_employment="max(rank_employment) OVER (PARTITION BY split_part(region_id, ':', 1), cluster_id, year) + 1 "
        "- rank_employment",
        rank_lq="max(rank_lq) OVER (PARTITION BY split_part(region_id, ':', 1), cluster_id, year) + 1 - rank_lq"),
    ranks_exchanged=changed(rank_lq="rank_employment", rank_employment="rank_lq"),
    wages_and_employment_swapped=changed(employment="wages", wages="employment"),
    wages_x10=changed(wages="10 * wages", average_wage="10 * average_wage"),
    average_wage_of_a_month=changed(average_wage="average_wage / 12"),
    establishments_x10=changed(establishments="10 * establishments"),
    horizontal_cluster_sign=changed(hc_employment="-hc_employment"),
    stars_all_three=changed("stars IS NOT NULL", stars="3"),
    specialisation_star_negated=changed("star_specialisation IS NOT NULL",
                                        star_specialisation="1 - star_specialisation"),
    reliability_all_high=changed(reliability="'high'"),
    figures_off_by_one_row=shifted(
        "year, cluster_id, region_id", "employment", "employment_lower", "employment_upper", "establishments", "wages",
        "average_wage"),
    cluster_drifts_3_percent=changed(
        "cluster_id = 'automotive'", employment="round(1.03 * employment)", employment_lower="1.03 * employment_lower",
        employment_upper="1.03 * employment_upper"),
    year_missing=without("year = {year}"),
)  # fmt: skip
DIMENSIONS = [
    *_of(
        "dim_region",
        names_shifted=shifted("region_id", "name"),
        parents_lost=changed(parent_region_id="NULL"),
        county_parents_shifted=shifted("region_id", "parent_region_id", partition="region_type"),
        latitude_and_longitude_swapped=changed("region_type = 'county'", latitude="longitude", longitude="latitude"),
        population_of_states_x10=changed("region_type = 'state'", population="10 * population"),
        land_in_square_metres=changed(land_area_km2="1e6 * land_area_km2"),
        a_state_lost=without("region_id = 'state:{state}'"),
        types_exchanged=changed("region_type IN ('county', 'cbsa')",
                                region_type="CASE region_type WHEN 'county' THEN 'cbsa' ELSE 'county' END"),
    ),
    *_of(
        "dim_industry",
        titles_shifted=shifted("industry_id", "title"),
        parents_lost=changed(parent_industry_id="NULL"),
        parents_shifted=shifted("industry_id", "parent_industry_id"),
        levels_exchanged=changed("level IN ('sector', 'subsector')",
                                 level="CASE level WHEN 'sector' THEN 'subsector' ELSE 'sector' END"),
    ),
    *_of(
        "cluster_industry",
        weights_halved=changed(weight="weight / 2"),
        weights_all_one=changed(weight="1"),
        clusters_shifted=shifted("industry_id, cluster_id", "cluster_id"),
        dropped_10_percent=without(chance(0.1, "industry_id")),
        industry_in_two_clusters="FROM clean UNION ALL SELECT 'apparel', industry_id, 0.5 FROM clean "
        "WHERE cluster_id = 'automotive'",
    ),
    *_of("dim_cluster", kinds_exchanged=changed(kind="CASE kind WHEN 'traded' THEN 'local' ELSE 'traded' END"),
         a_cluster_lost=without("cluster_id = 'automotive'")),
    *_of("cbsa_county", counties_shifted=shifted("county_region_id", "region_id"),
         dropped_10_percent=without(chance(0.1, "county_region_id"))),
    *_of("county_adjacency", asymmetric=without(chance(0.1, "region_id", "neighbour_region_id")),
         neighbours_of_a_county_lost=without(_COUNTY)),
]  # fmt: skip
SMALL = [
    Mutation("employment__small_state_cell_x10", "employment", changed(
        _CELL, employment="10 * employment", employment_lower="10 * employment_lower",
        employment_upper="10 * employment_upper"), small=True),
    Mutation("cluster_specialisation__small_one_flag", "cluster_specialisation", changed(
        "region_id = 'state:{state}' AND cluster_id = 'automotive' AND year = {year}", ucm_qualifying="'yes'"),
        small=True),
]  # fmt: skip

MARTS = [*EMPLOYMENT, *CLUSTER_SPECIALISATION, *DIMENSIONS, *SMALL]
