// What scanners set to another layout type, against the same table as the server's repairs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readGarbled } from "../../passes/static/counter/garbled.js";
import { GARBLED, sameButForLayout } from "./cases.mjs";

for (const { name, text, code, signed } of GARBLED) {
  test(name, () => {
    const found = readGarbled([text]);
    assert.ok(found, text);
    assert.equal(found.signed, signed);
    if (signed) assert.equal(found.code, code);
    else assert.ok(sameButForLayout(code).includes(found.code), found.code);
  });
}

test("what is no pass stays none", () => {
  for (const text of ["", "3017620422003", "https://autre.example/", "HTTPSM!!AUTRE:EXEMPLE!", "bonjour tout le monde"]) {
    assert.equal(readGarbled([text]), null);
  }
});
