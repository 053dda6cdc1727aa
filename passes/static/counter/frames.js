// Decisions on what a camera sees, without a camera: which part of a frame is read, which of several squares is meant,
// and when a square that is still there is not given again.

const WIDEST = 960; // pixels: a pass held at arm's length keeps three pixels to a module
const GONE = 700; // ms without seeing a square: it left the frame

// What the person sees: the middle of the frame, four by three, no larger than needed.
export function crop(width, height) {
  const wide = Math.min(width, Math.round((height * 4) / 3));
  const high = Math.min(height, Math.round((width * 3) / 4));
  const scale = Math.min(1, WIDEST / wide);
  return {
    left: Math.round((width - wide) / 2),
    top: Math.round((height - high) / 2),
    wide,
    high,
    width: Math.round(wide * scale),
    height: Math.round(high * scale),
  };
}

// The square nearest to the middle, where the mark is.
export function nearest(found, { width, height }) {
  const distance = ({ x, y }) => Math.hypot(x - width / 2, y - height / 2);
  return found.reduce((best, one) => (!best || distance(one) < distance(best) ? one : best), null);
}

// Which squares were given and are still in sight.
export class InSight {
  constructor() {
    this.given = new Map();
  }

  // Told of every frame: true when `text` is to be given. `texts` is all that the frame shows.
  isNew(text, texts, now) {
    for (const [known, seen] of this.given) if (now - seen > GONE) this.given.delete(known);
    for (const one of texts) if (this.given.has(one)) this.given.set(one, now);
    if (text === null || this.given.has(text)) return false;
    this.given.set(text, now);
    return true;
  }

  // After a pause, what was there before it still counts as there.
  refresh(now) {
    for (const known of this.given.keys()) this.given.set(known, now);
  }
}
