// Is the server there? Known from requests that fail and from what the browser says; asked only while it is not, at
// growing intervals. `listen(state)` hears "online" and "offline", once per change.

const FIRST = 2_000; // milliseconds
const LONGEST = 60_000;

// `probe()` → true when the server answers. `clock`: setTimeout and clearTimeout, for tests.
export function watchNetwork({ probe, listen, clock = globalThis, seemsOnline = () => navigator.onLine }) {
  let state = "online";
  let wait = FIRST;
  let timer = null;

  // A request got no answer, or one that says that the server is away.
  function failed(retryAfter = 0) {
    schedule(Math.max(wait, retryAfter * 1000));
    wait = Math.min(wait * 2, LONGEST);
    become("offline");
  }

  // A request was answered: only work that was done makes the intervals short again.
  function answered() {
    if (!seemsOnline()) return; // it was on its way when the network went
    clock.clearTimeout(timer);
    wait = FIRST;
    become("online");
  }

  // Ask now: somebody pressed a button, or the browser says that it is back.
  async function ask() {
    clock.clearTimeout(timer);
    if (seemsOnline() && (await probe())) become("online");
    else failed();
  }

  function schedule(delay) {
    clock.clearTimeout(timer);
    timer = clock.setTimeout(ask, delay);
  }

  function become(next) {
    if (next === state) return;
    state = next;
    listen(state);
  }

  return { failed, answered, ask, get online() { return state === "online"; } };
}
