"""What gazetteer, adjacency and delineations must satisfy, held against each other and against QCEW.

Belongs here: where counties lie, whom they border, which area they make up. Does not: who lives there (`reference`).

They come in editions, and a year is held against those that dbt reads it by (see `int_edition_used`), not against every
one. What one real place may break is a warning; an error needs many, or what no place breaks.
"""

from __future__ import annotations

from orchestration.quality.checks import SqlCheck
from orchestration.quality.reconciliation import TERRITORIES

FARTHEST = 2.5
"""Distance of two neighbours' internal points, in lengths of side (roots of land area) of both together. The median
pair lies at 0.6, a hundredth beyond 1.1, where one of the two is mostly water or very long."""

DISTANT_NEIGHBOURS = 0.005
"""Share of pairs of neighbours that may lie farther apart, and a tenth of a state's pairs."""

ONE_WAY_PAIRS = 0.02
"""Share of a list's pairs of neighbours that may be stated once; in that of 2023 it is 41 of 22,000."""

LONELY_COUNTIES = 0.01
"""Share of a year's counties that may be in no list of neighbours."""

METRO_SLACK = 5e-3
"""Share of an area's jobs by which the sum of its counties may miss it, on top of rounding (as in `int_area_fits`)."""

FITTING_METROS = 0.8
"""Share of areas that should be their counties' sum in some delineation. Between two some fifth of the areas change."""

RELATED_METROS = 0.4
"""The same share below which this is no delineation at all, or counties stand in the wrong rows."""


def geography_checks() -> list[SqlCheck]:
    """Checks of the tidy tables that make up the map, by the names of their staging models."""
    return [*_gazetteer(), *_neighbours(), *_metros()]


def check(name: str, table: str, sql: str, expected: str, *, warning: bool = False) -> SqlCheck:
    """A check of severity error, or warning."""
    return SqlCheck(name, table, "warning" if warning else "error", sql, expected)


def _gazetteer() -> list[SqlCheck]:
    gazetteer, adjacency = "stg_county_gazetteer", "stg_county_adjacency"
    # A degree of latitude is 111 km, one of longitude less by the cosine of latitude; 180 degrees west and east meet.
    apart = """111.2 * sqrt(pow(a.latitude - b.latitude, 2) + pow(cos(radians((a.latitude + b.latitude) / 2))
        * least(abs(a.longitude - b.longitude), 360 - abs(a.longitude - b.longitude)), 2))"""
    return [
        check(
            "neighbours_lie_near_each_other",
            gazetteer,
            f"""
            WITH places AS (
                FROM {gazetteer} QUALIFY period = max(period) OVER (PARTITION BY county_fips)
            )
            SELECT period, left(county_fips, 2) AS state, count(*) FILTER (WHERE distant) AS distant_pairs,
                count(*) AS pairs
            FROM (
                SELECT n.period, n.county_fips, coalesce({apart}
                    / nullif(sqrt(a.land_area_m2 / 1e6) + sqrt(b.land_area_m2 / 1e6), 0), 99) > {FARTHEST} AS distant
                FROM {adjacency} AS n
                JOIN places AS a ON a.county_fips = n.county_fips
                JOIN places AS b ON b.county_fips = n.neighbour_fips
                WHERE n.county_fips <> n.neighbour_fips
            )
            GROUP BY GROUPING SETS ((period, state), (period))
            HAVING distant_pairs > CASE grouping(state) WHEN 0 THEN greatest(4, 0.1 * pairs)
                ELSE {DISTANT_NEIGHBOURS} * pairs END
            ORDER BY ALL
            """,
            f"the points of neighbouring counties lie within {FARTHEST} lengths of their sides",
        ),
        check(
            "points_are_exact",
            gazetteer,
            "SELECT period, "
            "count(*) FILTER (latitude = round(latitude, 2) AND longitude = round(longitude, 2)) AS coarse, "
            f"count(*) - count(DISTINCT (latitude, longitude)) AS shared, count(*) AS counties FROM {gazetteer} "
            "GROUP BY ALL HAVING coarse > 0.01 * counties OR shared > 0",
            "no two counties share an internal point, and points have more than two decimals",
        ),
        check(
            "points_lie_in_the_country",
            gazetteer,
            "SELECT period, "
            f"count(*) FILTER (WHERE longitude NOT BETWEEN -180 AND -64 OR latitude NOT BETWEEN 15 AND 72) "
            f"AS outside, count(*) AS counties FROM {gazetteer} "
            "WHERE 'US000' IN (SELECT area_fips FROM stg_qcew_areas) GROUP BY ALL HAVING outside > 0.01 * counties",
            "counties of the United States lie between 64 and 180 degrees west and 15 and 72 degrees north",
        ),
        check(
            "counties_of_the_gazetteer_are_whole",
            gazetteer,
            # A state whose counties were replaced has others in an older gazetteer than those that QCEW prints.
            f"""
            WITH printed AS (
                SELECT DISTINCT year, area_fips FROM stg_qcew
                WHERE agglvl_code = 70 AND right(area_fips, 3) < '995' AND annual_avg_emplvl > 0
                    AND left(area_fips, 2) NOT IN {TERRITORIES}
            ),
            others AS (
                SELECT year, left(county_fips, 2) AS state, count(DISTINCT county_fips) AS others
                FROM {gazetteer} CROSS JOIN (SELECT DISTINCT year FROM printed)
                WHERE (year, county_fips) NOT IN (SELECT (year, area_fips) FROM printed)
                GROUP BY ALL
            )
            SELECT year, state, count(*) FILTER (WHERE absent) AS absent, count(*) AS counties
            FROM (
                SELECT year, area_fips, left(area_fips, 2) AS state,
                    area_fips NOT IN (SELECT county_fips FROM {gazetteer}) AS absent
                FROM printed
            ) LEFT JOIN others USING (year, state)
            GROUP BY GROUPING SETS ((year, state), (year))
            HAVING count(*) FILTER (WHERE absent) > CASE grouping(state)
                WHEN 0 THEN greatest(3, 0.1 * count(*), 2 * coalesce(max(others), 0)) ELSE 0.01 * count(*) END
            ORDER BY ALL
            """,
            "99% of the counties that QCEW prints stand in some gazetteer",
        ),
    ]


