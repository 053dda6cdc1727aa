"""The tables of the floor, apart from its application so that making them needs no second Django."""

SCHEMA = """
CREATE TABLE pass (
  id serial PRIMARY KEY, code text UNIQUE, state text NOT NULL DEFAULT 'active', amount int DEFAULT 1000);
CREATE TABLE redemption (id bigserial PRIMARY KEY, pass_id int UNIQUE, partner_id int, nonce uuid UNIQUE);
CREATE TABLE entry (id bigserial PRIMARY KEY, redemption_id bigint, account text, amount int);
CREATE TABLE token (key text PRIMARY KEY, partner_id int, active boolean);
INSERT INTO token VALUES ('floor', 1, true);
INSERT INTO pass (code) SELECT 'code' || n FROM generate_series(1, {passes}) n
"""
