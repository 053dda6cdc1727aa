#!/usr/bin/env bash
# The browser code of others: copy the files that pages ask for out of what npm fetched, which is not served itself.
#     aptic/embedded/vendor.sh node_modules var/vendor
# The Makefile and the Dockerfile both call it, so that the image serves what `make run` serves.
set -euo pipefail

modules=$1 to=$2
font=$modules/@fontsource/atkinson-hyperlegible-next

mkdir -p "$to/fonts" "$to/vendor/leaflet/images"
for style in 400-normal 400-italic 700-normal; do
  cp "$font"/files/*-next-latin-$style.woff2 "$font"/files/*-next-latin-ext-$style.woff2 "$to/fonts/"
done
cp "$font/LICENSE" "$to/fonts/OFL.txt"
cp "$modules/idb/build/index.js" "$to/vendor/idb.js"
cp "$modules/@noble/ed25519/index.js" "$to/vendor/ed25519.js"
cp "$modules/zxing-wasm/dist/iife/reader/index.js" "$to/vendor/zxing.js"
cp "$modules/zxing-wasm/dist/reader/zxing_reader.wasm" "$to/vendor/zxing_reader.wasm"
sed '/sourceMappingURL/d' "$modules/leaflet/dist/leaflet.js" > "$to/vendor/leaflet/leaflet.js"
cp "$modules/leaflet/dist/leaflet.css" "$to/vendor/leaflet/leaflet.css"
cp "$modules"/leaflet/dist/images/*.png "$to/vendor/leaflet/images/"
