"""Ways in which the tables beside QCEW go wrong: lists of codes, geography, population.

Belongs here: mutations of the tidy tables that are not QCEW. Does not: those of QCEW or of the marts.
"""

from __future__ import annotations

from tests.corruption.mutation import Mutation, chance, changed, shifted, without

_STATE = "left(area_fips, 2) = '{state}'"

AREAS = [
    Mutation("area_titles_shifted", "stg_qcew_areas", shifted("area_fips", "area_title")),
    Mutation("areas_of_a_state_lost", "stg_qcew_areas", without(_STATE)),
]
INDUSTRIES = [
    Mutation("industry_titles_shifted", "stg_qcew_industries", shifted("industry_code", "industry_title")),
    Mutation("industries_lost", "stg_qcew_industries", without(chance(0.1, "industry_code"))),
]
POPULATION = [
    Mutation("population_of_the_year_before", "stg_county_population", shifted("year", "population",
             partition="area_fips")),
    Mutation("population_in_thousands", "stg_county_population", changed(population="round(population / 1000)")),
    Mutation("population_of_one_sex", "stg_county_population", changed(population="round(0.49 * population)")),
    Mutation("population_off_by_one_row", "stg_county_population", shifted("area_fips", "population",
             partition="year")),
    Mutation("population_of_a_state_zero", "stg_county_population", changed(_STATE, population="0")),
    Mutation("population_of_a_state_x10", "stg_county_population", changed(_STATE, population="10 * population")),
    Mutation("population_lost_for_10_percent", "stg_county_population", without(chance(0.1, "area_fips"))),
    Mutation("population_years_all_alike", "stg_county_population", changed(
             population="max(population) OVER (PARTITION BY area_fips)")),
]  # fmt: skip
GAZETTEER = [
    Mutation("latitude_and_longitude_swapped", "stg_county_gazetteer",
             changed(latitude="longitude", longitude="latitude")),
    Mutation("longitude_without_sign", "stg_county_gazetteer", changed(longitude="abs(longitude)")),
    Mutation("longitude_without_sign_in_a_state", "stg_county_gazetteer",
             changed("left(county_fips, 2) = '{state}'", longitude="abs(longitude)")),
    Mutation("coordinates_truncated", "stg_county_gazetteer",
             changed(latitude="trunc(latitude)", longitude="trunc(longitude)")),
    Mutation("coordinates_off_by_one_row", "stg_county_gazetteer", shifted("county_fips", "latitude", "longitude")),
    Mutation("land_in_square_kilometres", "stg_county_gazetteer", changed(land_area_m2="round(land_area_m2 / 1e6)")),
    Mutation("land_off_by_one_row", "stg_county_gazetteer", shifted("county_fips", "land_area_m2")),
    Mutation("gazetteer_lost_10_percent", "stg_county_gazetteer", without(chance(0.1, "county_fips"))),
]  # fmt: skip
ADJACENCY = [
    Mutation("adjacency_asymmetric", "stg_county_adjacency", without(chance(0.1, "county_fips", "neighbour_fips"))),
    Mutation("neighbours_of_a_county_lost", "stg_county_adjacency", without("county_fips = '{county}'")),
    Mutation("county_lost_from_adjacency", "stg_county_adjacency",
             without("county_fips = '{county}' OR neighbour_fips = '{county}'")),
    Mutation("neighbours_shifted", "stg_county_adjacency", shifted("county_fips, neighbour_fips", "neighbour_fips")),
    Mutation("adjacency_of_a_state_lost", "stg_county_adjacency",
             without("left(county_fips, 2) = '{state}' OR left(neighbour_fips, 2) = '{state}'")),
]  # fmt: skip
DELINEATION = [
    Mutation("counties_moved_between_metros", "stg_cbsa_delineation", changed(chance(0.05, "county_fips"), **{
             name: f"lag({name}, 1, {name}) OVER (ORDER BY county_fips)" for name in
             ("cbsa_code", "cbsa_title", "cbsa_kind")})),
    Mutation("two_metros_swapped", "stg_cbsa_delineation", changed(
             "cbsa_code IN ('{metro}', '{metro2}')",
             cbsa_code="CASE cbsa_code WHEN '{metro}' THEN '{metro2}' ELSE '{metro}' END")),
    Mutation("metros_off_by_one_row", "stg_cbsa_delineation", shifted("county_fips", "cbsa_code")),
    # Between the bulletins of 2015 and 2023 about one county in sixteen changed its area, and a fifth of the areas.
    Mutation("delineation_of_another_month", "stg_cbsa_delineation", without(chance(0.06, "county_fips"))
             .replace("SELECT *", "SELECT * REPLACE ('2003-06' AS period)")),
    Mutation("metropolitan_and_micropolitan_swapped", "stg_cbsa_delineation", changed(
             cbsa_kind="CASE cbsa_kind WHEN 'metropolitan' THEN 'micropolitan' ELSE 'metropolitan' END")),
    Mutation("a_metros_largest_county_lost", "stg_cbsa_delineation", without("county_fips = '{metro_county}'")),
]  # fmt: skip

REFERENCE = [*AREAS, *INDUSTRIES, *POPULATION, *GAZETTEER, *ADJACENCY, *DELINEATION]
