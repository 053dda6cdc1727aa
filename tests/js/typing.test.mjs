// The field of a code under fingers: "|" is the caret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tidy } from "../../passes/static/counter/typing.js";

function tidied(marked, options) {
  const caret = marked.indexOf("|");
  const { text, caret: at } = tidy(marked.replace("|", ""), caret, options);
  return `${text.slice(0, at)}|${text.slice(at)}`;
}

for (const [typed, shown] of [
  ["|", "|"],
  ["7q2k|", "7Q2K|"],
  ["7Q2K9|", "7Q2K-9|"],
  ["7Q2K-|", "7Q2K|"],
  ["7q2k9xm4t8wavn3c|", "7Q2K-9XM4-T8WA-VN3C|"],
  ["7Q2K 9XM4 T8WA VN3C|", "7Q2K-9XM4-T8WA-VN3C|"],
  ["7Q2K-9XM4-T8WA-VN3CC|", "7Q2K-9XM4-T8WA-VN3C-C|"],
  ["7QA|2K-9XM4", "7QA|2-K9XM-4"],
  ["7Q2KA|-9XM4", "7Q2K-A|9XM-4"],
  ["oil|", "011|"],
  ["7QU|", "7QU|"],
]) {
  test(`typed ${typed}`, () => assert.equal(tidied(typed), shown));
}

test("backspace over a hyphen erases the character before it, delete the one after", () => {
  const before = "7Q2K-9XM4";
  assert.equal(tidied("7Q2K|9XM4", { before, inputType: "deleteContentBackward" }), "7Q2|9-XM4");
  assert.equal(tidied("7Q2K|9XM4", { before, inputType: "deleteContentForward" }), "7Q2K|-XM4");
  assert.equal(tidied("7Q2K-|XM4", { before, inputType: "deleteContentBackward" }), "7Q2K|-XM4");
  assert.equal(tidied("|", { before: "7", inputType: "deleteContentBackward" }), "|");
});

test("an address that is being written is left alone, but for our own hyphen", () => {
  assert.equal(tidied("HTTP-S:|"), "HTTPS:|");
  assert.equal(tidied("https://pass.example/P/7Q2K|"), "https://pass.example/P/7Q2K|");
  assert.equal(tidied("HTTP-SM!|"), "HTTPSM!|");
  assert.equal(tidied("èAé|K"), "èAé|K");
});
