// What was asked of the server and has no answer yet, kept until it has one: a page that is left meanwhile, by a link of
// the menu or with its tab, never hears it, and the next one asks again under the same attempt.

const NAME = "aptic-asked ";

// `storage()` is the device's, or the tab's where a person stands; it throws in a browser that keeps nothing, and what is
// kept then is the page's alone.
export function keepAsked(storage) {
  const nameOf = (fields) => NAME + fields.find(([name]) => name === "attempt")?.[1];
  const trying = (work, otherwise) => {
    try {
      return work(storage());
    } catch {
      return otherwise;
    }
  };

  // `fields`: [name, value] of what is sent; `from`: the counter that sends it; `lines`: what the queue will hold of it,
  // null where it can hold none.
  function keep({ fields, from, lines }) {
    trying((kept) => kept.setItem(nameOf(fields), JSON.stringify({ fields, from, lines })));
  }

  function forget(fields) {
    trying((kept) => kept.removeItem(nameOf(fields)));
  }

  // Everything that was kept, as it was given.
  function left() {
    return trying((kept) => (
      Array.from({ length: kept.length }, (_, at) => kept.key(at))
        .filter((name) => name.startsWith(NAME)).map((name) => JSON.parse(kept.getItem(name)))
    ), []);
  }

  // From now on it waits in the queue, where it can.
  async function move({ fields, lines }, queue) {
    if (!lines || !queue) return false;
    await queue.add(lines);
    forget(fields);
    return true;
  }

  return { keep, forget, left, move };
}
