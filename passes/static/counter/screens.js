// The states that the counter draws by itself: clones of the templates in templates/passes/counter/_offline.html, with
// the places that bear `data-slot` filled. All words but figures and dates are in the templates.

const NBSP = "\u00a0";

// A state ready to be put on the page. `slots`: name → text, or a node; an empty one takes its place off.
export function screen(name, slots = {}) {
  const drawn = document.getElementById(`offline-${name}`).content.cloneNode(true);
  for (const place of drawn.querySelectorAll("[data-slot]")) {
    const value = slots[place.dataset.slot];
    if (value === undefined || value === "") place.remove();
    else if (value instanceof Node) place.replaceChildren(value);
    else place.textContent = value;
  }
  return drawn;
}

// Why a pass is not taken: { title, next } in the words of the server's own refusals; whom they tell to call, and whether
// another site may take it (passes/refusals.py).
export function reason(code) {
  const reasons = document.getElementById("offline-reasons").content;
  const [title, next] = reasons.querySelectorAll(`[data-reason="${code}"] > p`);
  const { call, elsewhere } = title.parentElement?.dataset ?? {};
  return { title: title.textContent, next: next?.textContent ?? "", call, elsewhere: elsewhere !== undefined };
}

// 1000 → "10 €", 1050 → "10,50 €".
export function euros(cents) {
  const rest = cents % 100;
  const units = Math.floor(cents / 100).toLocaleString("fr-FR");
  return `${units}${rest ? `,${String(rest).padStart(2, "0")}` : ""}${NBSP}€`;
}

// "31 décembre 2027", in the zone where the day is printed.
export function day(at, timeZone) {
  return new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone }).format(at).replace(/^1 /, "1er ");
}

// "le 25 novembre à 14 h 05".
export function moment(at) {
  const date = new Intl.DateTimeFormat("fr-FR", { day: "numeric", month: "long" }).format(at).replace(/^1 /, "1er ");
  return `le ${date} à ${hour(at)}`;
}

// "14 h 05".
export function hour(at) {
  const two = (number) => String(number).padStart(2, "0");
  const date = new Date(at);
  return `${date.getHours()}${NBSP}h${NBSP}${two(date.getMinutes())}`;
}

// The choice of a service: those that the batch pays, the site's own first, the one used last already chosen.
export function options(services, allowed, chosen) {
  const list = document.createDocumentFragment();
  for (const service of services) {
    if (allowed.length && !allowed.includes(service.id)) continue;
    const option = document.createElement("option");
    option.value = service.id;
    option.textContent = service.name;
    if (service.id === chosen) option.setAttribute("selected", "");
    list.append(option);
  }
  return list;
}
