// Reads squares beside the page, so that the page never stutters. Its answer carries the one policy that lets
// WebAssembly be compiled (aptic/workers.py): the page's own policy keeps no hole. The library would fetch its wasm from
// a CDN by itself: it is given the bytes that we serve.
/* global importScripts, ZXingWASM */

const OPTIONS = {
  formats: ["QRCode"],
  tryHarder: true,
  tryRotate: false, // a QR code is found at any angle; this is for bars
  tryInvert: false, // ours are dark on light, also on a phone's screen
  tryDownscale: true,
  downscaleFactor: 2, // noise and grain go, modules stay
  maxNumberOfSymbols: 8, // a sheet of passes that was not cut
  textMode: "Plain",
};

self.onmessage = ({ data }) => (data.libraryUrl ? prepare(data) : answer(data));

async function prepare({ libraryUrl, wasmUrl }) {
  try {
    importScripts(libraryUrl);
    const response = await fetch(wasmUrl);
    if (!response.ok) throw new Error(`${wasmUrl}: ${response.status}`);
    await ZXingWASM.prepareZXingModule({ overrides: { wasmBinary: await response.arrayBuffer() }, fireImmediately: true });
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}

async function answer({ pixels, width, height }) {
  try {
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    const found = await ZXingWASM.readBarcodes(image, OPTIONS);
    postMessage({ found: found.filter((one) => one.isValid).map(({ text, position }) => ({ text, ...centre(position) })) });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}

function centre({ topLeft, topRight, bottomLeft, bottomRight }) {
  const corners = [topLeft, topRight, bottomLeft, bottomRight];
  const mean = (axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / 4;
  return { x: mean("x"), y: mean("y") };
}
