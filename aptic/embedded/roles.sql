-- The three plain roles of an Aptic installation. Run it as a superuser, on any database; it may be run again.
-- On your own server give each role its password afterwards: ALTER ROLE aptic_app PASSWORD '…';
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['aptic_owner', 'aptic_app', 'aptic_system'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I', wanted);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION INHERIT', wanted);
    END LOOP;
END
$$;
