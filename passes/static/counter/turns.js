// One request of the till at a time. A second tap is not heard: its answer is on its way. A pass that is read meanwhile
// waits, so that no late answer covers it, and what it would have covered is on the page first.

const SETTLED = 50; // ms after an answer: it is on the page, and quick mode has sent what it takes

// `body` hears htmx; `isOurs(element)`: does its request ask for a state of the till? `scan` is the form of what was read,
// `again()` presents it; `stoodIn()` resolves once what got no answer was noted; `isRefused()`: does the page say no?
export function takeTurns({ body, isOurs, scan, again, stoodIn, isRefused, settled = SETTLED }) {
  let underWay = null;
  let free = true;
  let waiting = false;
  let takes = false; // the request under way, or the last one

  body.addEventListener("htmx:confirm", (event) => {
    const { elt } = event.detail;
    if (!isOurs(elt) || (elt === scan ? free : !underWay)) return;
    event.preventDefault();
    if (elt === scan) waiting = true;
  });

  async function next() {
    await stoodIn();
    if (underWay) return;
    free = true;
    if (!waiting) return;
    waiting = false;
    if (!(takes && isRefused())) again(); // a pass that was not taken is read before the next one is shown
  }

  // This request leaves now; `taking`: it takes passes.
  return function begin(xhr, taking) {
    underWay = xhr;
    takes = taking;
    free = false;
    xhr.addEventListener("loadend", () => {
      underWay = null;
      setTimeout(next, settled);
    });
  };
}
