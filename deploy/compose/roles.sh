#!/bin/sh
# Run once by the database's image in an empty volume: the owner of the tables, and the role of web, worker and event stream.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$TCLOUD_DB_OWNER_PASSWORD" -v password="$TCLOUD_DB_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE tcloud_owner LOGIN NOSUPERUSER NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE tcloud LOGIN NOSUPERUSER NOCREATEROLE NOINHERIT PASSWORD :'password';
CREATE DATABASE tcloud OWNER tcloud_owner;
SQL
