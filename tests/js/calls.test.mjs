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
