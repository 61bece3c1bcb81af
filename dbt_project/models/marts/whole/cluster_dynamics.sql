-- Spans whose years have not changed stay as the release before has them; the build leaves them in the table.
-- After the table, the macro for all other pairs of years: it stands in the release and is called there.
{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    post_hook=["{{ delete_other_spans() }}", "{{ create_dynamics_between() }}", "{{ comment_dynamics_between() }}"],
) }}
{{ dynamics(ref("cluster_specialisation"), ref("employment"), ref("cbsa_county"), missing_spans(), "TRUE") }}
