-- Shift-share of every span whose two ends can be compared.
{{ shift_share("(SELECT * FROM " ~ ref("int_dynamics_spans") ~ " WHERE comparable)") }}
