// What a printed pass says of itself: read as `passes/codes.py` wrote it, believed only when the signature holds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { noPass, readSigned, verify } from "../../passes/static/counter/signed.js";

const { keys, passes } = JSON.parse(readFileSync(new URL("../cases/signed.json", import.meta.url)));
const OURS = new URL("../../node_modules/@noble/ed25519/index.js", import.meta.url).href;
const WITHOUT_ED25519 = { importKey: () => Promise.reject(new DOMException("no", "NotSupportedError")) };

for (const each of passes) {
  test(`${each.name} is read as it was signed`, async () => {
    const found = readSigned(each.text);
    const { serial, version, name, batch, value } = found;
    assert.deepEqual({ serial, version, name, batch, value }, { serial: each.serial, version: each.version, name: each.name, batch: each.batch, value: each.value });
    assert.equal(new Date(found.ends).toISOString().slice(0, 10), each.ends);
    assert.equal(await verify(found, keys, OURS), true);
    assert.equal(await verify(found, keys, OURS, WITHOUT_ED25519), true);
  });
}

test("a cover and a training code are no passes", () => {
  assert.deepEqual(passes.map((each) => noPass(readSigned(each.text))), [null, null, "cover", "training"]);
});

for (const subtle of [undefined, WITHOUT_ED25519]) {
  const how = subtle ? "by our own check" : "by the browser";
  test(`what was changed is not believed, ${how}`, async () => {
    const text = passes[0].text;
    const richer = readSigned(text);
    richer.facts[7] += 1;
    assert.equal(await verify(richer, keys, OURS, subtle), false);
    const other = { ...readSigned(text), code: readSigned(passes[1].text).code };
    assert.equal(await verify(other, keys, OURS, subtle), false);
    assert.equal(await verify({ ...readSigned(text), key: 9 }, keys, OURS, subtle), false);
    assert.equal(await verify(readSigned(text), { 1: "A".repeat(43) }, OURS, subtle), false);
  });
}

test("a code without proof, or with half of it, proves nothing", () => {
  const { code } = readSigned(passes[0].text);
  for (const text of [code, `HTTPS://APTIC.EXAMPLE/P/${code}`, passes[0].text.slice(0, -10), `${passes[0].text}0000`, "", "bonjour"]) {
    assert.equal(readSigned(text), null, text);
  }
});
