// A scanner is a keyboard: set to another layout than the machine, it types &é" for 123 and A for Q. The browser's twin
// of `passes/garbled.py`; both are tested from tests/cases/garbled.json. Each table undoes one mistake for the whole
// text; what has the shape of a pass is taken, and the tag has the last word.

import { read } from "./codes.js";

const DIGITS = "1234567890";
const TABLES = [
  // a QWERTY scanner on an AZERTY machine, with or without its Caps Lock; then the French Mac and Belgium
  table(`&É"'(-È_ÇÀAQZW,?!§M:/)°`, `${DIGITS}QAWZMM//:..--`),
  table(`&É"'(§È!ÇÀAQZW,?=+M:/)°`, `${DIGITS}QAWZMM//:..--`),
  // an AZERTY scanner on a QWERTY machine, American or British
  table(`!@#$%^&*()"£AQZW:;>.<6`, `${DIGITS}23QAWZMM/:.-`),
  // the right layout, with Shift held or lost, or Caps Lock: QWERTY, then AZERTY
  table(`!@#$%^&*()"£?>_;`, `${DIGITS}23/.-:`),
  table(`&É"'(-È_ÇÀ§!:;`, `${DIGITS}68/.`),
];

// The first of `texts`, or else the first repair of one of them, that has the shape of a pass; a signed address first:
// it cannot look right by accident, while sixteen letters with A for Q can.
export function readGarbled(texts) {
  const found = [...texts, ...texts.flatMap(repairs)].map(read).filter(Boolean);
  return found.find((reading) => reading.signed) ?? found[0] ?? null;
}

export function repairs(text) {
  const characters = [...text.toUpperCase()].slice(0, 512);
  return TABLES.map((known) => characters.map((one) => known.get(one) ?? one).join(""));
}

function table(typed, meant) {
  return new Map([...typed].map((character, place) => [character, meant[place]]));
}
