// The counter's line about its network, in words: pure, so that each sentence is tested.

const NBSP = "\u00a0";

// `counts`: what `totals` of queue.js says. `device`: is this browser paired? `stopped`: the server no longer knows it.
export function networkLine({ online, uploading = false, stopped = false, device = true, counts }) {
  const { waiting } = counts;
  if (stopped || (!device && waiting)) {
    const kept = waiting ? ` ${passes(waiting)} ${waiting > 1 ? "attendent" : "attend"} ici, gardez-le tel quel.` : "";
    const handedIn = counts.held ? ` ${passes(counts.held)} d’avant l’arrêt ${counts.held > 1 ? "sont transmis" : "est transmis"}, pour vérification.` : "";
    return `Cet appareil n’est plus associé à ce lieu${NBSP}: demandez un nouveau code d’association à votre responsable.${handedIn}${kept}`;
  }
  if (!online && !device) return `Plus de réseau${NBSP}: vous pourrez encaisser à son retour.`;
  if (!online) return `Plus de réseau${NBSP}: le guichet continue.${waiting ? ` ${passes(waiting)} en attente d’envoi.` : ""}`;
  if (uploading) return `Envoi en cours… ${passes(waiting)}.`;
  if (waiting) return `En ligne. ${passes(waiting)} en attente d’envoi.`;
  const answers = answered(counts);
  return answers ? `Tout est envoyé${NBSP}: ${answers}.` : "En ligne";
}

// What a stopped device says of what it took before, without a network; empty when there is nothing to say.
// `outcome`: "sending", or as `handIn` returns it.
export function handInLine({ outcome, counts: { waiting, accepted, held, refused } }) {
  if (outcome === "sending" && waiting) return `Envoi de ce qui a été noté sans réseau… ${passes(waiting)}.`;
  const said = [
    held && `${held} à instruire par l’opérateur`,
    answered({ accepted, held: 0, refused }),
  ].filter(Boolean).join(", ");
  const left = outcome === "away" ? "l’envoi reprendra dès que le réseau répond" : "associez de nouveau cet appareil à son lieu pour l’envoi";
  return [
    said && `Noté sans réseau et transmis${NBSP}: ${said}.`,
    waiting && `${passes(waiting)} ${waiting > 1 ? "attendent" : "attend"} encore ici${NBSP}: ${left}, et n’effacez pas les données du navigateur.`,
  ].filter(Boolean).join(" ");
}

// Which of four looks the line has; the words say the same.
export function networkKind({ online, stopped = false, device = true, counts }) {
  if (stopped || (!device && counts.waiting)) return "no";
  if (!online || counts.waiting) return "wait";
  return counts.refused ? "no" : "ok";
}

function answered({ accepted, held, refused }) {
  return [
    accepted && `${accepted} ${accepted > 1 ? "encaissés" : "encaissé"}`,
    held && `${held} mis de côté`,
    refused && `${refused} ${refused > 1 ? "refusés" : "refusé"}`,
  ].filter(Boolean).join(", ");
}

function passes(number) {
  return `${number} pass`;
}
