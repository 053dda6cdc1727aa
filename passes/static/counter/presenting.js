// A pass in front of a counter without a network: shown, judged, noted in the queue, and answered once it was sent.
// What was scanned proves a pass; a code that was typed proves nothing and is never taken here.

import { grouped, read } from "./codes.js";
import { factsOf, refusal, stopped } from "./offline-rules.js";
import { newId } from "./older.js";
import { isAccepted, isHeld, isStuck, isUndone, isWaiting, mayUndo, totals } from "./queue.js";
import { day, euros, moment, options, reason, screen } from "./screens.js";
import { named, noPass, readSigned, verify } from "./signed.js";

const NO_REFUSAL = new Set(["cover", "training"]); // nobody presented a pass
const OF_THE_DEVICE = /^(ceiling|no_memory)/; // reasons that nothing it was told explains

// `desk()` → { queue, known } once they are open; queue is null where the browser keeps nothing. `draw` puts a state on
// the page; `receiptOf(item)` is the address of its receipt; `asked` is what asked.js keeps. `device`, `site`, `fallback`
// and, in a session, `session` and `service` (its number) are the page's own; a browser without a device sends nothing by
// itself, and so notes nothing.
export function presenting({ till, desk, draw, asked, receiptOf, device, site, session, service: held, fallback }) {
  const scanned = new Map(); // code → what its QR said, of what this page has read; nowhere else
  const shown = () => till.querySelector("h1"); // every state brings its own

  // What a form is about to send: an address that was scanned is kept with its proof.
  function remember(form) {
    const text = form.elements.code?.value;
    const signed = text ? readSigned(text) : null;
    if (signed) scanned.set(signed.code, signed);
  }

  // `beside`: sentences on the other passes of the same go, which are on no table any more.
  function refuse(known, code, signed, beside = []) {
    const name = signed?.name;
    const told = known?.knowledge && !OF_THE_DEVICE.test(code) ? moment(Date.parse(known.knowledge.instant)) : "";
    const { title, next, call, elsewhere } = reason(code);
    const { call: { name: who, phone, address } = {}, near } = helpFor(known?.knowledge, signed, { call, elsewhere });
    draw("refused", {
      title, next, who, phone, near: placesOf(near),
      which: name ? `Pass ${name}\u00a0· rien n’a été encaissé.` : "",
      beside: paragraphs(beside),
      known: told ? `D’après ce que ce guichet savait ${told}.` : "",
    }, (drawn) => {
      if (phone) drawn.querySelector("[data-slot=phone]").href = address;
      else drawn.querySelector("[data-call]").remove();
      if (!near.length) drawn.querySelector("[data-near]").remove();
    });
  }

  // `kept`: [{ code, attempt }], what was on the table. It is judged again, each pass after those before it, and stays
  // there; of what cannot stay, the page says so.
  async function present(text, kept = []) {
    const noted = [];
    const before = shown();
    const at = await desk();
    const [stay, gone] = [[], []];
    for (const { code, attempt } of kept) {
      const one = { ...named(code), ...scanned.get(code), attempt };
      const why = await whyNot(at, one, stay);
      if (!why) stay.push(one);
      else {
        gone.push(nowGone(one, why));
        noted.push({ name: one.name, why });
      }
    }
    const signed = readSigned(text);
    const same = stay.filter(({ booklet, serial }) => booklet === signed?.booklet && serial !== signed.serial);
    const why = signed ? await whyNot(at, signed, same) : "typed";
    const last = held ?? await at.queue?.recall("service").catch(() => undefined);
    if (shown() !== before) return undefined; // something else was opened meanwhile, or the server has answered
    if (why) noted.push({ name: (signed ?? read(text))?.code.slice(0, 7) ?? "", why });
    if (!why && stay.length && !same.length && stay[0].serial !== signed.serial) gone.push(reason("aside").title);
    if (why && !stay.length) refuse(signed && at.known, why, signed, gone);
    else if (why) showValid(at.known, stay, last, { refused: refusedBeside(signed, why), gone });
    else showValid(at.known, [...same, { ...signed, attempt: newId() }], last, { gone });
    return noteRefusals(at, noted);
  }

  // They are in the day's list of this device; one that can keep nothing says so already.
  async function noteRefusals({ queue, known }, refusals) {
    for (const one of refusals.filter(({ why }) => !NO_REFUSAL.has(why))) {
      await queue?.refusals(site, known.now(), one).catch(() => {});
    }
  }

  // Why this pass is not taken after `before`, those of the same go.
  async function whyNot({ queue, known }, signed, before) {
    if (!signed.signature) return "typed";
    if (!known?.knowledge) return "no_knowledge";
    try {
      if (!(await verify(signed, known.knowledge.keys, fallback))) return "unknown";
      return noPass(signed) || judged(known, signed, null, await queue.taken(), before)
        || tooMuch(known, await queue.all(), [...before, signed], site);
    } catch {
      return "no_memory";
    }
  }

  // `refused` and `gone`: sentences on the pass that was read and stays off the table, and on those that left it.
  function showValid({ knowledge }, table, chosen, { refused = [], gone = [] }) {
    const batch = knowledge.batches.find((one) => one.id === table[0].batch);
    const value = euros(sumOf(table));
    draw("valid", {
      title: table.length > 1 ? `Ces ${table.length} pass sont valables` : "Ce pass est valable",
      refused: paragraphs(refused),
      gone: paragraphs(gone),
      name: namesOf(table),
      value,
      take: `Encaisser ${value} sans réseau`,
      until: day(Date.parse(batch.valid_until) - 1, batch.time_zone),
      campaign: batch.campaign,
      fields: fieldsOf(table.flatMap(({ code, attempt }) => [["code", code], ["attempt", attempt]])),
      kept: fieldsOf(table.flatMap(({ code, attempt }) => [["kept", code], ["attempt", attempt]]), { kept: "" }),
      services: options(knowledge.services, batch.services, chosen),
    }, (drawn) => {
      if (refused.length || gone.length) drawn.querySelector("[data-confirm]").dataset.readFirst = ""; // also in quick mode
    });
  }

  // `data` is what the form sent or would have; `unanswered`: the server may have taken it already, so it is noted whatever
  // the ceiling says. What cannot be noted is asked again in words.
  async function take(form, data, unanswered) {
    const { queue, known } = await desk();
    const items = itemsOf(known, data);
    if (!items) return askAgain(form, data, unanswered);
    try {
      await note({ form, items, service: Number(data.get("service")), unanswered, queue, known });
      return asked.forget([...data]);
    } catch {
      return askAgain(form, data, unanswered); // the device can keep nothing more
    }
  }

  // What the queue would hold of it; null where it can hold none.
  function itemsOf(known, data) {
    const signed = data.getAll("code").map((code) => scanned.get(code));
    const service = known?.knowledge?.services.find((one) => one.id === Number(data.get("service")));
    if (!device || !service || signed.some((each) => !each)) return null;
    const attempts = data.getAll("attempt");
    const occurred_at = new Date(known.now()).toISOString();
    return signed.map(({ code, name, serial, value }, at) => (
      { id: attempts[at], site, code, name, serial, value, service: service.slug, occurred_at, session }
    ));
  }

  async function note({ form, items, service, unanswered, queue, known }) {
    const signed = items.map(({ code }) => scanned.get(code));
    const refuseOne = async (one, why) => {
      refuse(known, why, one, notEither(signed, one));
      return noteRefusals({ queue, known }, [{ name: one.name, why }]);
    };
    const here = await queue.all();
    const noted = here.filter((item) => items.some(({ id }) => id === item.id));
    if (noted.length === items.length) return form.isConnected && showQueued(known, noted, here); // of a second tap
    if (!unanswered) {
      const taken = await queue.taken();
      for (const [at, each] of signed.entries()) {
        const why = judged(known, each, service, taken, signed.slice(0, at));
        if (why) return refuseOne(each, why);
      }
    }
    if (unanswered) for (const item of items) item.state = "sent"; // the server may have done it
    const check = (present) => (unanswered ? null : twice(present, items) || tooMuch(known, present, signed, site));
    const why = await queue.add(items, check);
    if (why) return refuseOne(signed[0], why);
    // It is noted: whatever fails from here on, the page says so.
    if (!session) await queue.remember("service", service).catch(() => {});
    navigator.storage?.persist?.(); // asks the browser not to clear what waits here
    return showQueued(known, items, await queue.all().catch(() => [...here, ...items]));
  }

  // It is about to leave for the server: kept until there is an answer. `from`: the counter that asks.
  function leaves(known, data, from) {
    const fields = [...data].filter(([name]) => name !== "csrfmiddlewaretoken");
    asked.keep({ fields, from, lines: itemsOf(known, data)?.map((item) => ({ ...item, state: "sent" })) ?? null });
  }

  // What a page that was left had asked waits in the queue, or is asked again in words at the counter that asked. `from`:
  // the counter on this page; null where another page is shown, which nothing covers.
  async function takeUp(from) {
    const before = shown();
    const { queue, known } = await desk();
    for (const one of asked.left()) {
      const moved = await asked.move(one, queue);
      if (one.from !== from || shown() !== before) continue;
      if (!moved) askAgain(null, one.fields, true);
      else if (known.knowledge) showQueued(known, one.lines, await queue.all());
    }
  }

  function showQueued({ now, knowledge: { ceiling, services } }, items, everything) {
    const ids = items.map((item) => item.id);
    const kept = everything.filter((item) => ids.includes(item.id));
    const { waiting, cents } = totals(everything);
    draw("queued", {
      ...summary(items, services.find((one) => one.slug === items[0].service)?.name),
      room: `Sans réseau, cet appareil note au plus ${ceiling.passes} pass et ${euros(ceiling.cents)}\u00a0: il en a ${waiting}, pour ${euros(cents)}.`,
    }, (drawn) => {
      drawn.querySelector("[data-receipt]").dataset.receipt = ids.join(" ");
      const undo = drawn.querySelector("[data-undo]");
      if (kept.every((item) => mayUndo(item, now()))) undo.dataset.undo = ids.join(" ");
      else undo.remove();
    });
  }

  // The receipt on the page gets its answer as soon as there is one; the next pass may have come meanwhile.
  async function answerReceipt() {
    const receipt = till.querySelector("[data-receipt]");
    if (!receipt) return;
    const ids = receipt.dataset.receipt.split(" ");
    const { queue, known } = await desk();
    const items = (await queue.all()).filter((item) => ids.includes(item.id));
    if (!items.length || items.some(isWaiting) || till.querySelector("[data-receipt]") !== receipt) return;
    drawAnswer(items, known);
    await queue.markSeen(ids);
  }

  function drawAnswer(items, known) {
    const undone = items.filter(isUndone);
    const other = items.find((item) => !isAccepted(item));
    const service = known.knowledge?.services.find((one) => one.slug === items[0].service)?.name;
    if (undone.length) return draw("undone", summary(undone, service));
    if (!other) {
      return draw("sent", summary(items, service), (drawn) => {
        drawn.querySelector("[data-to-receipt]").href = receiptOf(items[0]);
      });
    }
    const which = `Pass ${other.name}`;
    if (isHeld(other)) return draw("held", { ...reason("held"), which });
    return draw("refused", { title: other.verdict.title, next: other.verdict.detail, which });
  }

  // The server is asked again, with the same attempts, when there is somebody to ask.
  function askAgain(form, data, unanswered) {
    const fields = fieldsOf([...data].filter(([name]) => name !== "csrfmiddlewaretoken"));
    draw(unanswered || form?.dataset.again === "unknown" ? "unknown" : "unsent", { fields });
  }

  // What was taken on line is not taken once more when the network goes; what was undone may be. `beside`: the attempts
  // that were taken although another of the same go was refused.
  async function noteOnline(outcome, attempted, voided, beside = "") {
    const { queue, known } = await desk();
    if (!queue) return;
    if (outcome === "voided" && voided) await queue.noteVoided(voided);
    if (!attempted || (outcome !== "accepted" && !beside)) return;
    if (!session) await queue.remember("service", Number(attempted.get("service")));
    const attempts = attempted.getAll("attempt");
    for (const [at, code] of attempted.getAll("code").entries()) {
      if (outcome !== "accepted" && !beside.includes(attempts[at])) continue;
      await queue.noteSpent(attempts[at], named(code).serial, known.now());
      scanned.delete(code);
    }
  }

  return { remember, present, leaves, take, takeUp, answerReceipt, noteOnline };
}

