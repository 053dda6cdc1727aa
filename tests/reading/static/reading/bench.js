// The counter's worker, fed with frames.
import { nearest } from "../counter/frames.js";

const { worker: workerUrl, library: libraryUrl, wasm: wasmUrl } = document.querySelector("#camera").dataset;
const worker = new Worker(workerUrl);
const ask = (message, transfer) => new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(message, transfer);
});
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

window.ready = ask({ libraryUrl: new URL(libraryUrl, location).href, wasmUrl: new URL(wasmUrl, location).href }, []);
window.readFrame = async (address) => {
  const image = await createImageBitmap(await (await fetch(address)).blob());
  const { width, height } = image;
  Object.assign(context.canvas, { width, height });
  context.drawImage(image, 0, 0);
  const { buffer } = context.getImageData(0, 0, width, height).data;
  const since = performance.now();
  const { found } = await ask({ pixels: buffer, width, height }, [buffer]);
  return { text: nearest(found, { width, height })?.text ?? null, ms: performance.now() - since };
};
