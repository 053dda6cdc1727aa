// A sound and a vibration for each answer, so that nobody needs to look up; both can be turned off on this device.

const TONES = {
  shown: [[660, 0.07]],
  accepted: [[660, 0.09], [990, 0.14]],
  queued: [[660, 0.09], [660, 0.09]],
  voided: [[520, 0.12]],
  refused: [[220, 0.3]],
};
const BUZZ = { shown: [30], accepted: [60], queued: [60, 60, 60], voided: [60], refused: [200, 80, 200] };
const KEY = "aptic.counter.silent";
let audio = null;

// Is this device to stay silent? Kept on the device alone.
export function silent() {
  return localStorage.getItem(KEY) === "1";
}

// Turn sound and vibration off or on.
export function setSilent(yes) {
  localStorage.setItem(KEY, yes ? "1" : "0");
}

// Say one outcome: shown, accepted, queued, voided or refused.
export function announce(outcome) {
  if (silent() || !navigator.userActivation?.hasBeenActive) return; // before a first touch a browser refuses both
  navigator.vibrate?.(BUZZ[outcome] || []);
  play(TONES[outcome] || []);
}

function play(tones) {
  const Context = window.AudioContext;
  if (!Context) return;
  audio = audio || new Context();
  let at = audio.currentTime;
  for (const [frequency, seconds] of tones) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.2;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at += seconds);
  }
}
