// The list of what this device took, or refused, without a network: each line with its answer, and what to do about it.

import { isAccepted, isHeld, isUndone, isWaiting, mayGo, mayUndo, totals } from "./queue.js";
import { euros, moment, reason, screen } from "./screens.js";

// The slots of the state « Encaissés sans réseau ». `receiptOf(item)`: the address of what the server recorded. What was
// undone is a line of its own beside the one it undoes; `refused`: today's refusals, which were not sent anywhere.
export function linesOf(items, { site, services, receiptOf, now, refused = [] }) {
  const { waiting, cents } = totals(items);
  if (!items.length && !refused.length) return { empty: reason("nothing").title };
  const lines = document.createDocumentFragment();
  const refusals = refused.map((one) => ({ ...one, why: reason(one.why).title, occurred_at: new Date(one.at).toISOString() }));
  for (const item of [...items, ...refusals].sort((one, other) => other.occurred_at.localeCompare(one.occurred_at))) {
    if (item.why) {
      lines.append(drawnRefusal(item));
      continue;
    }
    if (isUndone(item)) lines.append(drawn(item, { site, services, receiptOf, now, undoing: true }));
    lines.append(drawn(item, { site, services, receiptOf, now }));
  }
  const done = items.every(isUndone) ? "Rien n’est à envoyer." : "Tout est envoyé.";
  return {
    sum: waiting ? `${waiting} pass en attente d’envoi, pour ${euros(cents)}.` : done,
    lines,
    send: items.some((item) => isWaiting(item) && item.site === site) ? "Envoyer maintenant" : "",
    clear: items.some(mayGo) ? "Effacer les réponses lues de cet appareil" : "",
  };
}

function drawn(item, { site, services, receiptOf, now, undoing = false }) {
  const { state, kind, why, next } = undoing ? { kind: "wait", state: reason("undoing").title, next: reason("undoing").next } : answerOf(item, site);
  const line = screen("line", {
    what: `${euros(item.value)} · ${item.name}`,
    when: moment(Date.parse(undoing ? item.undone_at : item.occurred_at)),
    service: services.find((one) => one.slug === item.service)?.name ?? item.service,
    state, why, next,
  });
  line.querySelector(".tag").classList.add(kind);
  const receipt = line.querySelector("[data-to-receipt]");
  if (isAccepted(item) && item.site === site) receipt.href = receiptOf(item);
  else receipt.parentElement.remove();
  const undo = line.querySelector("[data-undo]");
  if (mayUndo(item, now)) undo.dataset.undo = item.id;
  else undo.remove();
  return line;
}

function drawnRefusal({ name, why, at }) {
  const { title: state, next: service } = reason("refused_here");
  const line = screen("line", { what: name || reason("no_name").title, when: moment(at), service, state, why });
  line.querySelector(".tag").classList.add("no");
  line.querySelector("[data-to-receipt]").parentElement.remove();
  line.querySelector("[data-undo]").remove();
  return line;
}

// What to say of one line: its state in a word, why, and what to do.
function answerOf(item, site) {
  if (isWaiting(item)) {
    const code = item.site !== site ? "elsewhere" : item.problem ? "unread" : "queued";
    return { kind: "wait", state: reason(code).title, next: reason(code).next };
  }
  if (isUndone(item)) return { kind: "wait", state: reason("undone").title };
  if (isAccepted(item)) return { kind: "ok", state: reason("accepted").title };
  if (isHeld(item)) return { kind: "wait", state: reason("held").title, next: reason("held").next };
  // What the server advises is for when the person is still there: here they have left.
  return { kind: "no", state: reason("refused").title, why: item.verdict.title, next: reason("refused").next };
}
