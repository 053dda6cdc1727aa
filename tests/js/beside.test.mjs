// What is noted beside the till: the last state of a form is the one that stays, said once it does, and nothing waits for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noteBeside } from "../../passes/static/counter/beside.js";

function receipt(action) {
  const words = { textContent: "C’est noté." };
  return { action, answers: "", words, querySelector: () => words };
}

function notes() {
  const sent = [];
  const failed = [];
  const send = (address, body) => new Promise((resolve, reject) => { sent.push({ address, body, resolve, reject }); });
  const kept = noteBeside({ send, failed: (form) => failed.push(form), read: (form) => form.answers });
  const touches = (form, answers) => { form.answers = answers; kept.note(form); };
  return { ...kept, touches, sent, failed, asked: () => sent.map(({ address, body }) => `${address} ${body}`) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));
const NOTED = { status: 200, words: "C’est noté." };

test("taps follow one another, the last state alone leaves next, and the words come with it", async () => {
  const { touches, sent, asked } = notes();
  const form = receipt("a");
  touches(form, "before");
  touches(form, "before after");
  touches(form, "before after referred");
  assert.deepEqual(asked(), ["a before"]);
  assert.equal(form.words.textContent, "", "two boxes are checked, and one is on its way");
  sent[0].resolve(NOTED);
  await settle();
  assert.deepEqual(asked(), ["a before", "a before after referred"]);
  assert.equal(form.words.textContent, "");
  sent[1].resolve(NOTED);
  await settle();
  assert.equal(form.words.textContent, "C’est noté.");
  touches(form, "all");
  assert.equal(asked().at(-1), "a all");
});

test("what waits is what stood in the form when it was touched: it may be gone, and another receipt be there", async () => {
  const { touches, sent, asked } = notes();
  const [form, next] = [receipt("a"), receipt("b")];
  touches(form, "one");
  touches(form, "one two");
  form.answers = "";
  touches(next, "three");
  for (const at of [0, 1, 2]) {
    sent[at].resolve(NOTED);
    await settle();
  }
  assert.deepEqual(asked(), ["a one", "a one two", "b three"]);
});

for (const [how, answer] of [["no answer", ({ reject }) => reject(new TypeError())], ["a refusal", ({ resolve }) => resolve({ status: 403, words: "<html>" })]]) {
  test(`${how} says nothing of having noted, and the next tap tries again with everything`, async () => {
    const { touches, sent, failed, asked } = notes();
    const form = receipt("a");
    touches(form, "one");
    answer(sent[0]);
    await settle();
    assert.deepEqual([failed, form.words.textContent], [[form], ""]);
    touches(form, "one two");
    assert.deepEqual(asked(), ["a one", "a one two"]);
  });
}

test("a page that is left sends what waits, once", async () => {
  const { touches, leave, sent, asked } = notes();
  const form = receipt("a");
  touches(form, "one");
  touches(form, "one two");
  leave();
  sent[0].resolve(NOTED);
  await settle();
  assert.deepEqual(asked(), ["a one", "a one two"]);
});
