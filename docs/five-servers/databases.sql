-- psql -d postgres -f databases.sql, as a superuser, on db-1. Owners make and change tables; what runs day by day reads and writes rows.
CREATE ROLE temporal_owner LOGIN PASSWORD 'change-me-1';
CREATE ROLE temporal LOGIN PASSWORD 'change-me-2';
CREATE ROLE inventory_owner LOGIN PASSWORD 'change-me-3';
CREATE ROLE inventory LOGIN PASSWORD 'change-me-4';
CREATE DATABASE temporal OWNER temporal_owner;
CREATE DATABASE temporal_visibility OWNER temporal_owner;
CREATE DATABASE inventory OWNER inventory_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE temporal, temporal_visibility, inventory FROM PUBLIC;
GRANT CONNECT ON DATABASE temporal, temporal_visibility TO temporal;
GRANT CONNECT ON DATABASE inventory TO inventory;

\connect temporal
ALTER SCHEMA public OWNER TO temporal_owner;
GRANT USAGE ON SCHEMA public TO temporal;
ALTER DEFAULT PRIVILEGES FOR ROLE temporal_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO temporal;
ALTER DEFAULT PRIVILEGES FOR ROLE temporal_owner GRANT USAGE ON SEQUENCES TO temporal;

\connect temporal_visibility
-- The visibility schema wants it, and only a superuser may make it where it is not trusted.
CREATE EXTENSION IF NOT EXISTS btree_gin;
ALTER SCHEMA public OWNER TO temporal_owner;
GRANT USAGE ON SCHEMA public TO temporal;
ALTER DEFAULT PRIVILEGES FOR ROLE temporal_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO temporal;
ALTER DEFAULT PRIVILEGES FOR ROLE temporal_owner GRANT USAGE ON SEQUENCES TO temporal;

\connect inventory
ALTER SCHEMA public OWNER TO inventory_owner;
GRANT USAGE ON SCHEMA public TO inventory;
