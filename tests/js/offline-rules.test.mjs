// The decision without a network, against the same table as the server's, and what only a device alone has to know.
import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, refusal, stopped } from "../../passes/static/counter/offline-rules.js";
import { KNOWN, REFUSALS } from "./cases.mjs";

const NOW = Date.parse("2026-11-25T09:00:00Z");
const HOUR = 3_600_000;
const BATCH = {
  id: 7, activated: true, valid_from: "2026-11-01T00:00:00+01:00", valid_until: "2027-01-01T00:00:00+01:00",
  claim_until: "2027-02-01T00:00:00+01:00", time_zone: "Europe/Paris", services: [], passes_per_day: null,
  needs_hand_out: true, territories_match: true, site_match: true,
};
const KNOWLEDGE = {
  instant: "2026-11-25T08:00:00Z", ceiling: { cents: 3000, passes: 3, hours: 72 }, may_redeem: true, batches: [BATCH],
  blocked: [],
};
const SIGNED = { serial: 161, booklet: 10, batch: 7, value: 1000, ends: Date.UTC(2026, 11, 31) };
const asked = { service: 1, occurredAt: NOW, accountedAt: NOW };

const DATES = { valid_from: -Infinity, valid_until: Infinity, claim_until: Infinity };

function dated(facts) {
  const dates = Object.entries(DATES).map(([name, none]) => [name, facts[name] === null ? none : Date.parse(facts[name])]);
  return { ...facts, ...Object.fromEntries(dates) };
}

for (const each of REFUSALS.cases) {
  test(each.name, () => {
    const occurredAt = Date.parse(each.occurred_at ?? REFUSALS.now);
    const accountedAt = each.accounted_at ? Date.parse(each.accounted_at) : occurredAt;
    const facts = dated({ ...REFUSALS.usable, ...each.facts });
    assert.equal(refusal(facts, { service: REFUSALS.service, occurredAt, accountedAt }), each.refusal);
  });
}

for (const each of KNOWN.cases) {
  test(`told by the server: ${each.name}`, () => {
    const now = Date.parse(each.now ?? KNOWN.now);
    const signed = { ...KNOWN.signed, ...each.signed };
    const batches = each.batches ?? [{ ...KNOWN.batch, ...each.batch }];
    const taken = (each.taken ?? []).map((one) => ({ ...one, at: Date.parse(one.at) }));
    const facts = factsOf({ ...signed, ends: Date.parse(signed.ends) }, { ...KNOWN.knowledge, batches, ...each.knowledge }, taken, now);
    assert.deepEqual(facts, dated({ ...KNOWN.facts, ...each.facts }));
    assert.equal(refusal(facts, { service: KNOWN.service, occurredAt: now, accountedAt: now }), each.refusal);
  });
}

function decided({ signed = {}, batch = {}, knowledge = {}, taken = [], at = NOW } = {}) {
  const known = { ...KNOWLEDGE, batches: [{ ...BATCH, ...batch }], ...knowledge };
  const facts = factsOf({ ...SIGNED, ...signed }, known, taken, at);
  return refusal(facts, { ...asked, occurredAt: at, accountedAt: at });
}

test("a pass that nothing speaks against is taken, handed out or not", () => assert.equal(decided(), null));
test("a pass blocked in what the server last told", () => assert.equal(decided({ knowledge: { blocked: [161] } }), "blocked"));
test("a pass that this device took already", () => {
  assert.equal(decided({ taken: [{ serial: 161, at: NOW }] }), "already_redeemed");
  assert.equal(decided({ taken: [{ serial: 162, at: NOW }] }), null);
});
test("the limit of the day counts this booklet, on this day of the operation", () => {
  const batch = { passes_per_day: 1 };
  assert.equal(decided({ batch, taken: [{ serial: 162, at: NOW }] }), "limit_reached");
  assert.equal(decided({ batch, taken: [{ serial: 162, at: NOW - 24 * HOUR }] }), null);
  assert.equal(decided({ batch, taken: [{ serial: 177, at: NOW }] }), null);
});
test("a batch that was extended outlives the day that is printed", () => {
  assert.equal(decided({ signed: { ends: Date.UTC(2026, 10, 1) } }), null);
});
test("a batch that the server did not name is not active, or past its printed day", () => {
  assert.equal(decided({ signed: { batch: 8 } }), "not_active");
  assert.equal(decided({ signed: { batch: 8, ends: Date.UTC(2026, 10, 1) } }), "expired");
});
test("a batch that pays nothing here is known by the reason alone", () => {
  const batches = [{ id: 7, territories_match: true, site_match: false }];
  assert.equal(decided({ knowledge: { batches } }), "site_not_covered");
});
test("a service not chosen yet is no reason", () => {
  const facts = factsOf(SIGNED, { ...KNOWLEDGE, batches: [{ ...BATCH, services: [2] }] }, [], NOW);
  assert.equal(refusal(facts, { ...asked, service: null }), null);
  assert.equal(refusal(facts, asked), "service_not_covered");
});

const waiting = (count, hours = 1) =>
  Array.from({ length: count }, () => ({ value: 1000, occurred_at: new Date(NOW - hours * HOUR).toISOString() }));

test("the ceiling in passes, in euros and in hours", () => {
  assert.equal(stopped(KNOWLEDGE, waiting(2), 1000, NOW), null);
  assert.equal(stopped(KNOWLEDGE, waiting(3), 1000, NOW), "ceiling_passes");
  assert.equal(stopped(KNOWLEDGE, waiting(2), 1001, NOW), "ceiling_cents");
  assert.equal(stopped(KNOWLEDGE, waiting(1, 72), 1000, NOW), null);
  assert.equal(stopped(KNOWLEDGE, waiting(1, 73), 1000, NOW), "ceiling_hours");
});
test("lines that can never leave stop nobody by their age, and still count", () => {
  const stuck = waiting(2, 100).map((one) => ({ ...one, stuck: true }));
  assert.equal(stopped(KNOWLEDGE, stuck, 1000, NOW), null);
  assert.equal(stopped(KNOWLEDGE, stuck, 1001, NOW), "ceiling_cents");
  assert.equal(stopped(KNOWLEDGE, [...stuck, ...waiting(1)], 1000, NOW), "ceiling_passes");
  assert.equal(stopped(KNOWLEDGE, [...stuck.slice(1), ...waiting(1, 73)], 1000, NOW), "ceiling_hours");
});
test("what the server told may not be older than the ceiling", () => {
  const told = (hours) => ({ ...KNOWLEDGE, instant: new Date(NOW - hours * HOUR).toISOString() });
  assert.equal(stopped(told(72), [], 1000, NOW), null);
  assert.equal(stopped(told(73), [], 1000, NOW), "knowledge_too_old");
});
