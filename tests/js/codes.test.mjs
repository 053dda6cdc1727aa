// What is typed and what is scanned, against the same table as the server's own reading.
import assert from "node:assert/strict";
import { test } from "node:test";
import { advice, grouped, isWhole, normalise, read } from "../../passes/static/counter/codes.js";
import { CODES } from "./cases.mjs";

const CODE = "7Q2K9XM4T8WAVN3C";

for (const { text, code } of CODES.normalise) {
  test(`normalise ${JSON.stringify(text)}`, () => assert.equal(normalise(text), code));
}

for (const { text, code, signed } of CODES.read) {
  test(`read ${JSON.stringify(text)}`, () => {
    const found = read(text);
    assert.deepEqual(found && { code: found.code, signed: found.signed }, code && { code, signed });
  });
}

test("a code is shown in groups of four, also while it is typed", () => {
  assert.equal(grouped(CODE), "7Q2K-9XM4-T8WA-VN3C");
  assert.equal(grouped("7Q2K9"), "7Q2K-9");
  assert.equal(grouped("7Q2K"), "7Q2K");
  assert.equal(grouped(""), "");
});

test("a code is whole with sixteen characters of the alphabet", () => {
  assert.ok(isWhole(CODE));
  for (const short of ["", CODE.slice(1), `${CODE}C`, `U${CODE.slice(1)}`, CODE.toLowerCase()]) assert.ok(!isWhole(short));
});

test("what is missing is said in a sentence", () => {
  assert.equal(advice(""), "");
  assert.equal(advice("7"), "Il manque 15 caractères.");
  assert.equal(advice(CODE.slice(1)), "Il manque 1 caractère.");
  assert.equal(advice(CODE), "Le code est complet.");
  assert.equal(advice(`${CODE}CC`), "Il y a 2 caractères de trop.");
  assert.equal(advice("7QU"), "Le caractère « U » n’est jamais dans un code\u00a0: relisez-le sur le pass.");
  assert.equal(advice("7😀"), "Le caractère « 😀 » n’est jamais dans un code\u00a0: relisez-le sur le pass.");
});