def _neighbours() -> list[SqlCheck]:
    adjacency = "stg_county_adjacency"
    one_way = f"""
        SELECT period, count(*) FILTER (WHERE NOT is_mutual) AS stated_once, count(*) AS pairs,
            min(county_fips || ' ' || neighbour_fips) FILTER (WHERE NOT is_mutual) AS first_pair
        FROM (
            SELECT period, county_fips, neighbour_fips, (period, neighbour_fips, county_fips) IN (
                SELECT (period, county_fips, neighbour_fips) FROM {adjacency}) AS is_mutual
            FROM {adjacency} WHERE county_fips <> neighbour_fips
        ) GROUP BY ALL
    """
    # Islands stand in a list by themselves. What no list has by its code may be in it by an older or newer one.
    lonely = f"""
        WITH counties AS (
            SELECT DISTINCT year, area_fips, left(area_fips, 2) AS state,
                area_fips NOT IN (
                    SELECT county_fips FROM {adjacency} UNION SELECT neighbour_fips FROM {adjacency}) AS is_lonely
            FROM stg_qcew WHERE agglvl_code = 70 AND right(area_fips, 3) < '995'
        )
    """
    return [
        check(
            "adjacency_is_mutual",
            adjacency,
            f"{one_way} HAVING stated_once > {ONE_WAY_PAIRS} * pairs ORDER BY ALL",
            f"in {1 - ONE_WAY_PAIRS:.0%} of pairs whoever has a neighbour is its neighbour",
        ),
        check(
            "every_pair_is_mutual",
            adjacency,
            f"{one_way} HAVING stated_once > 0 ORDER BY ALL",
            "whoever has a neighbour is its neighbour; a pair stated once is taken both ways",
            warning=True,
        ),
        check(
            "counties_have_neighbours",
            adjacency,
            f"""
            {lonely}
            SELECT year, state, count(*) FILTER (WHERE is_lonely) AS lonely, count(*) AS counties
            FROM counties GROUP BY GROUPING SETS ((year, state), (year))
            HAVING CASE grouping(state)
                WHEN 0 THEN state NOT IN (SELECT left(county_fips, 2) FROM {adjacency}
                    UNION SELECT left(neighbour_fips, 2) FROM {adjacency}) AND state NOT IN {TERRITORIES}
                ELSE count(*) FILTER (WHERE is_lonely) > {LONELY_COUNTIES} * count(*) END
            ORDER BY ALL
            """,
            f"{1 - LONELY_COUNTIES:.0%} of counties stand in some list of neighbours, and some of every state",
        ),
        check(
            "every_county_has_neighbours",
            adjacency,
            f"""
            {lonely}
            SELECT year, count(*) AS lonely, string_agg(area_fips, ' ' ORDER BY area_fips) AS counties
            FROM counties WHERE is_lonely GROUP BY year ORDER BY year
            """,
            "every county stands in some list of neighbours",
            warning=True,
        ),
    ]


