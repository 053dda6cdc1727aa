// A map that moves, in place of the drawing. The list beside it says everything; without this script the drawing stays.
// No tile and no address of anybody else: outlines are our own files. Leaflet sets styles through the DOM, as the CSP asks.
"use strict";

const read = (figure, name) => JSON.parse(figure.dataset[name] || "null");

function popup(point) {
  const box = document.createElement("div");
  const link = Object.assign(document.createElement("a"), { href: point.url, textContent: point.name });
  const address = Object.assign(document.createElement("p"), { textContent: point.address });
  box.append(link, address);
  return box;
}

function pin(point) {
  const title = `Numéro ${point.n} : ${point.name}`;
  const icon = L.divIcon({ className: "pin", html: `<b>${Number(point.n)}</b>`, iconSize: [44, 44] });
  const marker = L.marker(point.at, { icon, title, alt: title, keyboard: true, riseOnHover: true });
  marker.on("add", () => marker.getElement().setAttribute("aria-label", title));
  return marker.bindPopup(popup(point));
}

// A dot and its name; a town under a pin keeps to its dot.
function town(place, points, map) {
  const far = points.every((point) => map.latLngToContainerPoint(point.at).distanceTo(map.latLngToContainerPoint(place.at)) > 30);
  const dot = L.circleMarker(place.at, { radius: 3, className: "dot", interactive: false });
  return far ? dot.bindTooltip(place.name, { permanent: true, direction: "bottom", className: "town", offset: [0, 2] }) : dot;
}

async function outline(map, url, className) {
  const answer = await fetch(url);
  if (!answer.ok) return;
  L.geoJSON(await answer.json(), { interactive: false, style: { className } }).addTo(map);
}

function draw(figure) {
  const points = read(figure, "points");
  if (!points.length) return;
  const place = Object.assign(document.createElement("div"), { className: "live-map" });
  figure.prepend(place);
  figure.classList.add("is-live");
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", figure.dataset.label);
  const map = L.map(place, { zoomControl: false, scrollWheelZoom: false, maxZoom: 15, minZoom: 4, attributionControl: false });
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution("Contours : IGN").addTo(map);
  const here = read(figure, "here");
  const bounds = L.latLngBounds(points.map((point) => point.at));
  if (here) bounds.extend(here);
  map.fitBounds(bounds.pad(0.15), { maxZoom: 12, animate: false });
  if (here) L.circleMarker(here, { radius: 22, className: "here", interactive: false }).addTo(map);
  points.forEach((point) => pin(point).addTo(map));
  outline(map, figure.dataset.outlines, "departement")
    .then(() => Promise.all(read(figure, "epci").map((url) => outline(map, url, "epci"))))
    .then(() => read(figure, "towns").forEach((place) => town(place, points, map).addTo(map)))
    .catch(() => {});
}

if (window.L) document.querySelectorAll("[data-map]").forEach(draw);
