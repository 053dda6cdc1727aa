// The browser's twin of `passes/codes.py`: what somebody typed or scanned, as the code that was printed.
// It cannot check a tag (the key never leaves the server): it tells the shape only, so that nobody waits for the
// network to hear that a character is missing. Both are tested from tests/cases/codes.json.

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford: no I, L, O, U
export const LENGTH = 16;
export const SIGNED_LENGTH = 119; // base32 of 10 bytes of facts and 64 of signature
// What every reader says of a square or a barcode that is not ours.
export const NOT_A_PASS = { kind: "foreign", sentence: "Ce carré n’est pas un pass." };
const LOOK_ALIKES = { O: "0", I: "1", L: "1" };
const SEPARATOR = /[ \-\u00a0\u202f.\t]/;
const WHOLE = /^[0-9A-HJKMNP-TV-Z]{16}$/;
// Slashes where colons were: a French scanner whose Shift is held.
const ADDRESS = /^HTTPS?[:/]\/\/\S+?\/P\/([^/?#\s]+)(?:\/([0-9A-Z]*))?\/?$/;

// Upper case without separators, look-alikes read as printed; the code alone when given the QR's address.
export function normalise(text) {
  let rest = first(text, 512).trim();
  if (rest.includes("/")) {
    const parts = rest.toUpperCase().split("/P/");
    rest = parts.length > 1 ? parts[1].split("/")[0].split("?")[0] : "";
  }
  return [...first(rest, 64)].map(printed).join("").toUpperCase();
}

// One character as it is printed: nothing for a separator, the digit for a letter that no code has.
export function printed(character) {
  if (SEPARATOR.test(character)) return "";
  return LOOK_ALIKES[character.toUpperCase()] ?? character;
}

// Groups of four, as printed; also of a code that is not finished.
export function grouped(code) {
  return code.match(/.{1,4}/gu)?.join("-") ?? "";
}

export function isWhole(code) {
  return WHOLE.test(code);
}

// What was scanned or typed as { code, signed, text }, or null when it has not the shape of a pass. `signed` is what
// proves a pass without a network; empty when the code came alone.
export function read(text) {
  const address = first(text, 512).trim().toUpperCase().match(ADDRESS);
  const code = normalise(address ? address[1] : text);
  if (!isWhole(code) || (!address && text.includes("/"))) return null;
  return { code, signed: address?.[2] ?? "", text: text.trim() };
}

// A sentence on a code being typed, given as `normalise` returns it; empty before the first character.
export function advice(code) {
  const characters = [...code];
  const stranger = characters.find((character) => !ALPHABET.includes(character));
  if (stranger) return `Le caractère « ${stranger} » n’est jamais dans un code\u00a0: relisez-le sur le pass.`;
  if (!characters.length) return "";
  const missing = LENGTH - characters.length;
  if (missing > 0) return `Il manque ${counted(missing)}.`;
  return missing < 0 ? `Il y a ${counted(-missing)} de trop.` : "Le code est complet.";
}

function counted(number) {
  return number > 1 ? `${number} caractères` : "1 caractère";
}

// By character and not by half of one, as Python counts.
function first(text, length) {
  return [...text].slice(0, length).join("");
}