# The delineation of each year is the one of which most areas are the sums of their counties, as dbt chooses it.
_METROS = f"""
    WITH totals AS (
        SELECT year, area_fips, agglvl_code, annual_avg_emplvl AS jobs FROM stg_qcew
        WHERE own_code = '0' AND agglvl_code IN (40, 70, 80) AND size_code = '0'
    ),
    printed AS (
        SELECT t.year, d.period, t.area_fips, t.agglvl_code, t.jobs FROM totals AS t
        CROSS JOIN (SELECT DISTINCT period FROM stg_cbsa_delineation) AS d
        WHERE t.agglvl_code <> 70 AND t.area_fips LIKE 'C%'
    ),
    sums AS (
        SELECT y.year, d.period, CASE WHEN d.cbsa_code LIKE '%0' THEN 'C' || left(d.cbsa_code, 4)
                ELSE d.cbsa_code END AS area_fips, any_value(d.cbsa_kind) AS cbsa_kind,
            sum(c.jobs) AS jobs, count(*) AS counties, count(c.jobs) AS reporting
        FROM stg_cbsa_delineation AS d
        CROSS JOIN (SELECT DISTINCT year FROM printed) AS y
        LEFT JOIN totals AS c ON c.area_fips = d.county_fips AND c.year = y.year
        WHERE d.county_fips IN (SELECT area_fips FROM stg_qcew_areas)
            OR d.county_fips IN (SELECT area_fips FROM totals)
        GROUP BY ALL
    ),
    compared AS (
        SELECT year, period, area_fips, p.agglvl_code, s.cbsa_kind, p.jobs AS published, s.jobs AS sum_of_counties,
            coalesce(s.reporting = s.counties
                AND abs(p.jobs - s.jobs) <= {METRO_SLACK} * p.jobs + s.counties, false) AS fits
        FROM printed AS p FULL JOIN sums AS s USING (year, period, area_fips)
    ),
    best AS (
        SELECT year, arg_max(period, (share, period)) AS period, max(share) AS share_fitting
        FROM (SELECT year, period, avg(fits::INTEGER) AS share FROM compared GROUP BY ALL) GROUP BY year
    ),
    areas AS (SELECT * FROM compared JOIN best USING (year, period))
"""


def _metros() -> list[SqlCheck]:
    table = "stg_cbsa_delineation"
    return [
        check(
            "counties_make_their_area",
            table,
            f"{_METROS} SELECT year, period, area_fips, published, sum_of_counties FROM areas "
            f"WHERE NOT fits AND published IS NOT NULL AND share_fitting >= {FITTING_METROS} ORDER BY ALL",
            "each area's published jobs are its counties' in the delineation of the year; what misses is left out",
            warning=True,
        ),
        check(
            "delineation_is_that_of_every_year",
            table,
            f"{_METROS} SELECT year, period, share_fitting FROM best "
            f"WHERE share_fitting < {FITTING_METROS} ORDER BY ALL",
            f"in every year {FITTING_METROS:.0%} of the areas are the sums of their counties in some delineation",
            warning=True,
        ),
        check(
            "delineation_is_of_these_counties",
            table,
            f"{_METROS} SELECT max(share_fitting) AS most_areas_that_fit FROM best "
            f"HAVING most_areas_that_fit < {RELATED_METROS}",
            f"in some year {RELATED_METROS:.0%} of the areas are the sums of their counties",
        ),
        check(
            "areas_are_of_their_published_kind",
            table,
            f"""
            {_METROS}
            SELECT year, period, count(*) FILTER (WHERE (cbsa_kind = 'metropolitan') <> (agglvl_code = 40)) AS wrong,
                count(*) AS areas
            FROM areas WHERE fits GROUP BY ALL
            HAVING wrong > 0.1 * areas
            ORDER BY ALL
            """,
            "nine areas in ten are metropolitan or micropolitan as QCEW prints them",
        ),
    ]
