#!/bin/sh
# dbt as a refresh starts it: the kernel ends it together with its parent. Otherwise dbt would outlive a refresh that was
# killed, and go on writing into the build file of the next. CLUSTERS_DBT names the dbt that is meant.
if command -v setpriv > /dev/null; then
    exec setpriv --pdeathsig KILL -- "$CLUSTERS_DBT" "$@"
fi
exec "$CLUSTERS_DBT" "$@"
