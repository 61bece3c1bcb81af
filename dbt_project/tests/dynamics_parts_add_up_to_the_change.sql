-- Dunn's three parts to the change, Esteban-Marquillas's two to the regional one, and the yearly steps to the same change.
-- Where bounds are given, those of the change lie within what the parts' bounds add up to.
SELECT
    region_id, cluster_id, from_year, to_year, change,
    national_share + industry_mix + regional_shift AS three_parts,
    allocation_effect + competitive_effect AS two_parts
FROM {{ ref("cluster_dynamics") }}
WHERE abs(national_share + industry_mix + regional_shift - change) > 1e-6
    OR abs(allocation_effect + competitive_effect - regional_shift) > 1e-6
    OR abs(national_share_dynamic + industry_mix_dynamic + regional_shift_dynamic - change) > 1e-6
    OR national_share_lower + industry_mix_lower + regional_shift_lower > change_lower + 1e-6
    OR national_share_upper + industry_mix_upper + regional_shift_upper < change_upper - 1e-6
    OR allocation_effect_lower + competitive_effect_lower > regional_shift_lower + 1e-6
    OR allocation_effect_upper + competitive_effect_upper < regional_shift_upper - 1e-6
LIMIT 100
