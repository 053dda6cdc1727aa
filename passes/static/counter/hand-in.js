// A device that was stopped keeps one right for 72 hours: to hand in what it took before, without a network. Its page is
// the server's refusal, so nothing else of the counter runs there.

import { isWaiting } from "./queue.js";
import { upload } from "./upload.js";

// Send what waits, site by site: a device may have moved. Returns { outcome, retryAfter? } as `upload` does; "away" when
// one of the sites has to be tried again.
// `callsOf({ site })` is that of calls.js; `progress()` is told whenever the queue has changed; `doubtful` as for `upload`.
export async function handIn({ queue, callsOf, locks, progress, doubtful }) {
  const sites = new Set((await queue.all()).filter(isWaiting).map(({ site }) => site));
  const answers = [];
  for (const site of sites) answers.push(await upload({ queue, send: callsOf({ site }).post, site, locks, progress, doubtful }));
  const again = answers.find(({ outcome }) => outcome === "away" || outcome === "left");
  if (again) return { ...again, outcome: "away" };
  return answers.find(({ outcome }) => outcome === "stopped") ?? { outcome: "sent" };
}
