// What this device took and the server has not recorded yet, in IndexedDB: it outlives the tab, the browser and the
// battery. A code stays here until its line is recorded, and is erased with it.
//
//     { id, site, code, name, serial, service, value, occurred_at, session, state, verdict?, problem?, seen?, voided? }
//     state: queued → sent (asked at least once; the server may have done it) → recorded (verdict)
//            queued → undone (undone_at): never sent, and never will be; it stays to be seen

const NAME = "aptic-counter";
const KEPT = 7 * 24 * 3_600_000; // verdicts that somebody has seen, and passes taken on line
const UNDO = 15 * 60_000; // the same as on line
const MOST = 200; // refusals of one day: as many as somebody reads
const LOST = new Set(["InvalidStateError", "UnknownError"]); // a base that the browser has closed under its pages
const SURE = { durability: "strict" }; // on the disk before anybody is told that it is

// `openDB` is idb's. Every method is one transaction, so that two tabs never count past a ceiling together; on a base that
// was lost it is done once more, on one that is opened anew. It rejects when the device can keep nothing.
export async function openQueue(openDB) {
  const open = () => openDB(NAME, 1, {
    upgrade(fresh) {
      fresh.createObjectStore("items", { keyPath: "id" });
      fresh.createObjectStore("spent", { keyPath: "id" });
      fresh.createObjectStore("memo");
    },
    blocking: (_old, _new, event) => event.target.close(),
  });
  let base = await open();
  let latest = -Infinity;

  function lasting(method) {
    return async (...given) => {
      try {
        return await method(...given);
      } catch (error) {
        if (!LOST.has(error?.name)) throw error;
        base = await open();
        return method(...given); // an id is added once, and a change says what is to stand there
      }
    };
  }

  // The last instant of what was taken here and may still leave, as it was last looked at.
  function lookAt(items) {
    latest = Math.max(-Infinity, ...items.filter((item) => isWaiting(item) && !item.problem).map((item) => Date.parse(item.occurred_at)));
    return items;
  }

  // Add `items` unless `refuse(everything here)` gives a reason, which is returned. An id that is here stays as it is.
  async function add(items, refuse = () => null) {
    const change = base.transaction("items", "readwrite", SURE);
    const present = await change.store.getAll();
    const known = new Set(present.map((each) => each.id));
    const reason = refuse(present);
    if (!reason) {
      for (const item of items) if (!known.has(item.id)) await change.store.put({ state: "queued", ...item });
    }
    await change.done;
    lookAt(reason ? present : [...present, ...items]);
    return reason;
  }

  // From now on the server may have done them: an id is never changed, and never given up.
  async function markSent(ids) {
    await update(ids, (item) => (item.state === "queued" ? { ...item, state: "sent" } : item));
  }

  // Take all of these off the queue, if nobody has sent one of them and their minutes have not passed; whether it is done.
  async function undo(ids, now) {
    const work = base.transaction("items", "readwrite", SURE);
    const found = await Promise.all(ids.map((id) => work.store.get(id)));
    const may = found.every((item) => item && (isUndone(item) || mayUndo(item, now)));
    for (const { code, ...item } of may ? found.filter((each) => !isUndone(each)) : []) {
      await work.store.put({ ...item, state: "undone", undone_at: new Date(now).toISOString() });
    }
    await work.done;
    return may;
  }

  // What the server answered, by id. The code goes, the answer stays until somebody has seen it.
  async function record(verdicts) {
    const byId = new Map(verdicts.map((each) => [each.id, each]));
    await update([...byId.keys()], ({ code, problem, ...item }) => {
      const { id, ...verdict } = byId.get(item.id);
      return item.state === "recorded" ? item : { ...item, state: "recorded", verdict };
    });
  }

  // What became of lines that were set aside: an answer like any other, that nobody has seen yet.
  async function judge(verdicts) {
    const byId = new Map(verdicts.map((each) => [each.id, each]));
    await update([...byId.keys()], ({ seen, ...item }) => {
      const { id, ...verdict } = byId.get(item.id);
      return isHeld(item) ? { ...item, verdict } : { seen, ...item };
    });
  }

  // Lines that the server could not read: they stay, with what it said.
  async function note(problems) {
    const byId = new Map(problems.map((each) => [each.id, each]));
    await update([...byId.keys()], (item) => ({ ...item, problem: byId.get(item.id) }));
  }

  async function update(ids, change) {
    const work = base.transaction("items", "readwrite", SURE);
    for (const id of ids) {
      const item = await work.store.get(id);
      if (item) await work.store.put(change(item));
    }
    await work.done;
  }

  // Everything here, oldest first.
  async function all() {
    const items = lookAt(await base.getAll("items"));
    return items.sort((a, b) => a.occurred_at.localeCompare(b.occurred_at) || a.id.localeCompare(b.id));
  }

  // Somebody has read these answers.
  async function markSeen(ids) {
    await update(ids, (item) => ({ ...item, seen: true }));
  }

  // `now`: by the server's word. Forget answers that somebody saw (all of them, or those of last week), and what was taken last week. An accepted line
  // leaves its pass among those that were taken; one that nobody has judged yet stays.
  async function forget(now, everythingSeen = false) {
    const work = base.transaction(["items", "spent"], "readwrite");
    const [items, spent] = [work.objectStore("items"), work.objectStore("spent")];
    for (const item of await items.getAll()) {
      const at = Date.parse(item.occurred_at);
      const old = now - at > KEPT;
      if (!(isUndone(item) ? old : mayGo(item) && item.seen && (everythingSeen || old))) continue; // the server has no undone line
      if (isTaken(item)) await spent.put({ id: item.id, serial: item.serial, at });
      await items.delete(item.id);
    }
    for (const one of await spent.getAll()) if (now - one.at > KEPT) await spent.delete(one.id);
    await work.done;
  }

  // What was undone on line may be taken again, whether it was taken on line or not.
  async function noteVoided(id) {
    await base.delete("spent", id);
    await update([id], (item) => ({ ...item, voided: true }));
  }

  // Passes that this device took, on line or not: [{ serial, at }]. A refusal or an undoing takes nothing.
  async function taken() {
    const spent = await base.getAll("spent");
    const items = (await base.getAll("items")).filter(isTaken);
    return [...spent, ...items.map((item) => ({ serial: item.serial, at: Date.parse(item.occurred_at) }))];
  }

  // What was refused at `site` without a network on the day of `now`: [{ name, why, at }], oldest first. `fresh`, { name, why },
  // joins it; the days before are erased.
  async function refusals(site, now, fresh = null) {
    const work = base.transaction("memo", "readwrite");
    const before = (await work.store.get(`refused ${site}`)) ?? [];
    const kept = before.filter(({ at }) => dayOf(at) === dayOf(now));
    if (fresh) kept.push({ ...fresh, at: now });
    if (fresh || kept.length < before.length) await work.store.put(kept.slice(-MOST), `refused ${site}`);
    await work.done;
    return kept.slice(-MOST);
  }

  await lasting(all)().catch(() => {}); // for `latest`; what cannot be read now may be later
  const methods = {
    add, markSent, undo, record, judge, note, all, markSeen, forget, taken, refusals,
    noteSpent: (id, serial, at) => base.put("spent", { id, serial, at }),
    noteVoided,
    remember: (key, value) => base.put("memo", value, key),
    recall: (key) => base.get("memo", key),
  };
  const kept = Object.entries(methods).map(([name, method]) => [name, lasting(method)]);
  return { ...Object.fromEntries(kept), latest: () => latest };
}

