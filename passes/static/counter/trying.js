// What the server broke on is sent again by itself: soon, then less and less often, for a server in trouble is not to be
// hammered. A pass taken, a network that comes back or a button send it sooner.

const WAITS = [5_000, 15_000, 60_000]; // ms after the first run that left something, the second, and each one from then on

// `runs`: how many in a row have left something behind, this one counted.
export function waitAfter(runs) {
  return WAITS[Math.min(runs, WAITS.length) - 1];
}

// Tell the returned function after each run whether it left something; `send()` is called when it is time to try again.
export function keepTrying({ send, clock = globalThis }) {
  let runs = 0;
  let timer = null;
  return function ran(leftSome) {
    clock.clearTimeout(timer);
    runs = leftSome ? runs + 1 : 0;
    timer = leftSome ? clock.setTimeout(send, waitAfter(runs)) : null;
  };
}
