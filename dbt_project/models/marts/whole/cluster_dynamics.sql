-- After the table, the macro for all other pairs of years: it stands in the release and is called there.
{{ config(post_hook=["{{ create_dynamics_between() }}", "{{ comment_dynamics_between() }}"]) }}
{{ dynamics(ref("cluster_specialisation"), ref("employment"), ref("cbsa_county"), kept_spans(), "TRUE") }}