export function isWaiting(item) {
  return item.state !== "recorded" && !isUndone(item);
}

// Taken off the queue before it was sent: it weighs nothing, takes nothing, and is never sent.
export function isUndone(item) {
  return item.state === "undone";
}

// May this device still undo it by itself?
export function mayUndo(item, now) {
  return item.state === "queued" && now - Date.parse(item.occurred_at) <= UNDO;
}

// It waits, and no network that comes back takes it away: it is of another site, or the server did not understand it.
export function isStuck(item, site) {
  return isWaiting(item) && (item.site !== site || Boolean(item.problem));
}

export function isAccepted(item) {
  return item.verdict?.status === 200 || item.verdict?.status === 201;
}

// Set aside by the server: neither accepted nor refused yet.
export function isHeld(item) {
  return item.verdict?.status === 202;
}

// Is its answer final?
export function mayGo(item) {
  return !isWaiting(item) && !isHeld(item) && !isUndone(item);
}

function dayOf(at) {
  return new Date(at).toDateString();
}

function isTaken(item) {
  return !item.voided && (isWaiting(item) || isAccepted(item) || isHeld(item));
}

// { waiting, cents, accepted, held, refused } of items; the last three count answers nobody has seen.
export function totals(items) {
  const waiting = items.filter(isWaiting);
  const fresh = items.filter((item) => !isWaiting(item) && !isUndone(item) && !item.seen);
  const accepted = fresh.filter(isAccepted).length;
  const held = fresh.filter(isHeld).length;
  return {
    waiting: waiting.length,
    cents: waiting.reduce((sum, item) => sum + item.value, 0),
    accepted,
    held,
    refused: fresh.length - accepted - held,
  };
}
