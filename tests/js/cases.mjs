// The tables shared with Python.
import { readFileSync } from "node:fs";

const table = (name) => JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url)));
export const CODES = table("codes");
export const GARBLED = table("garbled");
export const REFUSALS = table("refusals");
export const KNOWN = table("knowledge");

// A code alone that still looks like one with A for Q is the server's to decide: it tries both, only one has the tag.
const SWAPPED = { A: "Q", Q: "A", W: "Z", Z: "W" };
export function sameButForLayout(code) {
  return [code, code.replace(/[AQWZ]/g, (letter) => SWAPPED[letter])];
}
