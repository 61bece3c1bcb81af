-- QCEW rows of the regions and ownerships that the warehouse publishes.
{{ qcew_cells(ref("stg_qcew")) }}
