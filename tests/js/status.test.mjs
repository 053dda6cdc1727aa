// The sentences about the network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { networkKind, networkLine } from "../../passes/static/counter/status.js";

const NONE = { waiting: 0, accepted: 0, held: 0, refused: 0 };
const said = (more, counts = {}) => networkLine({ online: true, counts: { ...NONE, ...counts }, ...more }).replaceAll("\u00a0", " ");
const kind = (more, counts = {}) => networkKind({ online: true, counts: { ...NONE, ...counts }, ...more });

test("each state in a sentence", () => {
  assert.equal(said({}), "En ligne");
  assert.equal(said({ online: false }), "Plus de réseau : le guichet continue.");
  assert.equal(said({ online: false }, { waiting: 3 }), "Plus de réseau : le guichet continue. 3 pass en attente d’envoi.");
  assert.equal(said({ uploading: true }, { waiting: 3 }), "Envoi en cours… 3 pass.");
  assert.equal(said({}, { waiting: 1 }), "En ligne. 1 pass en attente d’envoi.");
  assert.equal(said({}, { accepted: 3, refused: 1 }), "Tout est envoyé : 3 encaissés, 1 refusé.");
  assert.equal(said({}, { accepted: 1, held: 2 }), "Tout est envoyé : 1 encaissé, 2 mis de côté.");
});

test("a browser that was not paired promises nothing", () => {
  assert.equal(said({ online: false, device: false }), "Plus de réseau : vous pourrez encaisser à son retour.");
});

test("a device that was stopped says what to do, and that nothing is lost", () => {
  const sentence = "Cet appareil n’est plus associé à ce lieu : demandez un nouveau code d’association à votre responsable.";
  assert.equal(said({ stopped: true }), sentence);
  assert.equal(said({ stopped: true }, { waiting: 2 }), `${sentence} 2 pass attendent ici, gardez-le tel quel.`);
  assert.equal(said({ stopped: true }, { held: 1 }), `${sentence} 1 pass d’avant l’arrêt est transmis, pour vérification.`);
  assert.equal(said({ stopped: true }, { held: 2 }), `${sentence} 2 pass d’avant l’arrêt sont transmis, pour vérification.`);
  assert.equal(said({ device: false }, { waiting: 1 }), `${sentence} 1 pass attend ici, gardez-le tel quel.`);
});

test("a look for each", () => {
  assert.deepEqual([kind({}), kind({ online: false }), kind({}, { waiting: 1 })], ["ok", "wait", "wait"]);
  assert.deepEqual([kind({ stopped: true }), kind({}, { refused: 1 }), kind({}, { accepted: 1 })], ["no", "no", "ok"]);
});
