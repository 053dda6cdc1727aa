// What a printed QR says of its pass, and whether it was us who said it: the browser's half of `passes/codes.py`.
// A counter without a network knows a real pass, its value and its end by the Ed25519 signature beside the code.

import { ALPHABET, read } from "./codes.js";

const FACTS = 10; // bytes: signing key 1, batch 4, value in cents 3, end day 2
const SIGNATURE = 64;
const EPOCH = Date.UTC(2020, 0, 1);
const DAY = 86_400_000;
const TRAINING = 31;

// { code, name, serial, booklet, version, position, key, batch, value, ends, facts, signature } of a scanned address;
// null when it is not a pass, or bears no proof. Nothing is checked yet: see `verify`.
export function readSigned(text) {
  const found = read(text);
  const raw = found?.signed ? fromBase32(found.signed) : null;
  if (!raw || raw.length !== FACTS + SIGNATURE) return null;
  const facts = raw.slice(0, FACTS);
  const number = (from, to) => facts.slice(from, to).reduce((sum, byte) => sum * 256 + byte, 0);
  return {
    code: found.code,
    ...named(found.code),
    key: facts[0],
    batch: number(1, 5),
    value: number(5, 8),
    ends: EPOCH + number(8, 10) * DAY, // midnight UTC at the start of the last day
    facts,
    signature: raw.slice(FACTS),
  };
}

// What the first seven characters of a code say: enough to name a pass, not to spend it.
export function named(code) {
  const name = code.slice(0, 7);
  const number = [...name].reduce((sum, letter) => sum * 32 + ALPHABET.indexOf(letter), 0); // 35 bits
  const serial = number % 2 ** 30;
  return {
    name,
    serial,
    booklet: Math.floor(serial / 16),
    position: serial % 16,
    version: Math.floor(number / 2 ** 30),
  };
}

// Why it never redeems, if it does not: the cover shows a balance, a training code touches no money.
export function noPass(signed) {
  if (signed.version === TRAINING) return "training";
  return signed.position > 0 ? null : "cover";
}

// Does the signature hold? `keys`: key id → base64url; `fallback`: the address of our own check, fetched only where the
// browser has no Ed25519.
export async function verify(signed, keys, fallback, subtle = globalThis.crypto?.subtle) {
  const encoded = keys[signed.key];
  if (!encoded) return false;
  const key = fromBase64url(encoded);
  const message = new Uint8Array([...new TextEncoder().encode(signed.code), ...signed.facts]);
  let imported;
  try {
    imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    const { verifyAsync } = await import(fallback);
    return verifyAsync(signed.signature, message, key);
  }
  return subtle.verify({ name: "Ed25519" }, imported, signed.signature, message);
}

function fromBase32(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let buffer = 0;
  let at = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return null;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = buffer >> bits;
    at += 1;
  }
  return bytes;
}

function fromBase64url(text) {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}
