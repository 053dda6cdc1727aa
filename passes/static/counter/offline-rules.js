// Why a pass is or is not taken without a network: one pure decision over plain facts, the twin of `passes/rules.py`.
// Both are tested from tests/cases/refusals.json. The server decides again when the queue is sent; this one refuses
// what it can tell is wrong, and nothing else.

const BELIEVED = 72 * 3_600_000; // milliseconds back that a till is believed by itself

// The first reason to refuse, in the order that helps the person most; null when nothing speaks against it.
export function refusal(facts, { service, occurredAt, accountedAt }) {
  if (!facts.site_qualified) return "site_not_qualified";
  return (
    ofState(facts.pass_state) ||
    ofDates(facts, occurredAt, accountedAt) ||
    ofTerms(facts, service) ||
    (facts.passes_per_day !== null && facts.spent_today >= facts.passes_per_day ? "limit_reached" : null)
  );
}

function ofState(state) {
  return { redeemed: "already_redeemed", blocked: "blocked", replaced: "blocked", expired: "expired" }[state] ?? null;
}

function ofDates(facts, occurredAt, accountedAt) {
  const believed = facts.released ? occurredAt : Math.max(occurredAt, accountedAt - BELIEVED);
  if (believed >= facts.valid_until || accountedAt > facts.claim_until) return "expired";
  return !facts.activated || occurredAt < facts.valid_from ? "not_active" : null;
}

function ofTerms(facts, service) {
  if (facts.needs_hand_out && !facts.handed_out) return "not_handed_out";
  if (!facts.territories_match) return "territory_not_covered";
  if (!facts.site_match) return "site_not_covered";
  return facts.services.length && service !== null && !facts.services.includes(service) ? "service_not_covered" : null;
}

// The facts as this device knows them: what the pass says of itself, what the server last said, what was taken here.
// `taken`: [{ serial, at }], the passes that this device took, sent or not.
export function factsOf(signed, knowledge, taken, now) {
  const batch = knowledge.batches.find((one) => one.id === signed.batch) ?? {};
  const zone = batch.time_zone ?? "Europe/Paris";
  const sameBooklet = taken.filter((one) => Math.floor(one.serial / 16) === signed.booklet);
  return {
    pass_state: stateOf(signed.serial, knowledge, taken),
    spent_today: sameBooklet.filter((one) => dayIn(zone, one.at) === dayIn(zone, now)).length,
    // A batch that the server did not name was not active when it last spoke; one that pays nothing here has no terms.
    activated: batch.activated ?? "id" in batch,
    valid_from: instant(batch.valid_from, -Infinity),
    // The printed day is only a floor: a batch that was extended is known by its terms.
    valid_until: instant(batch.valid_until, "id" in batch ? Infinity : afterLastDay(signed.ends)),
    claim_until: instant(batch.claim_until, Infinity),
    handed_out: true, // nobody can know here; the server tells when the queue is sent
    needs_hand_out: batch.needs_hand_out ?? false,
    services: batch.services ?? [],
    territories_match: batch.territories_match ?? true,
    site_match: batch.site_match ?? true,
    passes_per_day: batch.passes_per_day ?? null,
    site_qualified: knowledge.may_redeem,
  };
}

// What this device may still take before it must have spoken to the server: the reason to stop, or null.
// `pending`: [{ value, occurred_at, stuck }], what waits to be sent. What is stuck (of another site, or not understood by
// the server) leaves by no network that somebody could look for: it counts in passes and euros, and stops nobody by its age.
export function stopped(knowledge, pending, value, now) {
  const { cents, passes, hours } = knowledge.ceiling;
  const hour = 3_600_000;
  if (now - instant(knowledge.instant, -Infinity) > hours * hour) return "knowledge_too_old";
  if (pending.some((one) => !one.stuck && now - instant(one.occurred_at, now) > hours * hour)) return "ceiling_hours";
  if (pending.length + 1 > passes) return "ceiling_passes";
  return pending.reduce((sum, one) => sum + one.value, value) > cents ? "ceiling_cents" : null;
}

function stateOf(serial, knowledge, taken) {
  if (knowledge.blocked.includes(serial)) return "blocked";
  return taken.some((one) => one.serial === serial) ? "redeemed" : "open";
}

function instant(text, otherwise) {
  return text === undefined ? otherwise : Date.parse(text);
}

// The end of the printed day wherever the operation is: west of Greenwich it lasts longer.
function afterLastDay(ends) {
  return ends + 36 * 3_600_000;
}

function dayIn(timeZone, at) {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(at);
}
