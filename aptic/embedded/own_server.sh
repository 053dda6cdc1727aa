#!/usr/bin/env bash
# The roles, the database and the grants on your own PostgreSQL, then each role's password.
# Needs psql, PGHOST, PGUSER and PGPASSWORD of a superuser, and APTIC_{OWNER,APP,SYSTEM}_PASSWORD. May be run again.
set -euo pipefail
cd "$(dirname "$0")"
export PGDATABASE=postgres PGOPTIONS='-c client_min_messages=warning'
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }

run -f roles.sql
run -tA -c "SELECT 1 FROM pg_database WHERE datname = 'aptic'" | grep -q 1 ||
  run -c "CREATE DATABASE aptic OWNER aptic_owner ENCODING 'UTF8' TEMPLATE template0"
run -d aptic -f grants.sql
for role in owner app system; do
  variable="APTIC_${role^^}_PASSWORD"
  run --set password="${!variable}" <<< "ALTER ROLE aptic_$role PASSWORD :'password'"
done
