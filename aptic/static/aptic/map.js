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

// Names of towns, the largest first, where they cover neither a pin nor one another; others come when one zooms in.
function nameTowns(map, group, towns, points) {
  group.clearLayers();
  const taken = points.map((point) => map.latLngToContainerPoint(point.at));
  towns.forEach((town) => {
    const spot = map.latLngToContainerPoint(town.at);
    if (taken.some((other) => Math.abs(other.x - spot.x) < 100 && Math.abs(other.y - spot.y) < 34)) return;
    taken.push(spot);
    L.circleMarker(town.at, { radius: 3, className: "dot", interactive: false })
      .bindTooltip(town.name, { permanent: true, direction: "bottom", className: "town", offset: [0, 2] })
      .addTo(group);
  });
}

async function outline(map, url, className) {
  const answer = await fetch(url);
  if (!answer.ok) return;
  L.geoJSON(await answer.json(), { interactive: false, pane: "ground", style: { className } }).addTo(map);
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
  map.createPane("ground").style.zIndex = 300; // below everything else
  const towns = L.layerGroup().addTo(map);
  const name = () => nameTowns(map, towns, read(figure, "towns"), points);
  name();
  map.on("zoomend", name);
  outline(map, figure.dataset.outlines, "departement")
    .then(() => Promise.all(read(figure, "epci").map((url) => outline(map, url, "epci"))))
    .catch(() => {});
}

if (window.L) document.querySelectorAll("[data-map]").forEach(draw);
