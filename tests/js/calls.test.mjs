// What the counter asks by itself says which site it is for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { callsOf } from "../../passes/static/counter/calls.js";

test("each call bears the site of its page", async () => {
  const heard = [];
  const fetch = async (address, { headers }) => {
    heard.push([address, headers["X-Aptic-Counter"]]);
    return { status: 401, headers: new Headers({ "Retry-After": "7" }), json: async () => ({ code: "unauthorised" }) };
  };
  const { ask, post } = callsOf({ site: "of-the-page", fetch });
  assert.deepEqual(await ask("id-1"), { status: 401, body: { code: "unauthorised" } });
  assert.deepEqual(await post({ redemptions: [] }), { status: 401, retryAfter: 7, body: { code: "unauthorised" } });
  assert.deepEqual(heard, [["/api/v1/redemptions/id-1/", "of-the-page"], ["/api/v1/redemptions/batch/", "of-the-page"]]);
});

test("what a form notes outlives its page, and a log-in page is no answer to it", async () => {
  const heard = [];
  const fetch = async (address, asked) => {
    heard.push([address, asked.body, asked.keepalive, asked.redirect, asked.headers["HX-Request"]]);
    return { status: 200, text: async () => "C’est noté." };
  };
  assert.deepEqual(await callsOf({ site: "s", fetch }).note("/effet/", "answers"), { status: 200, words: "C’est noté." });
  assert.deepEqual(heard, [["/effet/", "answers", true, "manual", "true"]]);
});