// `before`: passes of the same go, which this one comes after.
function judged(known, signed, service, taken, before) {
  const now = known.now();
  const spent = [...taken, ...before.map(({ serial }) => ({ serial, at: now }))];
  return refusal(factsOf(signed, known.knowledge, spent, now), { service, occurredAt: now, accountedAt: now });
}

// Would these passes, one after the other, go past what this device may hold?
function tooMuch(known, items, passes, site) {
  const pending = items.filter(isWaiting).map((item) => ({ ...item, stuck: isStuck(item, site) }));
  for (const { value } of passes) {
    const why = stopped(known.knowledge, pending, value, known.now());
    if (why) return why;
    pending.push({ value, occurred_at: new Date(known.now()).toISOString() });
  }
  return null;
}

// Another tab may have noted the same pass between the look and the queue's transaction.
function twice(present, items) {
  const rival = (item) => present.some((each) => isWaiting(each) && each.serial === item.serial && each.id !== item.id);
  return items.some(rival) ? "already_redeemed" : null;
}

// Whom to call, and the sites near here that take it: those of its operation, where the reason says so and it has some.
function helpFor(knowledge, signed, { call, elsewhere }) {
  const batch = knowledge?.batches.find((one) => one.id === signed?.batch);
  const ofItsOwn = call && call !== "operator" ? knowledge?.calls?.[batch?.call] : undefined;
  const near = elsewhere ? (batch?.near ?? []).map((at) => knowledge.places[at]) : [];
  return { call: ofItsOwn ?? knowledge?.call ?? undefined, near };
}

