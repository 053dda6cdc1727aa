-- What each role may do in the database. Run it as a superuser, in the database `aptic`; it may be run again.
-- The owner makes tables; the serving roles read and write rows, make temporary tables, and nothing else.
ALTER SCHEMA public OWNER TO aptic_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM aptic_app, aptic_system;
GRANT USAGE ON SCHEMA public TO aptic_app, aptic_system;
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO aptic_owner, aptic_app, aptic_system', current_database());
END
$$;
-- A function may run with its owner's rights: nobody but the serving roles calls one.
ALTER DEFAULT PRIVILEGES FOR ROLE aptic_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE aptic_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO aptic_app, aptic_system;
ALTER DEFAULT PRIVILEGES FOR ROLE aptic_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO aptic_app, aptic_system;
ALTER DEFAULT PRIVILEGES FOR ROLE aptic_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO aptic_app, aptic_system;