function placesOf(near) {
  const places = document.createDocumentFragment();
  for (const { name, where, phone, address } of near) {
    places.append(screen("place", { name, where, phone }));
    if (phone) places.lastElementChild.querySelector("a").href = address;
  }
  return near.length ? places : "";
}

// The pass that was read is refused, and what was on the table is not.
function refusedBeside(signed, code) {
  const { title, next } = reason(code);
  return [`${signed ? `Pass ${signed.name}\u00a0: ` : ""}${title} ${reason("stays").title}`, next];
}

function nowGone({ name }, code) {
  const { title, next } = reason(code);
  return `Le pass ${name} n’est plus affiché, et n’a pas été encaissé\u00a0: ${title} ${next}`;
}

// The other passes of a go that was refused for one of them.
function notEither(signed, refused) {
  const others = signed.filter((each) => each !== refused).map(({ name }) => name).join(", ");
  return others ? [`Avec lui, pas encaissé non plus\u00a0: ${others}. ${reason("alone").title}`] : [];
}

function paragraphs(sentences) {
  const drawn = document.createDocumentFragment();
  for (const textContent of sentences) drawn.append(Object.assign(document.createElement("p"), { textContent }));
  return sentences.length ? drawn : "";
}

// Hidden fields of a form; `marks` are their data-* attributes.
function fieldsOf(pairs, marks = {}) {
  const fields = document.createDocumentFragment();
  for (const [name, value] of pairs) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    Object.assign(field.dataset, marks);
    fields.append(field);
  }
  return fields;
}

// Each as the server writes it on a ticket, and each a name of its own to whoever looks for one.
function namesOf(passes) {
  const names = document.createDocumentFragment();
  for (const [at, { name }] of passes.entries()) {
    const textContent = grouped(name).replace(/-/g, "\u00a0");
    names.append(at ? " · " : "", Object.assign(document.createElement("span"), { textContent, translate: false }));
  }
  return names;
}

function sumOf(passes) {
  return passes.reduce((sum, each) => sum + each.value, 0);
}

function summary(items, service) {
  return { name: namesOf(items), value: euros(sumOf(items)), service };
}
